"""Curves of several sizes whose kind of transition is known: continuous, first-order or crossover.

Every function takes the number of replicas and of control values and a generator, and returns four
sizes. All are samples of an equilibrium distribution, exact where it can be enumerated:

    ising         2D Ising model, |m| per spin, T_c = 2 / ln(1 + sqrt(2)); Swendsen-Wang
    percolation   2D site percolation, fraction of sites in the largest cluster, p_c = 0.5927
    giant         largest component of a random graph over its mean degree, critical at 1
    curie_weiss   mean-field Ising model, |m|, T_c = 1; enumerated
    potts         2D Potts model with q = 10, first-order at T = 1 / ln(1 + sqrt(10)) = 0.7012
    three_spin    mean-field model with energy -N m^3, first-order; enumerated
    jumps         replicas that jump, each at its own control p_i, which scatters as N^(-1/2)
    units         crossover: mean of N independent units with one logistic response
    scatter       crossover: the same with midpoints that scatter from replica to replica
    number        crossover over the density: the logistic response of N units to ln(N density)
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import expit, gammaln

from pruning_phases.statistics.curves import Curve, SizedCurve

Array = NDArray[np.float64]

CRITICAL = {
    "ising": 2 / np.log(1 + np.sqrt(2)), "percolation": 0.59275, "curie_weiss": 1.0,
    "potts": 1 / np.log(1 + np.sqrt(10)),
}  # fmt: skip


def _sized(sizes: list[float], counts: list[float], grids: list[Array], values: list[Array]):
    return [
        SizedCurve(float(size), float(count), Curve(grid, value))
        for size, count, grid, value in zip(sizes, counts, grids, values, strict=True)
    ]


def _around_one(points: int, reach: float) -> Array:
    """Control values denser near 1: one measures where the order parameter falls."""
    distance = np.linspace(-1, 1, points)
    grid: Array = 1 + reach * np.sign(distance) * np.abs(distance) ** 1.5
    return grid


@njit(cache=True)
def _root(parent, site):
    while parent[site] != site:
        parent[site] = parent[parent[site]]
        site = parent[site]
    return site


@njit(cache=True)
def _join(parent, first, second):
    first, second = _root(parent, first), _root(parent, second)
    if first < second:
        parent[second] = first
    else:
        parent[first] = second


@njit(cache=True)
def _swendsen_wang(size, states, temperature, num_samples, apart, seed, spins):
    """Satisfied bonds and order parameter of samples ``apart`` sweeps from each other."""
    np.random.seed(seed)  # noqa: NPY002 (compiled code has a generator of its own)
    count = size * size
    parent, new = np.empty(count, np.int64), np.empty(count, np.int64)
    opens = 1 - np.exp(-1 / temperature)
    satisfied, order = np.empty(num_samples), np.empty(num_samples)
    occupation = np.empty(states, np.int64)
    for sample in range(num_samples):
        for _ in range(apart):
            for site in range(count):
                parent[site] = site
            for site in range(count):
                right = site - size + 1 if site % size == size - 1 else site + 1
                below = (site + size) % count
                if spins[site] == spins[right] and np.random.random() < opens:  # noqa: NPY002
                    _join(parent, site, right)
                if spins[site] == spins[below] and np.random.random() < opens:  # noqa: NPY002
                    _join(parent, site, below)
            for site in range(count):  # a root is the lowest site of its cluster
                root = _root(parent, site)
                if root == site:
                    new[site] = np.random.randint(states)  # noqa: NPY002
                spins[site] = new[root]
        occupation[:] = 0
        bonds = 0
        for site in range(count):
            occupation[spins[site]] += 1
            right = site - size + 1 if site % size == size - 1 else site + 1
            bonds += spins[site] == spins[right]
            bonds += spins[site] == spins[(site + size) % count]
        satisfied[sample] = bonds
        order[sample] = (states * occupation.max() / count - 1) / (states - 1)
    return satisfied, order


def ising(replicas: int, points: int, generator: np.random.Generator) -> list[SizedCurve]:
    sizes = [5, 10, 20, 40]
    grid = CRITICAL["ising"] * _around_one(points, 0.25)
    values = []
    for size in sizes:
        columns = []
        for temperature in grid:
            spins = np.zeros(size * size, np.int64)
            # J = 2 in Potts units gives the Ising model with J = 1.
            seed = int(generator.integers(2**31))
            _swendsen_wang(size, 2, temperature / 2, 1, 40, seed, spins)
            columns.append(_swendsen_wang(size, 2, temperature / 2, replicas, 16, seed + 1, spins))
        values.append(np.stack([order for _, order in columns], axis=1))
    return _sized(sizes, [size**2 for size in sizes], [grid] * 4, values)


@njit(cache=True)
def _largest_clusters(field, occupation):
    """Fraction of sites in the largest cluster [replicas, points]; open edges."""
    replicas, size = field.shape[0], field.shape[1]
    largest = np.zeros((replicas, len(occupation)))
    parent = np.empty(size * size, np.int64)
    for replica in range(replicas):
        sites = field[replica].ravel()
        for point, level in enumerate(occupation):
            for site in range(size * size):
                parent[site] = site
            for site in range(size * size):
                if sites[site] < level:
                    if site % size < size - 1 and sites[site + 1] < level:
                        _join(parent, site, site + 1)
                    if site + size < size * size and sites[site + size] < level:
                        _join(parent, site, site + size)
            counts = np.zeros(size * size, np.int64)
            for site in range(size * size):
                if sites[site] < level:
                    counts[_root(parent, site)] += 1
            largest[replica, point] = counts.max() / (size * size)
    return largest


def percolation(replicas: int, points: int, generator: np.random.Generator) -> list[SizedCurve]:
    """A replica is one field of random numbers, and thereby one curve over the occupation."""
    sizes = [16, 32, 64, 128]
    grid = CRITICAL["percolation"] * np.linspace(0.75, 1.25, points)
    values = [_largest_clusters(generator.random((replicas, size, size)), grid) for size in sizes]
    return _sized(sizes, [size**2 for size in sizes], [grid] * 4, values)


@njit(cache=True)
def _components(first, second, counts, nodes):
    """Fraction of the nodes in the largest component with the first ``counts`` edges [points]."""
    parent, size = np.arange(nodes), np.ones(nodes, np.int64)
    largest, edge = 1, 0
    found = np.empty(len(counts))
    for point, count in enumerate(counts):
        while edge < count:
            one, other = _root(parent, first[edge]), _root(parent, second[edge])
            if one != other:
                if size[one] < size[other]:
                    one, other = other, one
                parent[other] = one
                size[one] += size[other]
                largest = max(largest, size[one])
            edge += 1
        found[point] = largest / nodes
    return found


def giant(replicas: int, points: int, generator: np.random.Generator) -> list[SizedCurve]:
    """A replica is one graph to which edges are added. beta = 1: the mean does not sharpen."""
    counts = [400, 2_000, 10_000, 50_000]
    grid = _around_one(points, 0.6)
    values = []
    for count in counts:
        edges = np.round(grid * count / 2).astype(np.int64)
        graphs = generator.integers(count, size=(replicas, 2, edges[-1]))
        values.append(np.stack([_components(*graph, edges, count) for graph in graphs]))
    return _sized(counts, counts, [grid] * 4, values)


def _enumerated(
    counts: list[int], grids: list[Array], energy: Callable[[Array], Array], replicas: int,
    generator: np.random.Generator,
) -> list[SizedCurve]:  # fmt: skip
    """Sample |m| of N spins with P(m) ~ C(N, N (1 + m) / 2) exp(-N energy(m) / T)."""
    values = []
    for count, grid in zip(counts, grids, strict=True):
        up = np.arange(count + 1)
        m = 2 * up / count - 1
        entropy = gammaln(count + 1) - gammaln(up + 1) - gammaln(count - up + 1)
        columns = []
        for temperature in grid:
            weight = entropy - count * energy(m) / temperature
            weight = np.exp(weight - weight.max())
            columns.append(np.abs(generator.choice(m, replicas, p=weight / weight.sum())))
        values.append(np.stack(columns, axis=1))
    return _sized(counts, counts, grids, values)


def curie_weiss(replicas: int, points: int, generator: np.random.Generator) -> list[SizedCurve]:
    grid = _around_one(points, 0.5)
    counts = [64, 256, 1024, 4096]
    return _enumerated(counts, [grid] * 4, lambda m: -(m**2) / 2, replicas, generator)


@cache
def _coexistence(count: int) -> float:
    """Temperature at which both phases of the three-spin model have the same weight."""
    up = np.arange(count + 1)
    m = 2 * up / count - 1
    entropy = gammaln(count + 1) - gammaln(up + 1) - gammaln(count - up + 1)
    low, high = 0.8, 2.5
    for _ in range(50):
        middle = (low + high) / 2
        weight = entropy + count * m**3 / middle
        weight = np.exp(weight - weight.max())
        ordered = weight[m > 0.5].sum() / weight.sum()
        low, high = (middle, high) if ordered > 0.5 else (low, middle)
    return middle


def three_spin(replicas: int, points: int, generator: np.random.Generator) -> list[SizedCurve]:
    """Each size has its own control values around its fall, whose width is some 1 / N."""
    counts = [32, 64, 128, 256]
    grids = [
        _coexistence(count) * (1 + np.linspace(-1, 1, points) * 10 / count) for count in counts
    ]
    return _enumerated(counts, grids, lambda m: -(m**3), replicas, generator)


# Relative temperature above the transition, in 1 / N, at which a finite system has both phases.
POTTS_SHIFT = 2.0


@cache
def _potts_pool(size: int, sweeps: int) -> tuple[Array, Array]:
    """Satisfied bonds and order parameter of a long series at the coexistence of a size."""
    spins = np.zeros(size * size, np.int64)
    temperature = CRITICAL["potts"] * (1 + POTTS_SHIFT / size**2)
    _swendsen_wang(size, 10, temperature, 1, 200, 11, spins)
    return _swendsen_wang(size, 10, temperature, sweeps // 5, 5, 12, spins)


def potts(
    replicas: int, points: int, generator: np.random.Generator, sweeps: int = 400_000
) -> list[SizedCurve]:
    """Samples of a long series at coexistence, reweighted to each temperature.

    P_T(E) ~ P_T0(E) exp(-(1/T - 1/T0) E) (Ferrenberg and Swendsen, PRL 61, 2635, 1988), since a
    chain of its own for every replica would have to tunnel between the phases.
    """
    sizes = [8, 12, 20, 32]
    grids, values = [], []
    for size in sizes:
        satisfied, order = _potts_pool(size, sweeps)
        start = CRITICAL["potts"] * (1 + POTTS_SHIFT / size**2)
        grid = start * (1 + np.linspace(-1, 1, points) * 5 / size**2)
        columns = []
        for temperature in grid:
            weight = (1 / temperature - 1 / start) * satisfied
            weight = np.exp(weight - weight.max())
            columns.append(generator.choice(order, replicas, p=weight / weight.sum()))
        grids.append(grid)
        values.append(np.stack(columns, axis=1))
    return _sized(sizes, [size**2 for size in sizes], grids, values)


def jumps(replicas: int, points: int, generator: np.random.Generator) -> list[SizedCurve]:
    """A replica is one curve: 0.9 above its own p_i and 0.1 below it, with noise N^(-1/2)."""
    counts = [100, 400, 1600, 6400]
    grid = _around_one(points, 0.5)
    values = []
    for count in counts:
        jump = 1 + 2 * generator.normal(size=(replicas, 1)) / np.sqrt(count)
        noise = generator.normal(size=(replicas, points)) / np.sqrt(count)
        values.append(np.where(grid > jump, 0.9, 0.1) + noise)
    return _sized(counts, counts, [grid] * 4, values)


def _logistic(
    counts: list[int], grids: list[Array], midpoints: list[Array], width: float,
    generator: np.random.Generator,
) -> list[SizedCurve]:  # fmt: skip
    """Fraction of N units that are on with probability 1 / (1 + exp(-ln(p / midpoint) / width))."""
    values = [
        generator.binomial(count, expit(np.log(grid / midpoint) / width)) / count
        for count, grid, midpoint in zip(counts, grids, midpoints, strict=True)
    ]
    return _sized(counts, counts, grids, values)


def units(replicas: int, points: int, generator: np.random.Generator) -> list[SizedCurve]:
    counts = [64, 256, 1024, 4096]
    grid, width = np.geomspace(0.2, 5, points), generator.uniform(0.15, 0.4)
    midpoints = [np.ones((replicas, 1))] * 4
    return _logistic(counts, [grid] * 4, midpoints, width, generator)


def scatter(replicas: int, points: int, generator: np.random.Generator) -> list[SizedCurve]:
    counts = [64, 256, 1024, 4096]
    grid, width = np.geomspace(0.2, 5, points), generator.uniform(0.15, 0.4)
    spread = width * generator.uniform(0.2, 1.2)
    midpoints = [np.exp(spread * generator.normal(size=(replicas, 1))) for _ in counts]
    return _logistic(counts, [grid] * 4, midpoints, width, generator)


def number(replicas: int, points: int, generator: np.random.Generator) -> list[SizedCurve]:
    """The networks' case: half of the order is lost at one number of surviving weights, 150.

    With twice the number of control values, as the 60 of ``scale=laptop``, for four decades.
    """
    counts = [3_000, 9_000, 30_000, 90_000]
    grid, width = np.geomspace(1e-4, 1, 2 * points), generator.uniform(0.2, 0.5)
    spread = width * generator.uniform(0.2, 0.8)
    midpoints = [
        150 / count * np.exp(spread * generator.normal(size=(replicas, 1))) for count in counts
    ]
    return _logistic(counts, [grid] * 4, midpoints, width, generator)


MOST_REPLICAS = 64

PLANTED: dict[str, tuple[str, Callable[..., list[SizedCurve]]]] = {
    "2D Ising": ("continuous", ising),
    "2D site percolation": ("continuous", percolation),
    "giant component": ("continuous", giant),
    "Curie-Weiss": ("continuous", curie_weiss),
    "2D Potts, q = 10": ("first-order", potts),
    "three-spin mean field": ("first-order", three_spin),
    "jumps of replicas": ("first-order", jumps),
    "independent units": ("crossover", units),
    "scattered midpoints": ("crossover", scatter),
    "critical number": ("crossover", number),
}


def planted(name: str, seed: int) -> list[SizedCurve]:
    """One planted data set of MOST_REPLICAS replicas and 20 to 30 control values."""
    generator = np.random.default_rng([seed, *name.encode()])
    points = int(generator.integers(20, 31))
    return PLANTED[name][1](MOST_REPLICAS, points, generator)


def with_replicas(curves: list[SizedCurve], count: int) -> list[SizedCurve]:
    """The first ``count`` replicas of every size."""
    return [
        replace(item, curve=replace(item.curve, values=item.curve.values[:count]))
        for item in curves
    ]  # fmt: skip

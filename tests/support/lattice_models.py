"""Monte Carlo of two models whose critical points and exponents are known exactly."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from pruning_phases.analysis.collapse.points import Points

Array = NDArray[np.float64]


def percolation_strength(
    sizes: list[int], occupations: Array, samples: int, seed: int = 0
) -> Points:
    """Site percolation on L x L squares, open edges: fraction of sites in the largest cluster."""
    generator = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        for occupation in occupations:
            strengths = _largest_clusters(generator, size, occupation, samples) / size**2
            rows.append((occupation, size, *_mean_and_error(strengths)))
    return Points(*np.array(rows, dtype=float).T)


def _largest_clusters(
    generator: np.random.Generator, size: int, occupation: float, samples: int
) -> NDArray[np.int64]:
    """Sites in the largest cluster of each sample; samples are labelled as layers of one stack."""
    in_plane = np.zeros((3, 3, 3), dtype=bool)
    in_plane[1] = ndimage.generate_binary_structure(2, 1)
    chunk = max(1, 400_000 // size**2)
    largest = []
    for begin in range(0, samples, chunk):
        count = min(chunk, samples - begin)
        occupied = generator.random((count, size, size)) < occupation
        labels, _ = ndimage.label(occupied, structure=in_plane)
        clusters = np.bincount(labels.ravel())
        clusters[0] = 0
        # A layer's labels follow one another, so its largest is a maximum over a range.
        tops = labels.reshape(count, -1).max(axis=1)
        begins = np.concatenate([[0], tops[:-1]])
        largest += [clusters[low + 1 : high + 1].max(initial=0)
                    for low, high in zip(begins, tops, strict=True)]  # fmt: skip
    return np.array(largest)


def ising_magnetization(
    sizes: list[int], temperatures: Array, sweeps: int, seed: int = 0
) -> Points:
    """2D Ising model on a torus, |m| per site: Swendsen-Wang, all temperatures at once.

    Errors from the means of 20 blocks; the first fifth of the sweeps is thrown away.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        series = _swendsen_wang(generator, size, temperatures, sweeps)[sweeps // 5 :]
        blocks = np.stack([block.mean(axis=0) for block in np.array_split(series, 20)])
        for temperature, block in zip(temperatures, blocks.T, strict=True):
            rows.append((temperature, size, *_mean_and_error(block)))
    return Points(*np.array(rows, dtype=float).T)


def _swendsen_wang(
    generator: np.random.Generator, size: int, temperatures: Array, sweeps: int
) -> Array:
    """|m| [sweeps, temperatures]; one graph holds the lattices of all temperatures."""
    shape = (len(temperatures), size, size)
    site = np.arange(np.prod(shape)).reshape(shape)
    bonds = np.stack([np.stack([site, np.roll(site, -1, axis)]) for axis in (1, 2)], axis=1)
    first, second = bonds.reshape(2, -1)
    opens = np.tile(np.repeat(1 - np.exp(-2 / temperatures), size**2), 2)
    spins = np.ones(site.size, dtype=np.int8)
    magnetization = np.empty((sweeps, len(temperatures)))
    for sweep in range(sweeps):
        joined = (spins[first] == spins[second]) & (generator.random(len(first)) < opens)
        graph = sparse.coo_matrix(
            (np.ones(joined.sum(), dtype=np.int8), (first[joined], second[joined])),
            shape=(site.size, site.size),
        )
        count, cluster = connected_components(graph, directed=False)
        spins = (2 * generator.integers(0, 2, count, dtype=np.int8) - 1)[cluster]
        magnetization[sweep] = np.abs(spins.reshape(len(temperatures), -1).mean(axis=1))
    return magnetization


def _mean_and_error(values: NDArray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))

"""Landmarks of planted curves, and the percolation threshold of random masks."""

from itertools import pairwise

import numpy as np
import pytest

from pruning_phases.analysis.percolation.fit import landmarks
from pruning_phases.analysis.percolation.read import GraphCurves
from pruning_phases.statistics.landmarks import (
    Landmark,
    distance,
    falls_below,
    peak_position,
)
from pruning_phases.topology.clusters import clusters
from tests.support.shapes import chain_graph

DENSITY = np.geomspace(1e-4, 1, 41)


def planted(seed=0, replicas=8, shift=0.5, scatter=0.2):
    """Accuracy is halved at ln rho = -5 + u_r; the clusters peak ``shift`` below it."""
    generator = np.random.default_rng(seed)
    centre = -5 + scatter * generator.normal(size=(replicas, 1))
    x = np.log(DENSITY)
    own = scatter / 4 * generator.normal(size=(replicas, 1))
    apart = x - (centre + own - shift)
    return GraphCurves(
        DENSITY, 1 / (1 + np.exp(-4 * (x - centre))), 1 / (1 + np.exp(-3 * apart)),
        1 + 20 * np.exp(-(apart**2)), (apart > -0.3).astype(float),
    )  # fmt: skip


def test_landmarks_and_distances_cover_planted_values_as_often_as_their_errors_say():
    pulls, paired = [], []
    for seed in range(60):
        found = landmarks(planted(seed), 300, seed)
        accuracy, largest, peak = (
            found[name] for name in ("accuracy", "largest_cluster", "mean_cluster")
        )
        value, error = distance(accuracy, peak)
        pulls.append([(accuracy.value + 5) / accuracy.error, (largest.value + 5.5) / largest.error,
                      (value - 0.5) / error])  # fmt: skip
        paired.append(error / np.hypot(accuracy.error, peak.error))
    covered = (np.abs(pulls) < 1).mean(axis=0)
    assert ((covered > 0.5) & (covered < 0.85)).all(), covered  # 66% with eight replicas
    assert ((np.std(pulls, axis=0) > 0.6) & (np.std(pulls, axis=0) < 1.5)).all()
    assert np.mean(paired) < 1  # the scatter that both curves of a replica share cancels


def test_landmarks_of_exact_curves_are_exact():
    x = np.linspace(-4, 0, 9)
    steps = np.stack([np.where(x < -1.9, 0.0, 1.0), np.ones(9), np.zeros(9)])
    found = falls_below(x, steps)
    assert found[0] == pytest.approx(-1.75) and np.isnan(found[1:]).all()
    bumps = np.stack([np.exp(-((x + 1.8) ** 2)), np.exp(x), np.exp(-x)])
    found = peak_position(x, bumps)
    assert found[0] == pytest.approx(-1.8) and np.isnan(found[1:]).all()


def test_a_missing_landmark_has_a_reason():
    curves = planted()
    flat = GraphCurves(DENSITY, np.ones((8, 41)), curves.largest_cluster,
                       np.tile(DENSITY, (8, 1)), curves.connected)  # fmt: skip
    found = landmarks(flat, 200, 0)
    assert "does not fall below half" in found["accuracy"].reason
    assert "has no maximum inside" in found["mean_cluster"].reason
    assert isinstance(found["connected"], Landmark)


def test_random_masks_percolate_at_the_threshold_of_random_graphs():
    """Layers with random edges of density rho have a giant cluster above a threshold.

    It is 1 / (largest eigenvalue of the matrix with sqrt(n_l n_(l+1)) beside the diagonal).
    """
    sizes = np.array([784, 300, 200, 100, 10])
    beside = np.sqrt(sizes[:-1] * sizes[1:])
    threshold = 1 / np.linalg.eigvalsh(np.diag(beside, 1) + np.diag(beside, -1))[-1]
    shapes = [(int(out), int(into)) for into, out in pairwise(sizes)]
    graph = chain_graph(shapes)
    rng = np.random.default_rng(0)
    densities = threshold * np.geomspace(0.2, 5, 25)
    mean_cluster = []
    for density in densities:
        networks = [
            graph.edges({str(n): rng.random(shape) < density for n, shape in enumerate(shapes)})
            for _ in range(6)
        ]
        mean_cluster.append(np.mean([clusters(graph, edges)[1] for edges in networks]))
    peak = np.exp(peak_position(np.log(densities), np.array([mean_cluster]))[0])
    assert peak == pytest.approx(threshold, rel=0.25)

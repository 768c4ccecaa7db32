"""Landmarks of planted curves, and the percolation threshold of random masks."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from pruning_phases.analysis.percolation import PercolationConfig, analyse
from pruning_phases.analysis.percolation.fit import (
    Landmark,
    distance,
    falls_below_half,
    landmarks,
    peak_position,
)
from pruning_phases.analysis.percolation.read import GraphCurves, graph_curves
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from pruning_phases.topology.clusters import clusters
from tests.analysis.collapse.test_collapse import run
from tests.support.written_records import write_run

DENSITY = np.geomspace(1e-4, 1, 41)
WITHOUT_CLUSTERS = {"accuracy": np.ones((3, 41)), "prediction_entropy": np.ones((3, 41))}


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
    found = falls_below_half(x, steps)
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
    generator = torch.Generator().manual_seed(0)
    densities = threshold * np.geomspace(0.2, 5, 25)
    mean_cluster = []
    for density in densities:
        graphs = [
            (torch.rand(6, out, into, generator=generator) < density).float()
            for into, out in zip(sizes[:-1], sizes[1:], strict=True)
        ]
        mean_cluster.append(clusters(graphs)[1].mean())
    peak = np.exp(peak_position(np.log(densities), np.array([mean_cluster]))[0])
    assert peak == pytest.approx(threshold, rel=0.25)


@pytest.fixture
def record(tmp_path):
    curves = planted()
    dense_first = slice(None, None, -1)
    columns = {
        "accuracy": 0.1 + 0.85 * curves.accuracy, "prediction_entropy": curves.accuracy,
        "largest_cluster": curves.largest_cluster, "mean_cluster": curves.mean_cluster,
        "log_num_paths": np.where(curves.connected > 0, 3.0, -np.inf),
    }  # fmt: skip
    return write_run(
        tmp_path, "planted", DENSITY[dense_first],
        {name: values[:, dense_first] for name, values in columns.items()},
    )  # fmt: skip


def test_results_contain_the_planted_landmarks_and_distances(record):
    (entry,) = analyse(PercolationConfig(str(record.folder)), new_console())
    assert [entry] == json.loads((record.folder / "percolation.json").read_text())
    assert entry["num_replicas"] == 8 and "magnitude" in entry["system"]
    for name, truth in (("mean_cluster", 0.5), ("largest_cluster", 0.5), ("connected", 0.8)):
        distance = entry["distances"][name]
        assert abs(distance["value"] - truth) < 4 * distance["error"] < 0.5
    landmark = entry["landmarks"]["accuracy"]
    assert landmark["value"] == pytest.approx(np.exp(-5), abs=3 * landmark["error"])
    assert (record.folder / "percolation.png").stat().st_size > 5000


def test_unsuitable_runs_are_refused_by_the_command_in_one_line(tmp_path):
    old = write_run(tmp_path, "old", DENSITY[::-1], WITHOUT_CLUSTERS)
    result = run("percolation", f"runs={old.folder}", cwd=tmp_path)
    assert result.returncode == 2 and "has no largest_cluster, log_num_paths" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_one_density_or_several_dropout_rates_are_refused():
    dense = pd.DataFrame({"p_train": [0.0], "p_eval": 0.0, "train_size": 9, "num_kept": 5,
                          "accuracy": 0.9, "largest_cluster": 1.0, "mean_cluster": 0.0,
                          "log_num_paths": 3.0, "replica": 0, "density": 1.0})  # fmt: skip
    with pytest.raises(UserError, match="1 replicas at 1 densities: two and five are needed"):
        graph_curves(dense, 10, "runs")
    grid = pd.concat([dense, dense.assign(p_train=0.5)])
    with pytest.raises(UserError, match="holds several p_train"):
        graph_curves(grid, 10, "runs")


def test_one_unsuitable_run_does_not_stop_the_others(record, tmp_path, capsys):
    write_run(tmp_path, "old", DENSITY[::-1], WITHOUT_CLUSTERS, width=50)
    config = PercolationConfig(str(tmp_path / "written"), str(tmp_path / "out"))
    assert len(analyse(config, new_console())) == 1
    assert "left out: runs (old) has no largest_cluster" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "out" / "percolation.json").read_text())) == 1

"""Percolation of written records: results, figure, refused runs."""

import json

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.percolation import PercolationConfig
from pruning_phases.analysis.percolation.read import graph_curves
from pruning_phases.analysis.registry import analyse
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from tests.analysis.percolation.test_fit import DENSITY, planted
from tests.support.commands import command
from tests.support.written_records import write_run

WITHOUT_CLUSTERS = {"accuracy": np.ones((3, 41)), "prediction_entropy": np.ones((3, 41))}


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


def test_another_control_has_the_same_landmarks_in_its_own_units(record):
    found = {
        control: analyse(PercolationConfig(str(record.folder), control=control), new_console())[0]
        for control in ("density", "num_kept")
    }
    for name, landmark in found["density"]["landmarks"].items():
        kept = found["num_kept"]["landmarks"][name]
        assert kept["value"] == pytest.approx(100**2 * landmark["value"], rel=0.02)
    assert found["num_kept"]["control"] == "num_kept"


def test_unsuitable_runs_are_refused_by_the_command_in_one_line(tmp_path):
    old = write_run(tmp_path, "old", DENSITY[::-1], WITHOUT_CLUSTERS)
    result = command("percolation", f"runs={old.folder}", cwd=tmp_path)
    assert result.returncode == 2 and "has no largest_cluster, log_num_paths" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_one_density_or_several_dropout_rates_are_refused():
    dense = pd.DataFrame({"p_train": [0.0], "p_eval": 0.0, "train_size": 9, "num_kept": 5,
                          "accuracy": 0.9, "largest_cluster": 1.0, "mean_cluster": 0.0,
                          "log_num_paths": 3.0, "replica": 0, "density": 1.0})  # fmt: skip
    with pytest.raises(UserError, match="two replicas and five .* there are 1 and 1"):
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

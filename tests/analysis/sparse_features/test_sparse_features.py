"""Planted numbers of examples: thresholds, their errors, slopes over s and over d."""

import json

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.sparse_features.config import SparseFeaturesConfig
from pruning_phases.analysis.sparse_features.fit import fourth_root, least_size, needed, slopes
from pruning_phases.analysis.sparse_features.masks import auc
from pruning_phases.analysis.sparse_features.read import Curves, read_curves
from pruning_phases.records.run import RunRecord
from tests.support.commands import command
from tests.support.runs import make
from tests.support.written_records import write_run

SIZES = np.geomspace(16, 2**20, 33)
KEYS = SparseFeaturesConfig()


def planted(inputs, dim, relevant, size, seed=0, replicas=20):
    """Networks whose support is 0.9 and whose risk is 0.5 at ``size`` examples, with scatter."""
    generator = np.random.default_rng([seed, dim, relevant])
    own = size * np.exp(0.3 * generator.standard_normal((replicas, 1)))
    risk = 1 / (1 + SIZES / own)
    support = 1 / (1 + (own / SIZES) / 9) if inputs == "found" else np.ones_like(risk)
    return Curves(inputs, dim, relevant, 2, SIZES, support, risk)


def grid():
    relevant = (4, 8, 16, 32)
    curves = [planted("found", 1024, s, 20 * s**2) for s in relevant]
    curves += [planted("all", 1024, s, 30_000) for s in relevant]
    curves += [planted("all", d, fourth_root(d), 3 * d**1.5) for d in (256, 512, 2048)]
    return curves


def test_thresholds_are_found_with_errors_that_cover():
    distances = []
    for seed in range(60):
        one = needed(planted("found", 1024, 4, 1000, seed), KEYS)
        for value, error in (one.support, one.risk):
            assert value == pytest.approx(1000, rel=0.4)
            distances.append((np.log(value) - np.log(1000)) / (error / value))
    assert 0.5 < np.std(distances) < 1.2  # the errors hold the spacing of the sizes, too
    assert np.max(np.abs(distances)) < 4


def test_equal_replicas_leave_the_error_of_the_spacing():
    value, error = least_size(np.array([100.0, 400.0]), np.tile([0.9, 0.1], (5, 1)), 0.5, KEYS)
    assert value == pytest.approx(200)
    assert error == pytest.approx(200 * np.log(4) / np.sqrt(12))


def test_a_threshold_outside_the_sizes_is_not_determined():
    low, high = (planted("all", 64, 4, size) for size in (1, 1e9))
    assert needed(low, KEYS).risk == "below 16"
    assert needed(high, KEYS).risk == "above 1.04858e+06"
    assert needed(high, KEYS).support == "no inputs are searched"
    edge = np.where(np.arange(20)[:, None] < 11, 0.1, 0.9) * np.ones(3)
    edge[:, 0] = 0.9
    assert least_size(np.array([1.0, 2, 4]), edge, 0.5, KEYS) == "too near an end of the sizes"


@pytest.mark.parametrize(
    ("name", "value"), [("support", 0.5), ("risk", 0.1), ("num_resampled", 100), ("seed", 3)]
)
def test_every_key_changes_the_numbers(name, value):
    curves = planted("found", 1024, 4, 1000)
    one, other = (needed(curves, SparseFeaturesConfig(**keys)) for keys in ({}, {name: value}))
    assert (one.support, one.risk) != (other.support, other.risk)


def test_runs_whose_options_are_written_in_another_order_share_a_slope(tmp_path):
    curves = {"excess_risk": np.ones((2, 1)), "support_found": np.ones((2, 1))}
    optimizer = {"name": "one_step", "inputs": "found", "penalty": 1.0, "num_probes": None}
    dataset = {"name": "sparse_features", "num_inputs": 64, "information_exponent": 2, "noise": 0.1}
    for relevant in (2, 3):
        order = reversed if relevant == 3 else list
        write_run(
            tmp_path, f"run{relevant}", np.ones(1), curves,
            optimizer=dict(order([*optimizer.items()])),
            dataset=dict(order([*dataset.items()])) | {"num_relevant": relevant},
        )  # fmt: skip
    one, other = read_curves([RunRecord(tmp_path, "written", f"run{n}") for n in (2, 3)])
    assert (one.num_relevant, other.num_relevant) == (2, 3) and one.others == other.others


def test_slopes_over_s_and_over_d_are_recovered():
    points = [needed(one, KEYS) for one in grid()]
    found = slopes(points)
    expected = {
        ("found", "num_relevant", "support"): 2, ("found", "num_relevant", "risk"): 2,
        ("all", "num_relevant", "risk"): 0, ("all", "num_inputs", "risk"): 1.5,
    }  # fmt: skip
    assert {(one.inputs, one.over, one.of) for one in found} == set(expected)
    for one in found:
        value, error = one.slope
        if one.over == "num_inputs":
            assert [points[index].curves.num_inputs for index in one.points] == [256, 512, 2048]
        assert abs(value - expected[one.inputs, one.over, one.of]) < 4 * error
        assert error < 0.15


def test_the_fourth_root_is_rounded_up():
    assert [fourth_root(d) for d in (16, 17, 256, 512, 1024, 4096)] == [2, 3, 4, 5, 6, 8]


def write_curves(folder):
    for number, one in enumerate(grid()):
        record = RunRecord(folder, "written", f"run{number}")
        physics = {
            "physics_version": 2, "seed": 0, "model": {"name": "fc"}, "pruner": {"score": "none"},
            "optimizer": {"name": "one_step", "inputs": one.inputs},
            "dataset": {"name": "sparse_features", "num_inputs": one.num_inputs,
                        "num_relevant": one.num_relevant, "information_exponent": 2},
        }  # fmt: skip
        network = {"layers": {"fc1": [100, one.num_inputs], "fc2": [1, 100]}}
        record.begin(physics, {}, network=network)
        replicas, count = one.risk.shape
        table = pd.DataFrame(
            {"step": 0, "replica": np.repeat(np.arange(replicas), count), "seed": 0,
             "train_size": np.tile(SIZES.astype(int), replicas), "p_train": 0.0, "p_eval": 0.0,
             "excess_risk": one.risk.ravel(), "support_found": one.support.ravel()}
        )  # fmt: skip
        record.write_tables(table, table)
        record.finish()


def test_the_command_writes_points_and_slopes(tmp_path):
    write_curves(tmp_path)
    done = command("sparse_features", "runs=written", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    content = json.loads((tmp_path / "written" / "sparse_features.json").read_text())
    assert len(content["points"]) == 11 and len(content["slopes"]) == 4
    assert "slopes of ln n*" in done.stdout
    assert (tmp_path / "written" / "sparse_features.png").stat().st_size > 10_000


def test_other_runs_are_refused(tmp_path):
    write_run(tmp_path, "run", np.ones(1), {"accuracy": np.ones((2, 1))})
    done = command("sparse_features", "runs=written", cwd=tmp_path)
    assert done.returncode == 2 and "optimizer=one_step" in done.stderr


def test_the_auc_of_degrees_is_mann_and_whitneys():
    generator = np.random.default_rng(0)
    degrees, relevant = generator.integers(0, 5, 30), [2, 7, 19]
    others = np.setdiff1d(np.arange(30), relevant)
    pairs = [
        1.0 if degrees[i] > degrees[j] else 0.5 if degrees[i] == degrees[j] else 0.0
        for i in relevant for j in others
    ]  # fmt: skip
    assert auc(degrees, relevant) == pytest.approx(np.mean(pairs))


def test_masks_of_pruned_networks_on_the_same_data(configure, tmp_path):
    words = [
        "dataset=sparse_features", "dataset.num_inputs=20", "dataset.num_relevant=2",
        "dataset.train_size=4000", "model.outputs=1", "training.budget.rule=updates",
        "training.budget.amount=600", "pruner.schedule=list", "pruner.densities=[0.3]",
    ]  # fmt: skip
    runs = [make(configure(*words, f"pruner={name}")) for name in ("imp", "random_init")]
    relevant = [run.info()["data"]["relevant_inputs"] for run in runs]
    assert relevant[0] == relevant[1] and len(relevant[0]) == 2
    done = command("sparse_features", f"runs={runs[0].folder.parent}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads((runs[0].folder.parent / "sparse_features.json").read_text())["masks"]
    area = {row["pruner"]: row["auc"]["value"] for row in rows}
    assert area["imp"] > 0.9 > 0.8 > area["random_init"] > 0.1

"""Capacity and mask information, matched by pruner and density."""

import json

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.capacity import CapacityConfig
from pruning_phases.analysis.capacity.information import information_bound
from pruning_phases.analysis.capacity.read import mask_information, subnetwork_of
from pruning_phases.analysis.registry import analyse
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from tests.support.commands import command
from tests.support.written_records import write_run, write_snapshot
from tests.training.test_run import make

SMALL = [
    "dataset=gaussian", "dataset.num_train=1500", "dataset.num_test=50", "model.depth=2",
    "model.width=12", "model.widths=[12]", "pruner.schedule=list", "pruner.densities=[0.5,0.1]",
    "training.budget.rule=updates", "training.budget.amount=150", "optimizer.lr=0.01",
    "training.batch_size=16",
]  # fmt: skip
SIZES = ["dataset.train_sizes=[4,16,64,256]", "training.measure_on_train_set=true", "study=sizes"]
MASKS = ["replicas_differ_in=data", "num_replicas=6", "snapshots=[0.5,0.1]", "study=masks"]


DENSITIES = np.array([1.0, 0.5, 0.1])
TRAIN_SIZES = [4, 16, 64, 256]


def write_capacity_run(tmp_path, pruner, run_id, seed=0):
    """A run in which four replicas fit 16 examples and not 64, at every density."""
    record = write_run(
        tmp_path, run_id, DENSITIES, {"accuracy": np.ones((4, 3))}, width=12, seed=seed,
        pruner=pruner,
    )  # fmt: skip
    dense = record.observables()
    table = pd.concat([dense.assign(train_size=size) for size in TRAIN_SIZES])
    generator = np.random.default_rng(seed)
    scatter = 0.01 * generator.random(len(table))
    fitted = np.where(table["train_size"] <= 16, 1.0, 0.9 - scatter)
    table = table.assign(train_accuracy=fitted, noise_correlation=0.1 + scatter)
    record.write_tables(table, record.layers())
    record.add_training(table[["step", "p_train", "train_size", "replica"]].assign(update=10))
    return record


def write_masks_run(tmp_path, pruner, run_id, depend_on_data, count=6):
    """A run of six masks per density, equal ones or different ones."""
    record = write_run(
        tmp_path, run_id, DENSITIES, {"accuracy": np.ones((count, 3))}, width=12, pruner=pruner,
        replicas_differ_in="data",
    )  # fmt: skip
    for step, density in enumerate(DENSITIES):
        order = np.random.default_rng(0).random((count, 144)).argsort(axis=1)
        masks = order < round(144 * density)
        masks = masks if depend_on_data else np.tile(masks[0], (count, 1))
        weights = {"fc1": np.ones((count, 12, 12))}
        write_snapshot(
            record, f"step_{step:05d}", density, weights, {"fc1": masks.reshape(count, 12, 12)}
        )
    return record


@pytest.fixture
def written(tmp_path):
    """Capacity run and masks run of two pruners, one of which uses data."""
    snip, init = {"score": "snip", "scored_on": "initial", "trains_from": "initial"}, {
        "score": "random", "scored_on": "initial", "trains_from": "initial"
    }  # fmt: skip
    return [
        write_capacity_run(tmp_path, snip, "sizes_snip"),
        write_masks_run(tmp_path, snip, "masks_snip", depend_on_data=True),
        write_capacity_run(tmp_path, init, "sizes_random"),
        write_masks_run(tmp_path, init, "masks_random", depend_on_data=False),
    ]


def check_rows(content, pruners=("snip", "random_init")):
    """Assert the contract, and that only the mask of snip holds information."""
    contract = {"pruner", "sparsity", "capacity", "noise_correlation", "mask_information",
                "effective_parameters"}  # fmt: skip
    assert all(contract <= set(row) for row in content)
    rows = {(row["pruner"], round(row["sparsity"], 3)): row for row in content}
    assert set(rows) == {(pruner, sparsity) for pruner in pruners for sparsity in (0, 0.5, 0.9)}
    assert all(row["capacity"] or row["reason"] for row in content)
    data_free, informed = rows["random_init", 0.5], rows["snip", 0.5]
    assert data_free["mask_information"] == {"value": 0.0, "error": 0.0}
    assert data_free["effective_parameters"]["value"] == data_free["kept_weights"]
    assert informed["mask_information"]["value"] > 3 * informed["mask_information"]["error"] > 0
    assert informed["effective_parameters"]["value"] == pytest.approx(
        informed["kept_weights"] + informed["mask_information"]["value"]
    )
    return rows


def test_capacity_and_information_of_written_runs_match_by_pruner_and_density(written, tmp_path):
    config = CapacityConfig(str(tmp_path / "written"), str(tmp_path / "out"))
    content = analyse(config, new_console())
    assert content == json.loads((tmp_path / "out" / "capacity.json").read_text())
    for row in check_rows(content).values():
        assert row["model"] == "fc 12-12" and 16 < row["capacity"]["value"] < 64
        assert row["noise_correlation"]["value"] == pytest.approx(0.1, abs=0.01)
    assert (tmp_path / "out" / "capacity.png").stat().st_size > 5000


@pytest.mark.slow
def test_another_system_with_the_same_names_is_reported(written, tmp_path, capsys):
    pruner = {"score": "snip", "scored_on": "initial", "trains_from": "initial", "scope": "layer"}
    write_capacity_run(tmp_path, pruner, "layer_snip", seed=1)
    content = analyse(CapacityConfig(str(tmp_path / "written")), new_console())
    assert len(content) == 6
    assert "left out: fc mnist snip" in capsys.readouterr().out


def test_the_bound_is_that_of_the_masks_on_disk(written):
    masks_of_snip = written[1]
    tensors, metadata = masks_of_snip.read_snapshot(masks_of_snip.snapshots()[-1])
    masks = np.concatenate(
        [mask.reshape(6, -1) for key, mask in tensors.items() if "mask:" in key], axis=1
    )
    found = mask_information(written)[subnetwork_of(masks_of_snip, metadata["density"])]
    assert (found.bound, found.error) == information_bound(masks.astype(bool))
    assert found.num_kept == masks[0].sum() and found.num_masks == 6
    assert all(key.density < 1 for key in mask_information(written))


@pytest.mark.slow
def test_one_kind_of_runs_is_enough(written, tmp_path):
    for one_kind in (written[::2], written[1::2]):
        folders = [str(record.folder) for record in one_kind]
        assert analyse(CapacityConfig(folders, str(tmp_path / "out")), new_console())


def test_runs_without_measured_training_sets_are_refused(tmp_path):
    plain = write_run(tmp_path, "plain", DENSITIES, {"accuracy": np.ones((2, 3))})
    plain.add_training(plain.observables().assign(update=10))
    with pytest.raises(UserError, match="no noise_correlation, train_accuracy: train with"):
        analyse(CapacityConfig(str(plain.folder)), new_console())


def test_two_masks_are_too_few_and_that_is_said(tmp_path):
    snip = {"score": "snip", "scored_on": "initial", "trains_from": "initial"}
    record = write_masks_run(tmp_path, snip, "two", True, count=2)
    with pytest.raises(UserError, match="none of 3 replicas or more that differ in their data"):
        analyse(CapacityConfig(str(record.folder)), new_console())


def test_a_threshold_of_one_is_refused_in_one_line(tmp_path):
    result = command("capacity", "runs=nowhere", "threshold=1", cwd=tmp_path)
    assert result.returncode == 2 and "threshold=1.0: give a number" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_capacity_and_information_of_trained_networks_match(configure, tmp_path):
    runs = [
        make(configure(f"pruner={pruner}", *SMALL, *more))
        for pruner in ("snip", "random_init")
        for more in (SIZES, MASKS)
    ]
    root = runs[0].folder.parents[1]
    result = command("capacity", f"runs={root}", "output_dir=out", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "out" / "capacity.json").read_text())
    rows = check_rows(content)
    # random labels have no clean ones
    assert all(row["noise_correlation"] is None for row in rows.values())
    assert (tmp_path / "out" / "capacity.png").stat().st_size > 5000

"""Capacity and mask information of real runs, matched by pruner and density."""

import json

import numpy as np
import pytest

from pruning_phases.analysis.capacity import CapacityConfig, analyse
from pruning_phases.analysis.capacity.information import information_bound
from pruning_phases.analysis.capacity.read import mask_information, what_of
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from tests.analysis.collapse.test_collapse import run
from tests.support.runs import make

SMALL = [
    "dataset=gaussian", "dataset.num_train=1500", "dataset.num_test=50", "model.depth=2",
    "model.width=12", "model.widths=[12]", "pruner.schedule=list", "pruner.densities=[0.5,0.1]",
    "training.budget.rule=updates", "training.budget.amount=150", "optimizer.lr=0.01",
    "training.batch_size=16",
]  # fmt: skip
SIZES = ["dataset.train_sizes=[4,16,64,256]", "training.measure_on_train_set=true", "study=sizes"]
MASKS = ["replicas_differ_in=data", "num_replicas=6", "snapshots=[0.5,0.1]", "study=masks"]


@pytest.fixture
def runs(configure):
    pruners = ("snip", "random_init")
    return [
        make(configure(f"pruner={pruner}", *SMALL, *more)) for pruner in pruners
        for more in (SIZES, MASKS)
    ]  # fmt: skip


def test_capacity_and_information_meet_by_pruner_and_density(runs, tmp_path):
    root = runs[0].folder.parents[1]
    result = run("capacity", f"runs={root}", "output_dir=out", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "out" / "capacity.json").read_text())
    contract = {"pruner", "sparsity", "capacity", "noise_correlation", "mask_information",
                "effective_parameters"}  # fmt: skip
    assert all(contract <= set(row) for row in content)
    by_place = {(row["pruner"], round(row["sparsity"], 3)): row for row in content}
    assert set(by_place) == {(p, s) for p in ("snip", "random_init") for s in (0, 0.5, 0.9)}
    for row in content:
        assert row["noise_correlation"] is None  # random labels have no clean ones
        assert row["capacity"] or row["reason"]
    data_free, told = by_place["random_init", 0.5], by_place["snip", 0.5]
    assert data_free["mask_information"] == {"value": 0.0, "error": 0.0}
    assert data_free["effective_parameters"]["value"] == data_free["kept_weights"]
    assert told["mask_information"]["value"] > 3 * told["mask_information"]["error"] > 0
    assert told["effective_parameters"]["value"] == pytest.approx(
        told["kept_weights"] + told["mask_information"]["value"]
    )
    assert (tmp_path / "out" / "capacity.png").stat().st_size > 5000


def test_the_bound_is_that_of_the_masks_on_disk(runs):
    masks_of_snip = runs[1]
    name = masks_of_snip.snapshots()[-1]
    tensors, about = masks_of_snip.read_snapshot(name)
    masks = np.concatenate(
        [mask.reshape(6, -1) for key, mask in tensors.items() if "mask:" in key], axis=1
    )
    found = mask_information(runs)[what_of(masks_of_snip, about["density"])]
    assert (found.bound, found.error) == information_bound(masks.astype(bool))
    assert found.num_kept == masks[0].sum() and found.num_masks == 6
    assert all(density < 1 for *_, density in mask_information(runs))


def test_one_kind_of_runs_is_enough_and_none_is_one_line(runs, configure, tmp_path):
    console = new_console()
    for one_kind in (runs[::2], runs[1::2]):
        folders = [str(record.folder) for record in one_kind]
        assert analyse(CapacityConfig(folders, str(tmp_path / "out")), console)
    plain = make(configure("study=plain"))
    with pytest.raises(UserError, match="no noise_correlation, train_accuracy: train with"):
        analyse(CapacityConfig(str(plain.folder)), console)
    result = run("capacity", f"runs={plain.folder}", "threshold=1", cwd=tmp_path)
    assert result.returncode == 2 and "threshold=1.0: give a number" in result.stderr

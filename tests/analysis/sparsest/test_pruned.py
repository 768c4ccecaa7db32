"""Pruned networks beside a search: nonzeros from a record, fewest ones, growth with the width."""

import json

import numpy as np
import pytest

from pruning_phases.analysis.sparsest.pruned import (
    Pruned,
    fewest,
    growth,
    least_nonzeros,
    read_pruned,
)
from pruning_phases.records.snapshots import masks_of
from tests.support.commands import command
from tests.support.nonzeros import nonzeros
from tests.support.runs import make

SPIRAL = [
    "dataset=cubist_spiral", "dataset.points_per_class=100", "dataset.train_size=null",
    "model.outputs=1", "model.depth=4", "model.width=8", "training.budget.rule=updates",
    "training.budget.amount=5", "figures=[]",
    "pruner.finetune.amount=3", "pruner.schedule=counts", "pruner.counts=[90,40,12]",
    "num_replicas=3",
]  # fmt: skip


def test_nonzeros_of_a_record_are_those_of_its_masks(configure):
    total = 2 * 8 + 8 * 8 + 8 * 8 + 8
    densities = [count / total for count in (90, 40, 12)]
    record = make(configure(*SPIRAL, f"snapshots={densities}"))
    (pruned,) = read_pruned([record])
    assert (pruned.pruner, pruned.widths) == ("magnitude", (8, 8, 8))
    assert pruned.num_kept.tolist() == [90, 40, 12]
    layers = [f"{name}.weight" for name in record.info()["network"]["layers"]]
    for step, density in enumerate(densities):
        name, _ = record.snapshot_at(density, "density")
        masks = masks_of(record.read_snapshot(name)[0])
        found = nonzeros([masks[layer].astype(bool) for layer in layers])
        np.testing.assert_array_equal(pruned.nonzeros[:, step], found)
    table = record.observables()
    dead = 1 - table["effective_density"] / table["density"]
    np.testing.assert_allclose(pruned.dead[0], dead[(table.replica == 0) & (table.step > 0)])
    assert pruned.dead.max() > 0


def planted(width, least, num_replicas=20, seed=0):
    """Networks that reach 0.96 from about ``least`` nonzeros on."""
    generator = np.random.default_rng(seed)
    counts = np.arange(400, 20, -2)
    edge = least * np.exp(0.1 * generator.normal(size=num_replicas))
    nonzeros_ = np.broadcast_to(counts, (num_replicas, len(counts)))
    accuracy = np.where(nonzeros_ >= edge[:, None], 0.96, 0.6)
    return Pruned("snip", (width,) * 3, counts, nonzeros_, accuracy, 0 * accuracy)


def test_the_growth_with_the_width_is_recovered():
    z = []
    for seed in range(40):
        networks = [planted(width, 30 * (width / 4) ** 0.4, seed=100 * seed + width)
                    for width in (4, 16, 64, 256)]  # fmt: skip
        slope, error = growth(
            [one.widths[0] for one in networks], [least_nonzeros(one, 0.95) for one in networks]
        )
        z.append((slope - 0.4) / error)
    assert abs(np.mean(z)) < 0.6 and 0.5 < np.std(z) < 2


def test_without_a_network_that_reaches_the_target_nothing_is_found():
    lost = least_nonzeros(planted(16, 50), 0.99)
    assert fewest(lost) is None
    assert growth([16, 64], [lost, least_nonzeros(planted(64, 50), 0.95)]) is None


def test_the_fewest_nonzeros_fall_with_the_number_of_replicas():
    few, many = (least_nonzeros(planted(16, 100, count), 0.95) for count in (3, 200))
    assert fewest(many)[0] < fewest(few)[0]


@pytest.mark.slow
def test_the_experiment_ends_with_a_figure_and_a_table(tmp_path):
    from tests.support.commands import train

    words = [
        "experiment=elude", "-m", "pruner=snip,rigl,imp", "model.width=4,8", "num_replicas=3",
        "pruner.counts=[30,20]", "training.budget.amount=20", "pruner.finetune.amount=10",
        "dataset.points_per_class=300", "dataset.train_size=200", "logger=none", "progress=false",
    ]  # fmt: skip
    done = train(*words, cwd=tmp_path)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "no figure" not in done.stdout
    result = command("sparsest", "runs=multirun/elude", "target=0.4", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "multirun" / "elude" / "sparsest.json").read_text())
    assert {one["pruner"] for one in content["pruned"]} == {"snip", "rigl", "imp"}
    assert len(content["pruned"]) == 6
    assert "growth with width" in result.stdout

"""Runs of several sizes: points, noise over replicas and fluctuations."""

import json

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.collapse.ansatz import power_law
from pruning_phases.analysis.collapse.fit import fit_collapse
from pruning_phases.analysis.collapse.sized_runs import (
    fluctuations,
    points_of,
    replica_noise,
    size_of,
    sized_curves,
)
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled
from pruning_phases.statistics.curves import chance_corrected
from pruning_phases.statistics.estimates import binder_cumulant, susceptibility
from tests.support.written_records import write_run

DENSITY = np.linspace(0.02, 0.4, 20)
CRITICAL, NU = 0.2, 1.25


def accuracy(width, replicas, seed):
    """Accuracy with a transition at 0.2 that sharpens with width; replicas differ by a shift."""
    generator = np.random.default_rng([seed, width])
    x = (DENSITY - CRITICAL) * width ** (1 / NU)
    shift = generator.normal(scale=0.01, size=(replicas, 1))
    noise = generator.normal(scale=0.01, size=(replicas, len(DENSITY)))
    return 0.5 + 0.4 * np.tanh(x / 4) + shift + noise


@pytest.fixture
def records(tmp_path):
    return [
        write_run(
            tmp_path, f"w{width}_{seed}", DENSITY,
            {"accuracy": accuracy(width, 6, seed)}, width, seed=seed,
        )
        for width in (16, 32, 64, 128) for seed in (0, 1)
    ]  # fmt: skip


def test_points_are_means_over_the_replicas_of_all_runs_of_a_size(records):
    sized = sized_curves(records, "model.widths", "density", "corrected_accuracy", None)
    assert [item.size for item in sized] == [16, 32, 64, 128]
    assert [item.curve.num_replicas for item in sized] == [12] * 4
    points = points_of(sized)
    both = chance_corrected(np.vstack([accuracy(32, 6, 0), accuracy(32, 6, 1)]), 10)
    at = points.size == 32
    np.testing.assert_allclose(points.control[at], DENSITY)
    np.testing.assert_allclose(points.value[at], both.mean(axis=0))
    raw = both.std(axis=0, ddof=1) / np.sqrt(12)
    np.testing.assert_allclose(points.error[at], raw, rtol=0.6)  # smoothed over density
    assert points.error[at].mean() == pytest.approx(raw.mean(), rel=0.05)


def test_size_is_any_number_of_the_physics(records):
    assert size_of(records[0], "num_weights") == 256
    for key, found in (("model.name", "the value fc"), ("model.depth", "no such key")):
        with pytest.raises(UserError, match=f"size={key}: run w16_0 has {found}"):
            size_of(records[0], key)


def test_train_size_is_the_training_set_of_a_replica(tmp_path):
    """The full set without the validation part, or dataset.train_size."""
    records = [
        write_run(
            tmp_path, f"n{size}", DENSITY, {"accuracy": accuracy(32, 6, 0)}, 32, train_size=size,
            dataset={"name": "mnist", "train_size": None if size == 54000 else size},
        )
        for size in (54000, 500, 2000)
    ]  # fmt: skip
    assert [size_of(record, "train_size") for record in records] == [54000, 500, 2000]
    sized = sized_curves(records, "train_size", "density", "accuracy", None)
    assert [item.size for item in sized] == [500, 2000, 54000]


def test_a_run_of_several_training_set_sizes_has_no_train_size(records):
    table = records[0].observables()
    several = pd.concat([table, table.assign(train_size=500)], ignore_index=True)
    records[0].write_tables(several, records[0].layers())
    with pytest.raises(UserError, match=r"run w16_0 has the training-set sizes 500, 54000: give"):
        size_of(records[0], "train_size")


def test_size_is_the_width_of_a_model_with_one_width(records):
    """The physics of ``fc`` has a list of widths, that of ``resnet20`` one width."""
    for record, width in zip(records, (4, 4, 8, 8, 16, 16, 32, 32), strict=True):
        with_model(record, {"name": "resnet20", "width": width, "blocks": 3})
    for size, values in (
        ("model.width", [4, 8, 16, 32]),
        ("num_weights", [256, 1024, 4096, 16384]),
    ):
        assert [
            item.size for item in sized_curves(records, size, "density", "accuracy", None)
        ] == values
    with_model(records[-1], {"name": "resnet20", "width": 32, "blocks": 5})
    with pytest.raises(UserError, match=r"model\.blocks is 3 .* and 5 in run w128_1"):
        sized_curves(records, "model.width", "density", "accuracy", None)


def with_model(record, model):
    """Replace the model in the physics of a written run."""
    info = json.loads(record.info_file.read_text())
    info["physics"]["model"] = model
    record.info_file.write_text(json.dumps(info))


def test_a_window_with_too_few_densities_raises(records):
    with pytest.raises(UserError, match="share 3 pruning steps: 2 and 5 are needed"):
        sized_curves(records, "model.widths", "density", "accuracy", (0.09, 0.15))


def test_noise_has_the_error_of_the_mean_and_keeps_replicas_together(records):
    sized = sized_curves(records, "model.widths", "density", "accuracy", None)
    points = points_of(sized)
    noise = replica_noise(sized)(np.random.default_rng(0), 4000)
    raw = np.concatenate([item.curve.values.std(axis=0, ddof=1) / np.sqrt(12) for item in sized])
    np.testing.assert_allclose(noise.mean(axis=0) / raw, 0, atol=0.1)
    np.testing.assert_allclose(noise.std(axis=0), raw, rtol=0.08)
    assert (noise.std(axis=0) / raw).mean() == pytest.approx(1, abs=0.01)
    one = np.flatnonzero(points.size == 64)
    replicas = sized[2].curve.values
    np.testing.assert_allclose(
        np.corrcoef(noise[:, one[:2]].T)[0, 1], np.corrcoef(replicas[:, :2].T)[0, 1], atol=0.1
    )
    other = np.flatnonzero(points.size == 16)[0]
    assert abs(np.corrcoef(noise[:, one[0]], noise[:, other])[0, 1]) < 0.1


def test_a_replica_in_two_runs_counts_once(records, tmp_path):
    again = write_run(tmp_path, "again", DENSITY, {"accuracy": accuracy(16, 6, 0)}, 16, seed=0)
    (first, *_) = sized_curves([*records, again], "model.widths", "density", "accuracy", None)
    assert first.curve.num_replicas == 12
    table = pooled([records[0], again], RunRecord.observables)
    assert not table.duplicated(["replica", "step"]).any()


def test_runs_that_differ_in_more_than_size_are_refused(records, tmp_path):
    other = write_run(tmp_path, "other", DENSITY, {"accuracy": accuracy(16, 6, 0)}, 16)
    info = json.loads(other.info_file.read_text())
    info["physics"]["dataset"]["name"] = "kmnist"
    other.info_file.write_text(json.dumps(info))
    with pytest.raises(UserError, match=r"dataset\.name is mnist .* kmnist in run other"):
        sized_curves([*records, other], "model.widths", "density", "accuracy", None)


def test_a_collapse_of_runs_finds_the_planted_transition(records):
    sized = sized_curves(records, "model.widths", "density", "corrected_accuracy", None)
    found = fit_collapse(power_law, points_of(sized), noise=replica_noise(sized)).estimates
    for name, truth in (("critical_point", CRITICAL), ("nu", NU), ("beta", 0.0)):
        assert abs(found[name].value - truth) < 3 * found[name].error, name
    assert found["critical_point"].error < 0.01 and found["nu"].error < 0.3


def test_fluctuations_are_over_replicas(records):
    sized = sized_curves(records, "model.widths", "density", "accuracy", None)
    chi = fluctuations(sized, "susceptibility", 400, 0)
    binder = fluctuations(sized, "binder", 400, 0)
    for item, one, other in zip(sized, chi, binder, strict=True):
        np.testing.assert_allclose(one.values, susceptibility(item.curve.values, item.num_weights))
        np.testing.assert_allclose(other.values, binder_cumulant(item.curve.values - 0.1))
        # Resampled values scatter around the measured ones.
        assert (np.abs(one.samples.mean(axis=0) / one.values - 1) < 0.1).all()
        assert (one.error > 0).all() and (other.error > 0).all()


def test_smaller_networks_may_be_pruned_in_fewer_steps_of_equal_size(tmp_path):
    """0.0001 in 60 steps and 0.0005 in 50 both keep 86% in a step; in 40 steps it is 83%."""

    def with_steps(width, steps, final):
        pruner = {"schedule": "geometric", "steps": steps, "final_density": final}
        columns = {"accuracy": accuracy(width, 6, 0)}
        return write_run(tmp_path, f"w{width}_{steps}", DENSITY, columns, width, pruner=pruner)

    runs = [with_steps(16, 60, 1e-4), with_steps(32, 50, 5e-4)]
    found = sized_curves(runs, "model.widths", "density", "accuracy", None)
    assert [item.size for item in found] == [16, 32]
    with pytest.raises(UserError, match="kept_in_a_step is 0.86 in run w16_60 and 0.83"):
        sized_curves([*runs, with_steps(64, 40, 5e-4)], "model.widths", "density", "accuracy", None)

"""Predictors of planted survival, networks held out whole, and the files of a teacher."""

import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from scipy import stats

from pruning_phases.analysis.survival import SurvivalConfig, compute
from pruning_phases.analysis.survival.fit import fit, fold_of, ranked, spearman
from pruning_phases.analysis.survival.read import Network, read_networks
from pruning_phases.config.files import PREDICTOR
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import GRADIENTS, INITIAL, masks_of
from tests.support.commands import command
from tests.support.runs import make

TEACHER = [
    "pruner=imp", "pruner.schedule=list", "pruner.densities=[0.6,0.3,0.1]",
    "initial_gradients=true", "snapshots=[0.6,0.3,0.1]",
]  # fmt: skip
KEYS = SurvivalConfig(epochs=6, batch_size=256)


def planted(seed, count=20_000):
    """A network whose survival is a function of weight and slope."""
    generator = np.random.default_rng(seed)
    w, g = generator.normal(0, 0.1, count), generator.normal(0, 1e-3, count)
    survival = 1 / (1 + np.exp(-(np.abs(w) / 0.1 + np.sign(w) * g / 1e-3 - 0.5)))
    arrays = (part.astype(np.float32) for part in (w, g, survival))
    return Network(f"run:{seed}", ["linear"], *arrays, [slice(0, 5000), slice(5000, count)])


def write_teacher(folder, name="teacher"):
    """A run of two networks, whose masks after three prunings are those of planted survival."""
    record = RunRecord(folder, "written", name)
    physics = {
        "physics_version": 2, "model": {"name": "fc"}, "dataset": {"name": "digits"},
        "pruner": {"score": "magnitude", "trains_from": "initial"}, "initial_gradients": True,
    }  # fmt: skip
    record.begin(physics, {})
    networks = [planted(seed, 400) for seed in range(2)]
    shape = (2, 20, 20)

    def write(name, tensors, density=1.0):
        content = {key: np.reshape(values, shape) for key, values in tensors.items()}
        record.write_tensors(record.snapshot_file(name), content, density=density, layers=["fc1"])

    write(INITIAL, {"fc1.weight": [one.weights for one in networks]})
    write(GRADIENTS, {"fc1.weight": [one.gradients for one in networks]})
    for step, density in enumerate((1.0, 0.6, 0.3, 0.1)):
        lowest = [np.quantile(one.survival, 1 - density) for one in networks]
        masks = [one.survival >= low for one, low in zip(networks, lowest, strict=True)]
        tensors = {"mask:fc1.weight": np.asarray(masks, np.uint8)}
        write(f"step_{step:05d}", tensors, density)
    record.finish()


def test_planted_survival_is_recovered_on_a_network_that_was_held_out():
    predictor = fit([planted(0), planted(1)], KEYS)
    row = ranked(planted(2), predictor)
    assert row["predictor"][0] > 0.99 and row["predictor"][1] > 0.99
    assert row["|w|"][0] < 0.8 > row["|w g|"][0]
    one = planted(2)
    found = predictor(one.weights.astype(np.float64), one.gradients.astype(np.float64))
    assert np.abs(found - one.survival).mean() < 0.02


def test_layers_count_by_their_weights():
    one = replace(planted(0, 1000), layers=[slice(0, 900), slice(900, 1000)])
    survival = np.concatenate([np.abs(one.weights[:900]), -np.abs(one.weights[900:])])
    row = ranked(replace(one, survival=survival), fit([one], replace(KEYS, epochs=1)))
    assert row["|w|"][1] == pytest.approx(0.9 - 0.1)


def test_weight_times_gradient_counts_without_its_sign_and_scales_of_a_network_do_not():
    one = planted(0)
    predictor = fit([one], replace(KEYS, epochs=1))
    product = ranked(replace(one, survival=np.abs(one.weights * one.gradients)), predictor)["|w g|"]
    assert product[0] == pytest.approx(1)
    wider = predictor(one.weights / 8, one.gradients * 4)
    np.testing.assert_allclose(wider, predictor(one.weights, one.gradients), rtol=1e-6)
    silent = predictor(one.weights, np.zeros_like(one.gradients))  # no gradient at all
    assert np.isfinite(silent).all()


def test_survival_without_a_rule_is_not_found_on_held_out_networks():
    networks = [planted(seed) for seed in range(3)]
    for seed, one in enumerate(networks):
        np.random.default_rng(seed).shuffle(one.survival)
    row = ranked(networks[2], fit(networks[:2], KEYS))
    assert abs(row["predictor"][0]) < 0.03


@pytest.mark.parametrize(
    ("name", "value"),
    [("hidden", [5]), ("epochs", 1), ("learning_rate", 0.1), ("batch_size", 64), ("seed", 7)],
)
def test_every_key_of_the_fit_changes_the_predictor(name, value):
    networks = [planted(seed, 400) for seed in range(2)]
    keys = {"epochs": 2, "batch_size": 256}
    one, again = (fit(networks, SurvivalConfig(**keys)).content() for _ in range(2))
    assert one == again
    other = fit(networks, SurvivalConfig(**keys | {name: value}))
    assert other.facts[name] == value
    assert not np.array_equal(
        other.at(np.ones((1, 2))), fit(networks, SurvivalConfig(**keys)).at(np.ones((1, 2)))
    )


def test_the_number_of_parts_decides_how_many_networks_each_predictor_sees(tmp_path, capsys):
    for seed in range(2):
        write_teacher(tmp_path, f"run{seed}")
    for num_folds, seen in ((2, 2), (4, 3)):
        config = SurvivalConfig(runs=str(tmp_path), epochs=1, num_folds=num_folds)
        compute(config, Console())
        printed = capsys.readouterr().out
        assert printed.count(f"of {num_folds}: {seen} networks") == num_folds


def test_whole_networks_are_held_out():
    assert fold_of(5, 3).tolist() == [0, 1, 2, 0, 1]
    assert fold_of(2, 4).tolist() == [0, 1]


@pytest.mark.parametrize("ties", [False, True])
def test_rank_correlations_are_spearmans(ties):
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 500))
    y = np.round(y + x, 0 if ties else 9)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    assert np.isnan(spearman(x, np.ones(500)))


def test_survival_is_the_fraction_of_prunings_that_a_weight_survives(configure):
    record = make(configure(*TEACHER))
    networks = read_networks([record])
    masks = [masks_of(record.read_snapshot(name)[0]) for name in record.snapshots()[1:4]]
    initial, slopes = record.read_snapshot(INITIAL)[0], record.read_snapshot(GRADIENTS)[0]
    for r, network in enumerate(networks):
        start = 0
        for name, at in zip(slopes, network.layers, strict=True):
            expected = sum(one[name][r] for one in masks).ravel() / 3
            np.testing.assert_allclose(network.survival[at], expected, rtol=1e-6)
            np.testing.assert_array_equal(network.weights[at], initial[name][r].ravel())
            np.testing.assert_array_equal(network.gradients[at], slopes[name][r].ravel())
            assert at.start == start
            start = at.stop
        assert network.survival.mean() == pytest.approx(1 / 3, abs=1e-3)


def test_the_command_writes_a_predictor_that_prunes_a_new_network(configure, tmp_path):
    record = make(configure(*TEACHER))
    done = command("survival", f"runs={record.folder}", "epochs=2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    content = json.loads((record.folder / "survival.json").read_text())
    assert [row["score"] for row in content["scores"]] == ["predictor", "|w|", "|g|", "|w g|"]
    assert content["predictor"]["kinds"] == ["linear"]
    assert (record.folder / PREDICTOR).exists() and (record.folder / "survival.png").exists()
    words = [
        "pruner=autosparse", f"pruner.teacher={record.folder.parent}", "seed=1",
        "pruner.schedule=list", "pruner.densities=[0.3]",
    ]  # fmt: skip
    pruned = make(configure(*words))
    assert pruned.observables()["accuracy"].notna().all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pruner=magnitude"], "this run has pruner=magnitude: train with pruner=imp"),
        (["pruner.rewind_update=1"], "pruner.rewind_update=0"),
        (["initial_gradients=false"], "train with initial_gradients=true"),
        (["snapshots=[0.1]", "pruner.densities=[0.1]"], "holds the masks of 1 prunings"),
        (["num_replicas=1"], "there is one network: train with num_replicas=2"),
    ],
)
def test_runs_that_cannot_teach_are_refused(configure, words, said):
    keys = {word.partition("=")[0] for word in words}
    kept = [word for word in TEACHER if word.partition("=")[0] not in keys]
    record = make(configure(*kept, *words))
    with pytest.raises(UserError, match=said):
        compute(SurvivalConfig(runs=str(record.folder)), Console(quiet=True))

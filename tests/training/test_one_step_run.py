"""Runs in one step: exact repetition after a kill, replicas alone, refusals."""

import json
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from pruning_phases.config.identity import run_id
from pruning_phases.errors import UserError
from pruning_phases.records import run as run_module
from pruning_phases.training import one_step, one_step_run
from tests.support.commands import command
from tests.support.runs import fresh, make, results

WORDS = [
    "dataset=sparse_features", "optimizer=one_step", "pruner=none", "model.depth=2",
    "model.widths=[20]", "model.outputs=1", "dataset.num_inputs=30", "dataset.num_relevant=3",
    "dataset.train_size=null", "dataset.train_sizes=[50,5000]", "dataset.num_test=500",
]  # fmt: skip


def configured(configure, *words):
    return configure(*WORDS, *words)


def test_pruned_networks_need_fewer_examples(configure):
    tables = {
        how: make(configured(configure, f"optimizer.inputs={how}", "num_replicas=6")).observables()
        for how in ("all", "found", "relevant")
    }
    at_end = {how: table[table["train_size"] == 5000] for how, table in tables.items()}
    risk = {how: table["excess_risk"].median() for how, table in at_end.items()}
    assert risk["relevant"] < risk["found"] < risk["all"]
    assert risk["found"] < 0.2
    assert (at_end["found"]["support_found"] == 1).mean() > 0.8
    assert (at_end["relevant"]["num_inputs"] == 3).all() and at_end["all"]["num_inputs"].max() == 30
    assert at_end["found"]["num_inputs"].max() <= 15  # 3 (s + 2)


def test_the_examples_beyond_whole_blocks_count_and_s_plus_2_probes_are_the_default(configure):
    words = ["optimizer.inputs=found", "num_replicas=6", "dataset.train_sizes=[4000]"]
    record = make(configured(configure, *words))
    table, layers = record.observables(), record.layers()
    assert (table["support_found"] == 1).mean() > 0.8  # no whole block of examples here
    assert (layers["active_in"] == table["num_inputs"]).all() and (layers["active_out"] == 20).all()
    given = make(configured(configure, *words, "optimizer.num_probes=5")).observables()
    assert given.equals(table)


def test_the_excess_risk_is_that_against_the_response_without_noise(configure):
    noisy = ["dataset.noise=100", "optimizer.penalty=1e9", "dataset.train_sizes=[5000]"]
    table = make(configured(configure, *noisy)).observables()
    assert table["excess_risk"].max() < 100  # a hundredth of the noise's variance


def test_replicas_begin_with_weights_of_their_own(configure, monkeypatch):
    begun, original = [], one_step.initial_weights

    def watched(*arguments):
        begun.append(original(*arguments))
        return begun[-1]

    monkeypatch.setattr(one_step, "initial_weights", watched)
    words = ["num_replicas=2", "dataset.train_sizes=[50,60]"]
    make(configured(configure, *words, "optimizer.inputs=all"))
    first, larger, other, _ = begun
    assert np.array_equal(first, larger) and not np.isclose(first, other).any()


def test_a_replica_and_a_size_are_the_same_in_any_run(configure):
    whole = make(configured(configure, "num_replicas=3")).observables()
    alone = make(
        configured(configure, "num_replicas=1", "first_replica=2", "dataset.train_sizes=[5000]")
    ).observables()
    same = whole[(whole["replica"] == 2) & (whole["train_size"] == 5000)].reset_index(drop=True)
    assert len(alone) == 1
    assert alone.equals(same)


@pytest.mark.parametrize(
    ("replicas", "owner", "name", "calls"),
    [(3, one_step_run, "_rows", 2), (1, run_module, "write_table", 1)],
    ids=["between two replicas", "between two tables"],
)
def test_a_run_that_was_killed_ends_with_equal_bytes(
    configure, monkeypatch, replicas, owner, name, calls
):
    words = f"num_replicas={replicas}"
    config = fresh(configured(configure, words), "killed")
    original, made = getattr(owner, name), []

    def killed(*arguments):
        if len(made) == calls:
            raise KeyboardInterrupt
        made.append(arguments)
        return original(*arguments)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(owner, name, killed)
        make(config)
    again = make(config)
    whole = make(fresh(configured(configure, words), "whole"))
    assert results(again) == results(whole)


def test_an_error_is_recorded_as_that_of_the_run(configure, monkeypatch):
    config = configured(configure)
    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(one_step_run, "_rows", Mock(side_effect=MemoryError("too large")))
        make(config)
    (file,) = Path(config.results_dir).rglob("run.json")
    assert json.loads(file.read_text())["state"] == "failed"


def test_options_change_the_numbers_or_leave_the_id(configure):
    base = make(configured(configure, "num_replicas=2"))
    for word in ("dataset.noise=2.0", "dataset.rank=2", "optimizer.penalty=10",
                 "optimizer.num_probes=1", "model.widths=[40]",
                 "dataset.information_exponent=1"):  # fmt: skip
        words = [one for one in WORDS if one.partition("=")[0] != word.partition("=")[0]]
        other = make(configure(*words, "num_replicas=2", word))
        assert other.id != base.id
        risks = (run.observables()["excess_risk"].to_numpy() for run in (base, other))
        assert not np.allclose(*risks), word
    for word in ("training.batch_size=7", "dataset.num_train=99", "snapshots=[1.0]"):
        assert run_id(configured(configure, "num_replicas=2", word)) == base.id


def test_other_commands_read_a_run_or_say_what_it_lacks(configure, tmp_path):
    record = make(configured(configure, "dataset.train_sizes=[500]", "num_replicas=3"))
    runs = f"runs={record.folder.parent}"
    for name, code, said in (
        ("table", 0, ""), ("status", 0, "done"), ("report", 0, "report"),
        ("transition", 2, "no column accuracy"), ("universality", 2, "no column accuracy"),
        ("exponents", 2, "no accuracy in its observables"),
    ):  # fmt: skip
        done = command(name, runs, cwd=tmp_path)
        assert done.returncode == code, (name, done.stdout, done.stderr)
        assert said in done.stdout + done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dataset=digits"], "needs dataset=sparse_features"),
        (["model.widths=[21]"], "an even width"),
        (["model.depth=3", "model.widths=[20,20]"], "model.depth=2"),
        (["pruner=magnitude"], "pruner=none"),
        (["dropout_phase=fixed", "dropout_phase.p_train=0.5"], "dropout_phase=none"),
        (["dataset.train_sizes=null"], "dataset.train_sizes="),
        (["dataset.label_noise=0.1"], "label_noise=0"),
        (["dataset.train_sizes=[0]"], "whole numbers of 1 or more"),
        (["dataset.num_relevant=31"], "num_relevant=31: give at least"),
        (["model=cnn"], "model=fc"),
    ],
)
def test_unfit_options_are_refused(configure, words, said):
    keys = {word.partition("=")[0] for word in words}
    kept = [word for word in WORDS if word.partition("=")[0] not in keys]
    if "model=cnn" in words:
        kept = [word for word in kept if not word.startswith("model")]
    if "dataset=digits" in words:
        kept = [word for word in kept if not word.startswith("dataset.num")]
    with pytest.raises(UserError, match=said):
        configure(*kept, *words, tiny=False)

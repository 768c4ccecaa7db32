"""Runs in one step: exact repetition after a kill, replicas alone, refusals."""

import numpy as np
import pytest

from pruning_phases.errors import UserError
from pruning_phases.training import one_step_run
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
    np.testing.assert_allclose(at_end["all"]["loss"] - at_end["all"]["excess_risk"], 0.01)


def test_a_replica_and_a_size_are_the_same_in_any_run(configure):
    whole = make(configured(configure, "num_replicas=3")).observables()
    alone = make(
        configured(configure, "num_replicas=1", "first_replica=2", "dataset.train_sizes=[50]")
    ).observables()
    same = whole[(whole["replica"] == 2) & (whole["train_size"] == 50)].reset_index(drop=True)
    assert len(alone) == 1
    assert alone.equals(same)


def test_a_run_that_was_killed_ends_with_equal_bytes(configure, monkeypatch):
    config = fresh(configured(configure, "num_replicas=3"), "killed")
    rows, made = one_step_run._rows, []

    def killed(parts, replica):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(replica)
        return rows(parts, replica)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(one_step_run, "_rows", killed)
        make(config)
    again = make(config)
    whole = make(fresh(configured(configure, "num_replicas=3"), "whole"))
    assert results(again) == results(whole)


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

"""Groups of keys: which of them have an effect beside which others."""

import pytest

from pruning_phases.config.dropout_rates import FixedRatesConfig, RateGridConfig
from pruning_phases.config.enums import Rule, Stage
from pruning_phases.config.groups import Budget, PrunerConfig
from pruning_phases.config.keys import entries

FINE = ["finetune", "finetune.rule", "finetune.amount"]
PRUNING = ["scope", "schedule", "scored_on", "trains_from"]


def effective(configure, group, *overrides):
    found = entries(configure(*overrides))
    return {
        entry.path.removeprefix(f"{group}.")
        for entry in found
        if entry.path.startswith(f"{group}.") and entry.effective
    }


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["pruner=none"], ["score"]),
        (["pruner=magnitude"], ["score", *PRUNING, "steps", "final_density", *FINE]),
        (["pruner=magnitude", "pruner.schedule=list", "pruner.densities=[0.5]"],
         ["score", *PRUNING, "densities", *FINE]),
        (["pruner=magnitude", "pruner.schedule=two_stage", "pruner.switch_density=0.1"],
         ["score", *PRUNING, "steps", "final_density", "switch_density", "coarse_steps", *FINE]),
        (["pruner=magnitude", "pruner.finetune.amount=0"],
         ["score", *PRUNING, "steps", "final_density", "finetune", "finetune.amount"]),
        (["pruner=imp"],
         ["score", *PRUNING, "steps", "final_density", "rewind_update", "regrow"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_pruner_s_keys_act_where_its_other_keys_ask_for_them(configure, overrides, expected):
    assert effective(configure, "pruner", *overrides) == set(expected)


@pytest.mark.parametrize(
    ("pruner", "acting"),
    [("snip", {"score_examples"}), ("grasp", {"score_examples"}), ("prospr", {"score_examples"}),
     ("synflow", {"score_rounds"}), ("iterative_snip", {"score_examples", "score_rounds"}),
     ("force", {"score_examples", "score_rounds"}), ("magnitude", set())],
)  # fmt: skip
def test_a_score_s_key_acts_for_the_scores_that_read_it(configure, pruner, acting):
    keys = {"score_examples", "score_rounds"}
    assert effective(configure, "pruner", f"pruner={pruner}") & keys == acting


def test_patience_acts_where_a_loss_is_watched():
    assert Budget(Rule.plateau, 3).watches_loss()
    assert not Budget(Rule.plateau, 0).watches_loss()
    assert not Budget(Rule.updates, 3).watches_loss()


@pytest.mark.parametrize(
    ("score", "scored_on", "trains_from", "expected"),
    [
        ("magnitude", Stage.now, Stage.now, set()),
        ("magnitude", Stage.trained, Stage.trained, {Stage.trained}),
        ("magnitude", Stage.initial, Stage.now, {Stage.initial}),
        ("magnitude", Stage.trained, Stage.initial, {Stage.trained, Stage.initial}),
        ("none", Stage.trained, Stage.initial, set()),
    ],
)
def test_stages_are_those_that_later_steps_read(score, scored_on, trains_from, expected):
    pruner = PrunerConfig(score=score, scored_on=scored_on, trains_from=trains_from)
    assert pruner.stages() == expected


def test_fixed_rates_are_a_grid_of_one():
    assert FixedRatesConfig(p_train=0.2, p_eval=0.3).rates() == ([0.2], [0.3])
    assert RateGridConfig(p_train=[0.2], p_eval=[0.3]).rates() == ([0.2], [0.3])


@pytest.mark.parametrize(
    ("rates", "acts"), [("[0]", False), ("[0,0.2]", True)], ids=["none", "some"]
)
def test_mask_draws_act_where_an_evaluation_drops(configure, rates, acts):
    grid = ["dropout_phase=grid", "dropout_phase.p_train=[0]", f"dropout_phase.p_eval={rates}"]
    assert ("num_draws" in effective(configure, "dropout_phase", *grid)) == acts

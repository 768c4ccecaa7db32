"""Identity: the frozen id, keys without effect, keys of the machine, keys that came later."""

import pytest

from pruning_phases.config.identity import machine, physics, pruner_name, run_id, without_effect
from pruning_phases.config.keys import entries

PATIENT = ["training.budget.patience=9"]
MASKED = ["topology=original", "topology.density=0.02"]
LATER = {
    "replicas_differ_in": "data", "training.measure_on_train_set": "true",
    "dataset.label_noise": "0.1", "pruner.scored_on": "initial", "pruner.trains_from": "initial",
    "pruner.rewind_update": "5", "dataset.num_classes": "3",
    "training.budget.growth": "0.3", "pruner.finetune.growth": "0.3",
    "topology.training.growth": "0.3", "training.budget.min_updates": "7",
    "pruner.finetune.min_updates": "7", "topology.training.min_updates": "7",
    "observables": "[mylab.observable:margin]", "model.outputs": "1",
    "optimizer.schedule": "cosine", "pruner.regrow": "0.2", "topology.masks_digest": "0",
    "initial_gradients": "true", "pruner.teacher_digest": "0", "pruner.rounds_version": "2",
}  # fmt: skip


def test_the_default_runs_identity_is_frozen(configure):
    """It changes only with PHYSICS_VERSION or the default configuration; then say so here."""
    assert run_id(configure(tiny=False)) == "446515b3d660"


def test_identity_holds_everything_that_decides_numbers_and_nothing_else(configure):
    content = physics(configure(tiny=False))
    assert set(content) == {
        "physics_version", "seed", "num_replicas", "first_replica", "model", "dataset", "training",
        "optimizer", "pruner", "dropout_phase", "snapshots",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["pruner=none"], ["pruner=none", "pruner.steps=7"]),
        (["pruner=none"], ["pruner=none", "pruner.finetune.amount=9", "pruner.scope=layer"]),
        (["pruner.score_examples=9"], ["pruner.score_rounds=9"]),
        (["pruner=snip"], ["pruner=snip", "pruner.finetune.amount=9"]),
        (["pruner.finetune.amount=0"], ["pruner.finetune.amount=0", "pruner.finetune.rule=epochs"]),
        (["model.width=20"], ["model.widths=[20,20,20]"]),
        (["pruner.switch_density=0.3"], ["pruner.coarse_steps=7"]),
        (["training.budget.rule=updates"], ["training.budget.rule=updates", *PATIENT]),
        (["dropout_phase.num_draws=1"], ["dropout_phase.num_draws=4"]),
        (["dataset=gaussian"], ["dataset=gaussian", "dataset.teacher_width=3"]),
        (["topology.density=0.5"], ["topology.swaps_per_edge=3"]),
        (MASKED, [*MASKED, "topology.swaps_per_edge=3"]),
        (["snapshots=[0.5,0.1]"], ["snapshots=[0.1,0.5,0.1]"]),
        (["data_dir=a", "logger=none"], ["data_dir=b", "logger=wandb"]),
    ],
)
def test_options_without_effect_do_not_split_an_identity(first, second, configure):
    assert run_id(configure(*first)) == run_id(configure(*second))


@pytest.mark.parametrize(
    "override",
    [
        "seed=1", "pruner.score=random", "pruner.scope=layer", "pruner.steps=5",
        "optimizer.lr=0.01",
        "training.budget.patience=9", "dropout_phase.p_eval=0.5", "model.width=20",
        "dataset.train_size=100", "topology=original", "snapshots=[0.5]",
    ],
)  # fmt: skip
def test_options_with_an_effect_split_an_identity(override, configure):
    more = ["topology.density=0.02"] if override.startswith("topology") else []
    assert run_id(configure(override, *more)) != run_id(configure())


def test_a_key_that_came_later_stands_in_the_identity_only_with_another_value(configure):
    config = configure()
    later = {entry.path for entry in entries(config) if entry.value != entry.key.before}
    assert set(LATER) == {
        entry.path for entry in entries(config) if type(entry.key.before) is not object
    }
    assert later
    for path in LATER:
        content = physics(config)
        *groups, name = path.split(".")
        for group in groups:
            content = content.get(group, {})
        assert name not in content


@pytest.mark.parametrize("path", ["replicas_differ_in", "training.measure_on_train_set",
                                  "dataset.label_noise", "training.budget.growth"])  # fmt: skip
def test_another_value_of_a_later_key_splits_the_identity(path, configure):
    assert run_id(configure(f"{path}={LATER[path]}")) != run_id(configure())


def test_the_version_of_rounds_stands_in_the_identity_of_pruners_with_rounds(configure):
    for pruner, version in (("synflow", 2), ("force", 2), ("snip", None)):
        assert physics(configure(f"pruner={pruner}"))["pruner"].get("rounds_version") == version


def test_machine_keys_stay_outside_the_identity(configure):
    config = configure()
    outside = {
        "study", "trainer", "logger", "data_dir", "results_dir", "figures", "progress",
        "checkpoint_seconds", "experiment_scale", "sweep",
    }  # fmt: skip
    assert set(machine(config)) == outside
    assert not outside & set(physics(config))
    other = configure("study=x", "trainer.chunk_size=1", "figures=[evolution]", "progress=true")
    assert run_id(other) == run_id(config)


def test_keys_without_effect_are_listed_by_path(configure):
    found = without_effect(configure("pruner=none"))
    assert {"pruner.steps", "pruner.finetune.rule", "topology.density", "model.width"} <= found
    assert not {"pruner.score", "pruner", "seed", "model.widths"} & found
    given = without_effect(configure(*MASKED, "topology.run=somewhere"))
    assert {"pruner", "pruner.score", "training.budget.amount", "snapshots"} <= given
    assert "pruner.score" not in without_effect(configure(*MASKED))


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ("pruner=imp", "pruner.finetune.amount"),
        ("pruner=synflow", "pruner.finetune.rule"),
        ("topology=dense", "topology.training.amount"),
        ("pruner=none", "pruner.finetune.patience"),
        ("pruner.finetune.amount=0", "pruner.finetune.rule"),
        ("dropout_phase=fixed dropout_phase.p_eval=0", "dropout_phase.num_draws"),
    ],
)
def test_a_key_at_any_depth_that_decides_nothing_is_listed(options, key, configure):
    assert key in without_effect(configure(*options.split()))


def test_the_budget_under_a_mask_stands_in_training_budget(configure):
    assert "training" not in physics(configure(*MASKED))["topology"]


PRUNERS = [
    "none", "magnitude", "random", "magnitude_init", "random_init", "snip", "grasp", "synflow",
    "magnitude_one_shot", "imp", "iterative_snip", "force", "prospr",
    "rigl",
]  # fmt: skip


@pytest.mark.parametrize("option", PRUNERS)
def test_a_pruner_is_named_as_its_option(option, configure):
    assert pruner_name(physics(configure(f"pruner={option}"))["pruner"]) == option

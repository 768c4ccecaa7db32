"""Options that decide numbers change the result and the run id; others change neither."""

import pytest

from tests.support.runs import fresh, make, results

EFFECTIVE = [
    "seed=1", "first_replica=1", "num_replicas=3", "model.widths=[20,16,11]", "model.width=15",
    "model.depth=3 model.widths=[20,16]", "model=cnn model.channels=[4] model.widths=[12]",
    "dataset.train_size=150", "dataset.validation_fraction=0.2", "training.batch_size=32",
    "training.budget.amount=3", "training.budget.rule=epochs training.budget.amount=4",
    "training.budget.rule=updates",
    "training.budget.patience=1 training.budget.min_delta=0.9",
    "training.budget.growth=0.5",
    "optimizer.lr=3e-3", "optimizer.weight_decay=0.1", "optimizer.beta1=0.5", "optimizer.beta2=0.9",
    "optimizer=sgd", "pruner=none", "pruner=random", "pruner.scope=layer",
    "pruner.schedule=linear", "pruner.schedule=list pruner.densities=[0.4,0.1]",
    "pruner.schedule=two_stage pruner.switch_density=0.3 pruner.coarse_steps=2",
    "pruner.steps=5", "pruner.final_density=0.1", "pruner.finetune.amount=0",
    "pruner.finetune.amount=7", "pruner.finetune.rule=epochs pruner.finetune.amount=1",
    "pruner.finetune.rule=plateau pruner.finetune.amount=3",
    "dropout_phase=fixed", "dropout_phase=fixed dropout_phase.p_train=0.4",
    "dropout_phase=fixed dropout_phase.p_eval=0.4", "dropout_phase=fixed dropout_phase.num_draws=3",
    "dataset.train_sizes=[100,200]", "dropout_phase=grid",
    "dropout_phase=grid dropout_phase.p_train=[0,0.3]",
    "dropout_phase=grid dropout_phase.p_eval=[0,0.3]",
    "dropout_phase=grid dropout_phase.num_draws=2",
    "replicas_differ_in=data", "dataset.label_noise=0.2", "training.measure_on_train_set=true",
    "dataset=gaussian", "dataset=gaussian dataset.labels=teacher",
    "dataset=gaussian dataset.num_train=2000", "dataset=gaussian dataset.num_classes=3",
    "dataset=gaussian dataset.side=6", "dataset=gaussian dataset.num_test=500",
    "dataset=gaussian dataset.labels=teacher dataset.teacher_width=9",
    "pruner=random_init", "pruner=magnitude_init", "pruner=magnitude_one_shot", "pruner=imp",
    "pruner=imp pruner.rewind_update=2", "pruner=snip", "pruner=snip pruner.score_examples=50",
    "pruner=grasp", "pruner=grasp pruner.score_examples=50", "pruner=synflow",
    "pruner=synflow pruner.score_rounds=3", "pruner=random_init pruner.trains_from=trained",
]  # fmt: skip


GROUPS = ["model.", "dataset.", "training.", "optimizer.", "pruner=", "pruner.", "dropout_phase="]


@pytest.mark.slow
def test_every_option_of_the_physics_changes_identity_and_result(configure):
    assert_all_differ(configure, EFFECTIVE)


@pytest.mark.slow
def test_options_of_each_kind_change_identity_and_result(configure):
    """One option of each group: the fast version of the test of all options."""
    few = [EFFECTIVE[0], *(next(o for o in EFFECTIVE if o.startswith(group)) for group in GROUPS)]
    assert_all_differ(configure, few)


def assert_all_differ(configure, options):
    seen: dict[bytes, str] = {}
    ids: dict[str, str] = {}
    for overrides in ["", *options]:
        config = configure(*overrides.split())
        record = make(config)
        content = record.observables_file.read_bytes()
        assert content not in seen, f"{overrides!r} gives the numbers of {seen.get(content)!r}"
        assert record.id not in ids, f"{overrides!r} has the identity of {ids.get(record.id)!r}"
        seen[content], ids[record.id] = overrides, overrides


EAGER = ["training.budget.patience=1"]


PLATEAU = ["pruner.finetune.rule=plateau", "pruner.finetune.amount=6"]


@pytest.mark.parametrize(
    "overrides",
    [
        [*PLATEAU, "pruner.finetune.patience=1"],
        [*PLATEAU, "pruner.finetune.min_delta=0.3"],
        ["optimizer=sgd", "optimizer.momentum=0.5"],
        ["training.budget.amount=9", *EAGER, "training.budget.min_delta=0.4"],
        ["training.budget.amount=12", *EAGER, "training.budget.min_delta=0.5", "optimizer.lr=0.01",
         "training.budget.min_updates=48"],
    ],
    ids=lambda overrides: overrides[-1],
)  # fmt: skip
def test_options_that_act_beside_others_change_the_result(configure, overrides):
    *others, option = overrides
    with_it, without = make(configure(*others, option)), make(configure(*others))
    assert with_it.id != without.id
    assert with_it.observables_file.read_bytes() != without.observables_file.read_bytes()


@pytest.mark.parametrize(
    "override",
    [
        "checkpoint_seconds=0",
        "study=other",
        "progress=true",
        "trainer=auto",
        "figures=[transition]",
        "experiment_scale.num_draws=7",
    ],
)
def test_machine_options_change_neither_identity_nor_result(configure, override):
    config = fresh(configure(override), "changed")
    if override == "trainer=auto":
        config.trainer.accelerator = "cpu"
    assert results(make(config)) == results(make(fresh(configure(), "reference")))

"""Checks: one line that names the key and the cure; bounds of every key."""

import re
from dataclasses import is_dataclass
from typing import get_type_hints

import pytest

from pruning_phases.analysis.registry import analyses
from pruning_phases.config.keys import declared
from pruning_phases.config.register import schemas
from pruning_phases.config.run import Config
from pruning_phases.errors import UserError

GRID = "dropout_phase=grid"
MASKED = "topology=original"
OWN = {
    ("model", "custom"): ["model.build=mylab.net:Residual"],
    ("dataset", "custom"): ["dataset.load=mylab.data:load"],
}
REFUSED = [
    (["+typo=3"], r"typo: no such key; the configuration has .*seed"),
    (["+pruner.typo=3"], r"pruner\.typo: no such key; pruner has .*steps"),
    (["optimizer.lr=???"], r"optimizer\.lr has no value"),
    (["model.name=mlp"], r"model\.name=mlp: choose the option itself, model=NAME"),
    (["dataset.name=gaussian"], r"dataset\.name=gaussian: choose the option itself"),
    (["optimizer.name=sgd"], r"optimizer\.name=sgd: choose the option itself"),
    (["logger.name=x"], r"logger\.name=x: choose none or wandb"),
    (["logger.mode=x"], r"logger\.mode=x: choose auto, online or offline"),
    (["pruner.score=x"], r"pruner\.score=x: choose none, .*magnitude"),
    (["trainer.matmul_precision=x"], r"trainer\.matmul_precision=x: choose highest"),
    (["+trainer.options.max_steps=3"], r"trainer\.options\.max_steps would decide .*leave it out"),
    (["figures=[x]"], r"figures=x: choose .*transition"),
    (["figures=[phase_diagram]"], r"figures=\[phase_diagram\] needs dataset\.train_sizes"),
    (["training.budget.amount=0"], r"training\.budget\.amount=0: give 1 or more"),
    (["training.budget.amount=-1"], r"training\.budget\.amount=-1: give 1 or more"),
    (["topology.training.amount=0"], r"topology\.training\.amount=0: give 1 or more"),
    (["pruner.finetune.amount=-1"], r"pruner\.finetune\.amount=-1: give a number from 0"),
    (["model.widths=[20]"], r"model\.widths=\[20\]: .*give 3 widths, or model\.depth=2"),
    (["dataset.train_sizes=[]"], r"dataset\.train_sizes=\[\]: give a list of whole numbers"),
    (["dataset.train_sizes=[0,5]"], r"dataset\.train_sizes=\[0, 5\]: give a list of whole numbers"),
    (["dataset.train_sizes=[50,90]", "training.budget.rule=epochs"],
     r"dataset\.train_sizes: .*choose the rule updates or plateau"),
    (["replicas_differ_in=data", "dataset.train_size=null"],
     r"replicas_differ_in=data: .*give dataset\.train_size"),
    ([GRID, "dropout_phase.p_eval=[]"], r"dropout_phase\.p_eval=\[\]: give one rate or more"),
    ([GRID, "dropout_phase.p_train=[0,1]"], r"dropout_phase\.p_train=1\.0: give a number from 0"),
    (["pruner.densities=[0.5]"], r"pruner\.densities is read by pruner\.schedule=list alone"),
    (["pruner.schedule=list"], r"pruner\.densities is empty"),
    (["pruner.final_density=0"], r"pruner\.final_density=0\.0: geometric steps never reach 0"),
    (["pruner.scored_on=initial"], r"pruner\.scored_on=initial: .*choose pruner\.trains_from"),
    (["pruner=snip", "pruner.rewind_update=5"], r"pruner\.rewind_update=5: .*give 0"),
    (["snapshots=[0.001]"], r"snapshots: density 0\.001 is not met; .*from 1 to 0\.02"),
    ([MASKED, "topology.run=\'\'"], r"topology\.run is empty: give"),
    ([MASKED, "pruner=none"], r"topology\.run has no value: give"),
    ([MASKED, "topology.density=0.001"], r"topology\.density=0\.001: the schedule goes"),
    ([MASKED, "topology.density=0.02", "snapshots=[0.5]"],
     r"topology\.density=0\.02: not among snapshots=\[0\.5\]: add it"),
    ([MASKED, "topology.density=0.02", GRID], r"topology=original: .*leave dropout_phase=grid"),
]  # fmt: skip


@pytest.mark.parametrize(
    "study",
    [".", "../a", "a/", ".sweeps", "a ", " a", "a.", "a\\\\b", "a*", "a,b", "a\nb", "a\0", "\udcff",
     "é" * 128],
)  # fmt: skip
def test_a_study_is_the_name_of_one_folder(configure, study):
    with pytest.raises(UserError, match=r"study=.*: give the name of one folder") as error:
        configure(f"study='{study}'")
    assert "\n" not in str(error.value) and str(error.value).isprintable()


@pytest.mark.parametrize("study", ["fig1", "lr=0.1 (long)", "Größe-2_b", "é" * 127])
def test_a_study_may_have_any_other_name(configure, study):
    assert configure(f"study='{study}'").study == study


@pytest.mark.parametrize(("overrides", "said"), REFUSED, ids=str)
def test_a_contradiction_is_refused_in_one_line_with_the_cure(overrides, said, configure):
    with pytest.raises(UserError, match=said) as error:
        configure(*overrides)
    assert "\n" not in str(error.value)


def options_of(group: str, schema: str) -> list[str]:
    name = schema.removeprefix("schema_")
    return [] if name == "schema" else [f"{group}={name}", *OWN.get((group, name), [])]


def outside() -> list:
    """One value below and one above the bounds of every key of a run."""
    cases = {}
    kinds = [("", "schema", Config)]
    kinds += [(g, name, kind) for g, found in schemas().items() for name, kind in found.items()]
    for group, schema, kind in kinds:
        for path, facts, default in declared(kind, f"{group}." if group else ""):
            low = facts.at_least if facts.above is None else facts.above
            high = facts.at_most if facts.below is None else facts.below
            many = isinstance(default, list) or (group, schema) == ("dropout_phase", "schema_grid")
            many |= path in ("model.channels", "model.widths", "pruner.densities", "pruner.counts")
            many |= path == "experiment_scale.train_sizes"
            many &= not path.endswith(("num_draws", "refine"))
            values = [] if low is None else [low if facts.above is not None else low - 1]
            values += (
                []
                if high is None
                else [high if facts.below is not None else high + max(1, abs(high))]
            )
            for value in values:
                text = f"[{value}]" if many else f"{value}"
                override = (*options_of(group, schema), f"{path}={text}")
                cases[override] = pytest.param(override, path, id=" ".join(override))
    return list(cases.values())


@pytest.mark.parametrize(("overrides", "path"), outside())
def test_every_bound_is_refused_in_one_line_that_names_the_key(overrides, path, configure):
    with pytest.raises(UserError) as error:
        configure(*overrides, tiny=False)
    message = str(error.value)
    assert message.startswith(f"{path}=") and ": give " in message and "\n" not in message


def kinds() -> list:
    """The dataclass of every group, of a run and of every analysis."""
    groups = [kind for found in schemas().values() for kind in found.values()]
    return list(dict.fromkeys([Config, *groups, *(m.CONFIG for m in analyses().values())]))


def numbers_of(kind: type, path: str = "") -> list[str]:
    """Paths of the keys of a dataclass that hold a number, numbers, or null in their place."""
    found = []
    for name, hint in get_type_hints(kind).items():
        if is_dataclass(hint):
            found += numbers_of(hint, f"{path}{name}.")
        elif {"int", "float"} & set(re.findall(r"\w+", str(hint).replace("<class", ""))):
            found.append(path + name)
    return found


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_number_has_a_lower_and_an_upper_bound(kind):
    facts = {path: facts for path, facts, _ in declared(kind)}
    for path in numbers_of(kind):
        low, high = (
            (facts[path].at_least, facts[path].above),
            (facts[path].at_most, facts[path].below),
        )
        assert low != (None, None) and high != (None, None), path


def test_numbers_are_found_in_groups_lists_and_options():
    found = numbers_of(Config)
    assert {"seed", "training.budget.amount", "snapshots", "dataset.train_size"} <= set(found)
    assert "study" not in found and "progress" not in found


@pytest.mark.parametrize(
    "override",
    [
        "seed=99999999999999999999", "pruner.score_rounds=9999999999", "pruner.steps=99999999999",
        "checkpoint_seconds=nan", "checkpoint_seconds=inf", "model.widths=[99999999,2,2]",
        "training.batch_size=99999999", "optimizer.lr=inf", f"num_replicas={10**400}",
    ],
)  # fmt: skip
def test_numbers_beyond_all_use_are_refused(override, configure):
    with pytest.raises(
        UserError, match=r"^[\w.]+=\S+: give a number (from|above) \S+ .*to \d"
    ) as error:
        configure("pruner=synflow", override)
    assert "\n" not in str(error.value)


def test_the_largest_seed_and_many_steps_are_accepted(configure):
    large = configure(f"seed={2**63 - 1}", "pruner.steps=1000000", "pruner.score_rounds=1000000")
    assert large.seed == 2**63 - 1


@pytest.mark.parametrize(
    "override",
    ["trainer.num_threads=0", "trainer.chunk_size=0", "dataset.train_size=0", "model.width=0"],
)
def test_optional_keys_name_null_as_a_cure(override, configure):
    with pytest.raises(UserError, match=r"give a number from 1 to \d+, or null"):
        configure(override)


def test_density_zero_can_be_kept_if_the_schedule_reaches_it(configure):
    zero = ["pruner.schedule=linear", "pruner.final_density=0", "snapshots=[0,1]"]
    assert configure(*zero).snapshots == [1.0, 0.0]

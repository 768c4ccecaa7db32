"""The YAML: every option composes and begins with a command and a description."""

import shlex
from pathlib import Path

import pytest

from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.reference import option_text
from tests.support.documents import DOCUMENTS, commands, name_of

CONF = Path(conf_dir())
LAUNCHERS = sorted(CONF.glob("hydra/launcher/*.yaml"))
OPTIONS = sorted(path.relative_to(CONF) for path in CONF.glob("*/*.yaml"))

# Words without which an option does not compose.
NEEDED = {
    "given": ["pruner=none", f"topology.masks={__file__}"], "blocks": ["pruner=none"],
    "supports": ["pruner=none"], "autosparse": [f"pruner.teacher={__file__}"],
    "one_step": ["dataset=sparse_features", "pruner=none", "model.depth=2", "model.widths=[100]",
                 "dataset.train_size=100"],
}  # fmt: skip


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.parts[0] != "hydra"], ids=str)
def test_every_option_composes_and_begins_with_a_command_that_composes(option, configure):
    group, name = option.parts[0], option.stem
    if name != "custom":  # which has no value without an import path
        configure(f"{group}={name}", *NEEDED.get(name, []), tiny=False)
    head = [
        line for line in (CONF / option).read_text().splitlines() if line.startswith("# python")
    ]
    assert head, f"{option} does not begin with a command"
    words = shlex.split(head[0].removeprefix("# ").replace("=FILE", f"={__file__}"))
    assert words[:3] == ["python", "-m", "pruning_phases.train"]
    assert any(word == f"{group}={name}" for word in words)
    configure(*words[3:], tiny=False)


@pytest.mark.parametrize("option", sorted(CONF.glob("*/*.yaml")) + LAUNCHERS, ids=str)
def test_every_option_is_described_in_sentences(option):
    text = option_text(str(option.parent.relative_to(CONF)), option.stem)
    assert text.endswith((".", ")"))


@pytest.mark.parametrize("option", sorted((CONF / "experiment").glob("*.yaml")), ids=str)
def test_an_experiment_says_if_it_sweeps_by_itself(option):
    sweeps = "mode: MULTIRUN" in option.read_text()
    assert ("by itself" in option_text("experiment", option.stem)) == sweeps


TRAININGS = [
    pytest.param(words[1:], id=f"{name_of(path)}: {' '.join(words)}")
    for path in DOCUMENTS
    if path.name != "bring_your_own.md"  # which has a folder of options, and tests of its own
    for words in commands(path)
    if words[0] == "train"
]


@pytest.mark.parametrize("words", TRAININGS)
def test_every_training_of_the_documents_composes(words, configure):
    combinations: list[list[str]] = [[]]
    for word in words:
        if word in ("-m", "--help"):
            continue
        key, _, value = word.partition("=")
        value = __file__ if value == "FILE" or key == "pruner.teacher" else value
        choices = value.split(",") if "[" not in value else [value]
        combinations = [[*c, f"{key}={choice}"] for c in combinations for choice in choices]
    for overrides in combinations:
        configure(*overrides, tiny=False)


def test_the_documents_have_trainings():
    assert len(TRAININGS) > 30

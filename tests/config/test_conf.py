"""The YAML: every option composes and begins with a command and a description."""

import re
import shlex
from pathlib import Path

import pytest

from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.reference import option_text

CONF = Path(conf_dir())
LAUNCHERS = sorted(CONF.glob("hydra/launcher/*.yaml"))
OPTIONS = sorted(path.relative_to(CONF) for path in CONF.glob("*/*.yaml"))
README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.parts[0] != "hydra"], ids=str)
def test_every_option_composes_and_begins_with_a_command_that_composes(option, configure):
    group, name = option.parts[0], option.stem
    if name != "custom":  # which has no value without an import path
        configure(f"{group}={name}", tiny=False)
    head = [
        line for line in (CONF / option).read_text().splitlines() if line.startswith("# python")
    ]
    assert head, f"{option} does not begin with a command"
    words = shlex.split(head[0].removeprefix("# "))
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


def readme_commands() -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("python -m pruning_phases.train")]


@pytest.mark.parametrize("command", readme_commands())
def test_every_command_of_the_readme_composes(command, configure):
    words = [
        word for word in shlex.split(command, comments=True)[3:] if word not in ("-m", "--help")
    ]
    combinations: list[list[str]] = [[]]
    for word in words:
        key, _, value = word.partition("=")
        choices = value.split(",") if "[" not in value else [value]
        combinations = [[*c, f"{key}={choice}"] for c in combinations for choice in choices]
    for overrides in combinations:
        configure(*overrides, tiny=False)


def test_the_readme_has_commands():
    assert len(readme_commands()) >= 5

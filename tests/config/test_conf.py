"""The YAML: every option composes, is headed by its command and is named in the manual."""

import re
import shlex
from pathlib import Path

import pytest

from pruning_phases.config.folder import conf_dir
from pruning_phases.config.identity import physics, run_id
from pruning_phases.config.register import all_keys

CONF = Path(conf_dir())
PATIENT = ["training.budget.patience=9"]
OPTIONS = sorted(path.relative_to(CONF) for path in CONF.glob("*/*.yaml"))
README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_default_runs_identity_is_frozen(configure):
    """It changes only with PHYSICS_VERSION or the default configuration; then say so here."""
    assert run_id(configure(tiny=False)) == "becce5bf138b"


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
        (["model.width=20"], ["model.widths=[20,20,20]"]),
        (["pruner.switch_density=0.3"], ["pruner.coarse_steps=7"]),
        (["training.budget.rule=updates"], ["training.budget.rule=updates", *PATIENT]),
        (["dropout_phase.num_draws=1"], ["dropout_phase.num_draws=4"]),
        (["data_dir=a", "logger=none"], ["data_dir=b", "logger=wandb"]),
    ],
)
def test_options_without_effect_do_not_split_an_identity(first, second, configure):
    assert run_id(configure(*first)) == run_id(configure(*second))


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.parts[0] != "hydra"], ids=str)
def test_every_option_composes_and_is_headed_by_a_command_that_does(option, configure):
    group, name = option.parts[0], option.stem
    configure(f"{group}={name}", tiny=False)
    head = [
        line for line in (CONF / option).read_text().splitlines() if line.startswith("# python")
    ]
    assert head, f"{option} is not headed by a command"
    words = shlex.split(head[0].removeprefix("# "))
    assert words[:3] == ["python", "-m", "pruning_phases.train"]
    assert any(word == f"{group}={name}" for word in words)
    configure(*words[3:], tiny=False)


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.parts[0] != "hydra"], ids=str)
def test_every_option_is_named_in_the_manual(option):
    manual = (CONF / "hydra" / "help" / "train.yaml").read_text()
    entry = re.search(rf"^    {option.parts[0]} .*(\n {{20}}.*)*", manual, re.MULTILINE)
    assert entry and re.search(rf"\b{option.stem}\b", entry.group())


def test_keys_in_the_manual_exist():
    manual = (CONF / "hydra" / "help" / "train.yaml").read_text()
    named = set(re.findall(r"\b((?:pruner|training|dataset|trainer|model)\.[a-z_.]+)", manual))
    assert named <= set(all_keys())


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

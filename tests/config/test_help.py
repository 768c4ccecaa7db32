"""Help and reference: every option and every key with a meaning is named, and exists."""

import re
from pathlib import Path

import pytest

from pruning_phases.analysis.transition.summary import observables_shown
from pruning_phases.config.conf_folder import groups, options
from pruning_phases.config.help import MEASURED, train_help
from pruning_phases.config.keys import declared
from pruning_phases.config.reference import reference
from pruning_phases.config.register import all_keys, schemas
from pruning_phases.config.run import Config

HELP = train_help(schemas())["template"]
REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"
OPTIONS = [(group, name) for group in [*groups(), "hydra/launcher"] for name in options(group)]


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_of_every_group_is_in_the_help(group, option):
    entry = re.search(rf"^    {group} .*(\n {{20}}.*)*", HELP, re.MULTILINE)
    assert entry and re.search(rf"\b{option}\b", entry.group())


def test_every_key_with_a_meaning_is_in_the_help():
    parts = [("", Config)]
    parts += [(f"{group}.", kind) for group, kinds in schemas().items() for kind in kinds.values()]
    for path, kind in parts:
        for name, facts, _ in declared(kind, path):
            assert not facts.meaning or re.search(rf"^    {re.escape(name)}\s", HELP, re.MULTILINE)


def test_what_the_table_of_a_run_shows_is_defined_in_the_help():
    assert {*observables_shown(), "density"} == {*MEASURED}
    assert all(re.search(rf"^    {name}\s", HELP, re.MULTILINE) for name in MEASURED)


def test_keys_in_the_help_exist():
    known = "|".join(groups())
    named = set(
        re.findall(rf"(?<![\w=./])((?:{known}|training|pruner)\.[a-z0-9_.]*[a-z0-9_])", HELP)
    )
    # A key, or a group of keys such as training.budget.
    assert named and all(any(f"{key}.".startswith(f"{n}.") for key in all_keys()) for n in named)


def test_every_row_of_the_committed_reference_is_generated_today():
    """A new option adds a row, and needs its own file alone until `make reference`."""
    committed = [
        line for line in REFERENCE.read_text().splitlines() if line.startswith(("|", "- "))
    ]
    assert len(committed) > 100
    assert set(committed) <= set(reference().splitlines()), "run make reference"

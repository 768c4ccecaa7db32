"""Words of the command line in the form and order that Hydra reads.

In: the words as typed, and the keys of the command. Out: -m, then the keys, then all other flags
with their values; UserError for a word that is no key and no flag.
"""

import os
import re
from collections.abc import Mapping, Sequence

from hydra.core.override_parser.types import ChoiceSweep

from pruning_phases.cli.path_values import parsed, with_quotes
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.keys import Key
from pruning_phases.errors import UserError

SWEEP_FLAGS = {"-m", "--multirun"}
SWEEP_WORD = "hydra.mode=MULTIRUN"  # means the same
VALUED_FLAGS = {
    "-c", "--cfg", "-p", "--package", "-cp", "--config-path", "-cn", "--config-name", "-cd",
    "--config-dir", "--experimental-rerun",
}  # fmt: skip
# All flags of Hydra; any other word that begins with a dash is a mistake.
FLAGS = SWEEP_FLAGS | VALUED_FLAGS | {
    "-h", "--help", "--hydra-help", "--version", "--resolve", "-r", "--run", "-sc",
    "--shell-completion", "-i", "--info",
}  # fmt: skip

CHOICES = {
    "-c": ["job", "hydra", "all"],
    "--cfg": ["job", "hydra", "all"],
    "-i": ["all", "config", "defaults", "defaults-tree", "plugins", "searchpath"],
    "--info": ["all", "config", "defaults", "defaults-tree", "plugins", "searchpath"],
}


def for_hydra(words: Sequence[str], keys: Mapping[str, Key], sweeps: bool) -> list[str]:
    """Return the words in Hydra's form. ``sweeps``: the command makes runs, so it takes -m."""
    pairs, flags = _separated(words)
    sweep = [flag for flag in flags if flag in SWEEP_FLAGS]
    if sweep and not sweeps:
        raise UserError(
            f"{sweep[0]}: a sweep makes runs (train); one analysis takes a list of them"
        )
    for pair in pairs:
        _refuse_no_option(pair)
    pairs = [with_quotes(pair, keys, bool(sweep)) for pair in pairs]
    others = [flag for flag in flags if flag not in SWEEP_FLAGS]
    return [*sweep[:1], *(pairs if sweeps else map(_listed, pairs)), *others]


def _separated(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Separate keys from flags, each flag joined with its value."""
    pairs, flags = [], []
    rest = iter("-m" if word == SWEEP_WORD else word for word in words)
    for word in rest:
        flag, equals, value = word.partition("=")
        if re.match(r"[+~]*(@|=|$)", word):
            raise UserError(f"'{word}': give KEY=VALUE; --help lists the keys")
        if not word.startswith("-"):
            pairs.append(word)
        elif flag not in FLAGS:
            raise UserError(f"{word}: no such flag; keys are given as key=value, see --help")
        elif flag in VALUED_FLAGS:
            value = value or next(rest, "")
            if not value:
                raise UserError(f"{flag}: give a value, {flag} VALUE; see --hydra-help")
            flags.append(_chosen(flag, value))
        else:
            flags.append(_chosen(flag, value) if equals else word)
    return pairs, flags


def _refuse_no_option(word: str) -> None:
    """Raise UserError for a group whose value is a number, a list or null."""
    group, equals, value = word.lstrip("+").partition("=")
    if not equals or not os.path.isdir(f"{conf_dir()}/{group}"):
        return
    read = parsed(value)
    values = read.list if isinstance(read, ChoiceSweep) else [read]
    is_none = group == "experiment" and value == "null"
    if not is_none and any(isinstance(one, int | float | list | dict | None) for one in values):
        raise UserError(f"{word}: a group takes the name of one of its options; --help lists them")


def _listed(word: str) -> str:
    """Return key=a,b as key=[a,b]: an analysis does not sweep, so several values are a list."""
    key, _, value = word.partition("=")
    plain = "," in value and not set(value) & set("[]{}()'\"")
    return f"{key}=[{value}]" if plain else word


def _chosen(flag: str, value: str) -> str:
    """Return flag=value; raise UserError for a value that the flag does not take."""
    if flag not in VALUED_FLAGS and flag not in CHOICES:
        raise UserError(f"{flag}: takes no value; see --hydra-help")
    if value not in CHOICES.get(flag, [value]):
        raise UserError(f"{flag}={value}: choose {', '.join(CHOICES[flag])}")
    return f"{flag}={value}"

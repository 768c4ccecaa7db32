"""Combinations of a sweep: every set of overrides, and the configuration of each."""

import copy
import itertools
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf, open_dict

from pruning_phases.config.groups import SweepConfig
from pruning_phases.errors import UserError, first_line
from pruning_phases.file_path import expanded


def spanned(
    grids: Sequence[Sequence[str]], options: SweepConfig, loader: ConfigLoader
) -> list[list[Override]]:
    """All combinations of the grids and of the sets in ``sweep.file``, without those left out."""
    grid = [
        one
        for words in grids
        for more in sets_in(options.file)
        for one in combinations([*_without_options(words), *more], loader, options.zip)
    ]
    return left_out(grid, options.leave_out, loader)


def _without_options(words: Sequence[str]) -> list[str]:
    """The words of the runs, without those of the sweep as a whole."""
    return [word for word in words if not word.lstrip("+").startswith("sweep.")]


def combinations(
    words: Sequence[str], loader: ConfigLoader, zipped: Sequence[str] = ()
) -> list[list[Override]]:
    """Return every combination of the given values; of a key given twice, the last value counts.

    The values of ``zipped`` keys go together: the first ones, the second ones, and so on.
    """
    parser = OverridesParser.create(config_loader=loader)
    choices: dict[str, list[str]] = {}
    for word in parser.parse_overrides(list(words)):
        key = word.get_key_element()
        if word.is_sweep_override():
            if not word.is_discrete_sweep():
                raise UserError(f"{key}: a sweep takes single values, {key}=A,B or range(A,B,STEP)")
            choices[key] = [f"{key}={value}" for value in _values(word)]
        elif word.is_delete():
            choices[key] = [key]
        else:
            choices[key] = [f"{key}={word.get_value_element_as_str()}"]
    parsed = {one: parser.parse_override(one) for words in choices.values() for one in words}
    return [[parsed[word] for word in words] for words in _words_of(choices, zipped)]


def _words_of(choices: dict[str, list[str]], zipped: Sequence[str]) -> Iterator[list[str]]:
    """Yield one word of every key, for each combination."""
    counts = {key: len(choices.get(key, ())) for key in zipped}
    if len(set(counts.values())) > 1 or 0 in counts.values():
        listed = ", ".join(f"{key} has {count}" for key, count in counts.items())
        raise UserError(f"sweep.zip=[{','.join(zipped)}]: give as many values of each ({listed})")
    axes = {key: len(values) for key, values in choices.items()}
    axes |= dict.fromkeys(zipped[1:], 1)  # they follow the first one
    for numbers in itertools.product(*(range(count) for count in axes.values())):
        chosen = dict(zip(axes, numbers, strict=True))
        chosen |= dict.fromkeys(zipped, chosen[zipped[0]]) if zipped else {}
        yield [values[chosen[key]] for key, values in choices.items()]


def left_out(
    grid: list[list[Override]], texts: Sequence[str], loader: ConfigLoader
) -> list[list[Override]]:
    """Return the combinations that do not have all the overrides of one of the texts."""
    parser = OverridesParser.create(config_loader=loader)
    for text in texts:
        words = {
            f"{one.get_key_element()}={one.get_value_element_as_str()}"
            for one in parser.parse_overrides(shlex.split(text))
        }
        kept = [one for one in grid if not words <= {str(word.input_line) for word in one}]
        if len(kept) == len(grid):
            raise UserError(f"sweep.leave_out: no combination has {text}: misspelt?")
        grid = kept
    if not grid:
        raise UserError("sweep.leave_out leaves no combination")
    return grid


def sets_in(path: str | None) -> list[list[str]]:
    """Return the sets of overrides in a file, one per line; without a file, one empty set."""
    if path is None:
        return [[]]
    try:
        lines = expanded(path).read_text(encoding="utf-8").splitlines()
        sets = [shlex.split(line, comments=True) for line in lines]
    except (OSError, ValueError) as error:
        raise UserError(f"sweep.file={path}: unreadable ({first_line(error)})") from None
    if not any(sets):
        raise UserError(f"sweep.file={path}: it has no overrides")
    return [words for words in sets if words]


def _values(word: Override) -> list[str]:
    try:
        values = list(word.sweep_string_iterator())
    except TypeError:  # a glob over a key that is no group
        values = []
    if not values:
        raise UserError(f"{word.input_line}: names no value, so the sweep would have no run")
    return values


def composer(
    master: DictConfig, loader: ConfigLoader
) -> Callable[[Sequence[Override]], DictConfig]:
    """Return a function that composes the configuration of a job, valid until its next call.

    Hydra composes each combination of group choices once. Plain values are then set as Hydra sets
    them, last. Jobs that set the same keys follow each other in one configuration, since a copy
    takes longer than all else. A dictionary is merged into what is there, and needs a copy.
    """
    composed_choices: dict[tuple[str, ...], DictConfig] = {}
    reused: dict[tuple[tuple[str, ...], tuple[str, ...]], DictConfig] = {}
    groups: dict[str, bool] = {}

    def is_group(override: Override) -> bool:
        key = override.key_or_group
        if key not in groups:
            groups[key] = bool(loader.get_group_options(key, ObjectType.CONFIG))
        special = override.is_add() or override.is_force_add() or override.is_delete()
        return groups[key] or special or override.package is not None

    def compose(overrides: Sequence[Override]) -> DictConfig:
        choices = tuple(str(one.input_line) for one in overrides if is_group(one))
        if choices not in composed_choices:
            config = loader.load_sweep_config(master, list(choices))
            _refuse_other_launcher(config, master)
            with open_dict(config):
                del config["hydra"]
            composed_choices[choices] = config
        plain = {one.key_or_group: one.value() for one in overrides if not is_group(one)}
        if any(isinstance(value, dict) for value in plain.values()):
            composed = copy.deepcopy(composed_choices[choices])
        else:
            kept = (choices, tuple(plain))
            if kept not in reused:
                reused[kept] = copy.deepcopy(composed_choices[choices])
            composed = reused[kept]
        for key, value in plain.items():
            OmegaConf.update(composed, key, value, merge=True)
        return composed

    return compose


def _refuse_other_launcher(composed: DictConfig, master: DictConfig) -> None:
    """Raise UserError for a launcher that a swept option's file sets: the sweep has begun."""
    there, here = (
        OmegaConf.to_container(one.hydra.launcher, resolve=False) for one in (composed, master)
    )
    if there == here:
        return
    key = "hydra/launcher"
    chosen = [one.hydra.runtime.choices[key] for one in (composed, master)]
    words = [f"{key}={chosen[0]}"] if chosen[0] != chosen[1] else _differing(there, here)
    raise UserError(
        f"{key}: a sweep over files that set a launcher takes it from the command line alone: add "
        f"{' '.join(words)}, or give one experiment"
    )


def _differing(there: Any, here: Any) -> list[str]:
    return [
        f"hydra.launcher.{name}={value}"
        for name, value in there.items()
        if here.get(name, value) != value or name not in here
    ]

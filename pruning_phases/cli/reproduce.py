"""The command ``reproduce``: makes every figure and table of a paper, and ends with a report.

pesce   arXiv 2602.15224, phase transitions under magnitude pruning with fine-tuning
pan     arXiv 2603.12316, phases of dropout: eumentia, dementia, amentia
kumar   arXiv 2402.01089, pruning at initialization and the information in the mask

The paper's commands are given one after the other. Each is named with the figure or table that it
makes. If one fails, the others follow, and the exit code is 1. The same command again skips what is
done, resumes what was interrupted and tries again what failed; Ctrl-C ends it.

All studies go to the folder PAPER-SCALE of results_dir. The report in it compares the results with
the paper's and lists the differences between the paper and these runs, such as the number of
replicas.

Any other KEY=VALUE, and -m, goes to every training; python -m pruning_phases.train --help lists the
keys.

  python -m pruning_phases.reproduce paper=pesce                        minutes, smallest size
  python -m pruning_phases.reproduce paper=pesce scale=laptop data_dir=FOLDER
  python -m pruning_phases.reproduce paper=pan scale=paper trainer=gpu logger=wandb
  python -m pruning_phases.reproduce paper=kumar dry_run=true           print the commands
"""

import os
import re
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from omegaconf import DictConfig
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pruning_phases.cli.child_process import exit_code_of
from pruning_phases.cli.command import run as run_command
from pruning_phases.cli.hydra_errors import no_such_key
from pruning_phases.cli.path_values import as_text
from pruning_phases.cli.words import SWEEP_FLAGS
from pruning_phases.config.conf_folder import options
from pruning_phases.config.keys import key
from pruning_phases.config.recipes import RECIPES, Recipe, Step
from pruning_phases.config.reference import option_text
from pruning_phases.config.register import all_keys, keys_of
from pruning_phases.console import PLAIN, duration
from pruning_phases.errors import RunError, UserError
from pruning_phases.file_path import expanded
from pruning_phases.records.run import find_records

CHOSEN_BY_RECIPE = ("experiment", "study")  # keys that no word of a user may replace


@dataclass
class ReproduceConfig:
    paper: str | None = key(None, f"paper to reproduce: {', '.join(RECIPES)}")
    scale: str = key("smoke", f"size of the runs: {', '.join(options('scale'))}")
    results_dir: str = key(
        "multirun", "folder of results; the studies go to PAPER-SCALE in it", path=True
    )
    dry_run: bool = key(False, "print the commands, and run none")

    def check(self) -> None:
        if self.paper is None:
            raise UserError(f"paper has no value: give paper={', paper='.join(RECIPES)}")
        if self.paper not in RECIPES:
            raise UserError(f"paper={self.paper}: choose {', '.join(RECIPES)}")
        if self.scale not in options("scale"):
            raise UserError(f"scale={self.scale}: choose {', '.join(options('scale'))}")


@dataclass(frozen=True)
class Command:
    """One command of a paper: the figure or table that it makes, and its words."""

    shows: str
    words: list[str]

    @property
    def text(self) -> str:
        return f"python -m pruning_phases.{shlex.join(self.words)}"

    @property
    def name(self) -> str:
        return " ".join(self.words[:2])


def separated(words: Sequence[str]) -> tuple[list[str], list[str], str | None]:
    """Return the words that Hydra reads, those of every training, and the scale.

    Hydra would take scale=NAME for a choice of the group conf/scale, which a training has.
    """
    own: list[str] = []
    others: list[str] = []
    scale = None
    for word in words:
        name, equals, value = word.partition("=")
        if name == "scale" and equals:
            scale = value
        elif word in SWEEP_FLAGS or (equals and not _is_own(word)):
            others.append(word)
        else:
            own.append(word)
    return own, others, scale


def _is_own(word: str) -> bool:
    """True for a flag, a key of this command, and a word that is no key: Hydra reports it."""
    name = word.partition("=")[0].lstrip("+~")
    return not name[:1].isalpha() or name in keys_of(ReproduceConfig)


def run() -> NoReturn:
    sys.argv[1:], others, scale = separated(sys.argv[1:])

    def prepare(composed: DictConfig) -> None:
        _refuse_unknown(others)
        if scale is not None:
            composed.scale = scale

    run_command("reproduce", ReproduceConfig, partial(task, others), __doc__, prepare)


def task(others: list[str], config: ReproduceConfig, console: Console) -> None:
    assert config.paper is not None  # checked with the configuration
    folder = expanded(config.results_dir) / f"{config.paper}-{config.scale}"
    commands = commands_of(RECIPES[config.paper], folder, [f"scale={config.scale}"], others)
    if config.dry_run:
        for command in commands:
            console.print(f"# {command.shows}\n{command.text}", **PLAIN)
        return
    ended = []
    for number, command in enumerate(commands, 1):
        if command is commands[-1] and not find_records(folder):
            break  # nothing to report
        console.print(f"\nstep {number} of {len(commands)}: {command.shows}", **PLAIN)
        console.print(command.text, **PLAIN)
        began = time.monotonic()
        code = exit_code_of([f"pruning_phases.{command.words[0]}", *command.words[1:]])
        ended.append((number, command, code, time.monotonic() - began))
    _conclude(ended, folder, console)


def commands_of(
    recipe: Recipe, folder: Path, scale: Sequence[str], others: Sequence[str]
) -> list[Command]:
    """Return the commands of a recipe, with the user's words in every training, and the report."""
    studies = {step.experiment: _quoted(folder / step.experiment) for step in recipe.steps}
    found = []
    for step in recipe.steps:
        name, *words = step.words.split()
        words = [word.format_map(studies) for word in words]
        if name == "train":
            where = f"results_dir={_quoted(folder)}"
            words = [f"experiment={step.experiment}", *words, *scale, where, *others]
        found.append(Command(_shows(step, recipe), [name, *words]))
    return [*found, Command("report of all results", ["report", f"runs={_quoted(folder)}"])]


def _shows(step: Step, recipe: Recipe) -> str:
    """First sentence of the experiment's header, which names the paper's figure or table."""
    header = option_text("experiment", step.experiment)
    sentence = re.split(r"(?<!Fig)\. ", header)[0].rstrip(".")
    return sentence if recipe.arxiv in header else f"beyond the paper: {sentence}"


def _quoted(path: Path) -> str:
    """Write a path so that it is one value everywhere: in a list, in a sweep, and alone."""
    plain = re.fullmatch(r"[\w./-]*[a-z][\w./-]*", str(path), re.ASCII)
    return str(path) if plain else as_text(str(path))


def _refuse_unknown(words: Sequence[str]) -> None:
    """Raise UserError for a key that no training has, before the first one begins."""
    known = all_keys()
    own = {**known, **keys_of(ReproduceConfig)}
    for word in words:
        name = word.lstrip("+~").partition("=")[0].partition("@")[0]
        if name in CHOSEN_BY_RECIPE:
            raise UserError(f"{word}: the recipe of the paper chooses it: leave the word out")
        # Some keys hold options of their own: trainer.options.NAME.
        parents = {name.rsplit(".", count)[0] for count in range(1, name.count("."))}
        is_of_hydra = name.startswith(("hydra.", "hydra/"))
        if word not in SWEEP_FLAGS and not is_of_hydra and not {name, *parents} & {*known}:
            raise UserError(no_such_key(name, own))


def _conclude(
    ended: Sequence[tuple[int, Command, int, float]], folder: Path, console: Console
) -> None:
    """Print the time of each step and the path of the report. Raises RunError for failed steps."""
    table = Table("step", "time", "result", "command", box=box.SIMPLE_HEAD)
    for number, command, code, seconds in ended:
        result = f"failed ({code})" if code else "done"
        table.add_row(str(number), duration(seconds), result, escape(command.name))
    console.print(table)
    report = folder / "report.html"
    if os.path.exists(report):
        console.print(f"report: {report}", **PLAIN)
    failed = [f"{number} ({command.name})" for number, command, code, _ in ended if code]
    if failed:
        raise RunError(
            f"{len(failed)} of {len(ended)} steps failed: {', '.join(failed)}; the same command "
            "tries these again"
        )

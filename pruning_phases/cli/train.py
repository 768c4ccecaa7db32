"""The command ``train``: makes one run, or one run of a sweep.

In: a composed configuration. Out: a record that was found, resumed or made. The engine, which needs
torch, is imported only if there is something to train.
"""

import atexit
import gc
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig
from rich.console import Console

from pruning_phases.analysis.registry import is_of_one_run, plot
from pruning_phases.analysis.transition.summary import summary_table
from pruning_phases.cli.hydra_app import launch, line_and_code
from pruning_phases.cli.words import for_hydra
from pruning_phases.config.checks import check
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.enums import Family
from pruning_phases.config.identity import (
    machine,
    option_name,
    physics,
    pruner_name,
    run_id,
    without_effect,
)
from pruning_phases.config.keys import import_paths
from pruning_phases.config.optimizer import OneStepConfig
from pruning_phases.config.register import all_keys, register
from pruning_phases.config.run import Config
from pruning_phases.console import PLAIN, new_console
from pruning_phases.data.same_data import refuse_other_data_of_done
from pruning_phases.errors import Busy, RunError, UserError
from pruning_phases.file_path import expanded
from pruning_phases.import_path import make_importable
from pruning_phases.observables.registry import AXES, measured
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.run import DONE, RunRecord
from pruning_phases.records.source_files import refuse_other_source_files, source_files
from pruning_phases.records.sweep import SweepRecord, command_of
from pruning_phases.training.source_run import known_id, retraining, source_of


def run() -> NoReturn:
    register()
    with suppress(OSError):  # launch reports a folder that was deleted
        make_importable(os.getcwd())
    launch("train", task, all_keys())


def task(composed: DictConfig) -> None:
    """Make one run. In a sweep a failed run is reported at once, and the next one starts."""
    console = new_console()
    hydra = HydraConfig.get()
    sweep = hydra.mode == RunMode.MULTIRUN
    make_importable(hydra.runtime.cwd)  # a launcher may have begun this process elsewhere
    if hydra.job.chdir:
        os.chdir(hydra.runtime.cwd)  # a relative path is one of the folder where it was typed
    config = check(composed)
    if not sweep and config.sweep.given:
        raise UserError(f"sweep.{config.sweep.given[0]} is for sweeps: add -m")
    launcher = hydra.runtime.choices.get("hydra/launcher")
    if not sweep and launcher != "basic":
        console.print(f"note: hydra/launcher={launcher} has no effect without -m", **PLAIN)
    try:
        _note_keys_without_effect(config, hydra.overrides.task, console)
        _name(config, hydra.overrides.task)
        if config.sweep.run not in (None, run_id(config)):
            raise UserError(
                f"this job was submitted for run {config.sweep.run}, and conf now describes "
                f"{run_id(config)}: conf was edited since the sweep began; begin it again"
            )
        failure = SweepRecord(expanded(config.results_dir), str(config.sweep.name)).failure
        if config.sweep.stop_at_failure and failure.exists():
            console.print("skipped: a run of this sweep has failed", **PLAIN)
            return
        if config.sweep.position is not None:
            console.print(f"run {config.sweep.position}", **PLAIN)
        make_run(config, console)
    except Busy as busy:
        console.print(f"skipped: {busy}", **PLAIN)
    except (UserError, RunError) as error:
        if sweep:
            console.print(f"failed: {error}", **PLAIN)
            _record_failure(config, error)
            if config.sweep.stop_at_failure:
                reason = f"{error}\n"
                write_beside(failure, lambda path: path.write_text(reason))
        raise


def make(words: Sequence[str], console: Console) -> RunRecord:
    """Make one run inside a process that is no Hydra application, such as a notebook.

    Raises UserError, RunError or Busy.
    """
    if flags := [word for word in words if word.startswith("-")]:
        raise UserError(f"{flags[0]}: one run takes key=value; a sweep is a command, train -m")
    register()
    make_importable(os.getcwd())
    keys = all_keys()
    typed, sys.argv = sys.argv, [str(Path(__file__).parents[1] / "train.py"), *words]
    try:  # records and messages take the command from sys.argv
        with initialize_config_dir(conf_dir(), version_base=None):
            composed = compose("train", for_hydra(words, keys, sweeps=True))
        config = check(composed)
        _note_keys_without_effect(config, words, console)
        _name(config, words)
        return make_run(config, console)
    except (UserError, RunError):
        raise
    except Exception as error:
        known = line_and_code(error, keys)
        if known is None:
            raise
        raise UserError(known[0]) from error
    finally:
        sys.argv = typed


def _note_keys_without_effect(config: Config, words: Sequence[str], console: Console) -> None:
    for key in sorted(without_effect(config)):
        given = [word for word in (one.lstrip("+") for one in words) if word.startswith(f"{key}=")]
        if any(word != f"{key}=null" for word in given):
            console.print(f"note: {key} has no effect beside the other options", **PLAIN)


def _name(config: Config, words: Sequence[str]) -> None:
    """Give the run its name and group at the logger, unless it has them."""
    given = [word for word in words if not word.startswith("sweep.")]
    config.logger.run_name = config.logger.run_name or " ".join(given) or None
    config.logger.group = config.logger.group or config.sweep.name


def _record_failure(config: Config, error: Exception) -> None:
    """Record the error that stopped a run of a sweep before it began; ``status`` shows it."""
    with suppress(UserError, RunError, Busy):
        run = known_id(config)
        if run is None or config.sweep.run not in (None, run_id(config)):
            return
        record = RunRecord(config.results_dir, config.study, run)
        with record.lock():
            if record.state is None:
                record.begin(
                    physics(config), machine(config),
                    command=command_of(config.results_dir, config.sweep.name),
                )  # fmt: skip
                record.fail(str(error))


def make_run(config: Config, console: Console) -> RunRecord:
    """Find, resume or make the run of this configuration; return its record."""
    source = None
    family = config.topology.family
    if family.is_from_run:
        source = source_of(config, make_run, console)
        config = retraining(config, source)
    record = RunRecord(config.results_dir, config.study, run_id(config))
    topology = f"{family.name} at {config.topology.density:.3g}" if source else family.name
    content = physics(config)
    mask = pruner_name(content["pruner"]) if family is Family.dense else topology
    names = option_name(content["model"]), option_name(content["dataset"])
    title = f"{' '.join(names)} {mask} [{record.id}]"
    for made in (record, *([source] if source else [])):
        refuse_other_source_files(made, source_files(import_paths(config)))
    if record.state == DONE:
        note = refuse_other_data_of_done(record, config)
        if lacking := record.lacking(measured(config.optimizer)):
            note += f" (an earlier version made it, without {', '.join(lacking)})"
        console.print(f"{title}: done already, skipped{note}", **PLAIN)
    else:
        count = config.num_replicas
        sizes = config.dataset.train_sizes or [config.dataset.train_size]
        examples = ", ".join("all" if size is None else f"{size:,}" for size in sizes)
        console.print(
            f"{title}: {count} replica{'s' if count > 1 else ''}, {examples} training examples",
            **PLAIN,
        )
        networks = source.info()["physics"]["num_replicas"] if source else count
        if count > networks:
            console.print(
                f"note: {count} replicas of {networks} pruned networks are not independent; "
                "rewiring counts networks", **PLAIN,
            )  # fmt: skip
        if position := record.position():
            rounds = f"round {position['rounds']} of " if position["rounds"] else ""
            console.print(f"resuming after {rounds}step {position['step']}", **PLAIN)
        began = time.monotonic()
        engine = _engine("one_step_run" if isinstance(config.optimizer, OneStepConfig) else "run")
        engine.run(config, record, console, *([source] if source else []))
        _summarize(record, config, console, time.monotonic() - began)
    console.print(f"record: {record.folder}", **PLAIN)
    for name in config.figures:
        if config.sweep.name is None or is_of_one_run(name):  # a sweep plots the others at its end
            plot(name, record, console)
    return record


def _engine(name: str) -> ModuleType:
    """Import an engine of ``training`` without garbage collection, and exempt its objects from it.

    The import makes more objects than a run does, and every collection would scan them all.
    """
    name = f"pruning_phases.training.{name}"
    if name in sys.modules:
        return sys.modules[name]
    gc.disable()
    try:
        module = import_module(name)
    finally:
        gc.enable()
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)
    return module


def _summarize(record: RunRecord, config: Config, console: Console, seconds: float) -> None:
    table = record.observables()
    # There is no single mean over several dropout rates or sizes; phase_diagram shows them.
    if len(table[AXES].drop_duplicates()) == 1 and "accuracy" in table:
        console.print(summary_table(table, config.observables))
        if table["step"].max() > 0:
            from pruning_phases.analysis.universality.half_way import half_way_line

            console.print(half_way_line(record), **PLAIN)
    console.print(f"{seconds:.0f} s", **PLAIN)

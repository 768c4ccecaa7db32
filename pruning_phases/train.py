"""Makes runs: ``python -m pruning_phases.train [overrides] [-m]``; ``--help`` explains the rest.

Compose, check, identify; skip what is done, go on with what was cut off; train, prune, record.
"""

from __future__ import annotations

import atexit
import gc
import sys
import time
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from pruning_phases.application import PLAIN, launch, new_console
from pruning_phases.checks import check
from pruning_phases.config import Config, Family, Figures, all_keys, register
from pruning_phases.errors import Busy, RunError, UserError
from pruning_phases.identity import machine, physics, pruner_name, replaced, run_id, without_effect
from pruning_phases.records import AXES, DONE, RunRecord
from pruning_phases.sweep_records import command_of

if TYPE_CHECKING:
    from types import ModuleType

    from omegaconf import DictConfig
    from rich.console import Console


OWN_FIGURES = (Figures.transition, Figures.evolution)  # of one run; others are of a study


def main() -> None:
    register()
    launch("train", task, all_keys())


def task(composed: DictConfig) -> None:
    """One run. In a sweep a failing run says so at once, and the next one goes on."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    console = new_console()
    hydra = HydraConfig.get()
    sweep = hydra.mode == RunMode.MULTIRUN
    config = check(composed)
    launcher = hydra.runtime.choices.get("hydra/launcher")
    if not sweep and launcher != "basic":
        console.print(f"note: hydra/launcher={launcher} has no effect without -m", **PLAIN)
    try:
        for key in sorted(without_effect(config) | replaced(config)):
            given = [word for word in hydra.overrides.task if word.startswith(f"{key}=")]
            if any(word != f"{key}=null" for word in given):
                console.print(f"note: {key} has no effect beside the other options", **PLAIN)
        given = [word for word in hydra.overrides.task if not word.startswith("sweep.")]
        config.logger.run_name = config.logger.run_name or " ".join(given) or None
        config.logger.group = config.logger.group or config.sweep.name
        if config.sweep.run not in (None, run_id(config)):
            raise UserError(
                f"run {config.sweep.run} was to be made here, and conf now describes "
                f"{run_id(config)}: conf was edited since the sweep began; begin it again"
            )
        if config.sweep.place is not None:
            console.print(f"run {config.sweep.place}", **PLAIN)
        make_run(config, console)
    except Busy as busy:
        console.print(f"skipped: {busy}", **PLAIN)
    except (UserError, RunError) as error:
        if sweep:
            console.print(f"failed: {error}", **PLAIN)
            _note_failure(config, error)
        raise


def _note_failure(config: Config, error: Exception) -> None:
    """What stopped a run of a sweep before it began, so that ``status`` can tell."""
    from pruning_phases.topology_run import known_id

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
    """The record of this configuration: found, continued or made."""
    source = None
    if config.topology.family is not Family.dense:
        from pruning_phases.topology_run import retraining, source_of

        source = source_of(config, make_run, console)
        config = retraining(config, source)
    record = RunRecord(config.results_dir, config.study, run_id(config))
    how = f"{config.topology.family.name} at {config.topology.density:.3g}"
    what = f"{config.model.name} {config.dataset.name} "
    what += f"{how if source else pruner_name(physics(config)['pruner'])} [{record.id}]"
    if record.state == DONE:
        console.print(f"{what}: done already, skipped", **PLAIN)
    else:
        count = config.num_replicas
        console.print(f"{what}: {count} replica{'s' if count > 1 else ''}", **PLAIN)
        networks = source.info()["physics"]["num_replicas"] if source else count
        if count > networks:
            console.print(
                f"note: {count} replicas of {networks} pruned networks are not independent; "
                "rewiring counts networks", **PLAIN,
            )  # fmt: skip
        if record.checkpoint_file.exists():
            about = record.read_about(record.checkpoint_file)
            rounds = f"round {about['rounds']} of " if about.get("rounds") else ""
            console.print(f"going on after {rounds}step {about.get('step')}", **PLAIN)
        began = time.monotonic()
        _engine().run(config, record, console, source)
        _summarize(record, console, time.monotonic() - began)
    console.print(f"record: {record.folder}", **PLAIN)
    for figures in config.figures:
        # A sweep draws the others at its end.
        if config.sweep.name is None or figures in OWN_FIGURES:
            draw(figures, record, console)
    return record


def _engine() -> ModuleType:
    """The engine. Importing it makes more objects than a run does: they are made without the
    garbage collector, which would look through all of them again and again, and kept from it
    until the process ends."""
    name = "pruning_phases.engine.run"
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


def _summarize(record: RunRecord, console: Console, seconds: float) -> None:
    from pruning_phases.analysis.summary import summary_table

    table = record.observables()
    # Over dropout rates and training-set sizes there is no one mean; phase_diagram shows them all.
    if len(table[AXES].drop_duplicates()) == 1:
        console.print(summary_table(table))
    console.print(f"{seconds:.0f} s", **PLAIN)


def draw(figures: Figures, record: RunRecord, console: Console) -> None:
    """A figure that cannot be drawn costs a line, not the run."""
    try:
        if figures is Figures.transition:
            _draw_transition(record, console)
        elif figures is Figures.evolution:
            _draw_evolution(record, console)
        else:
            _draw_study(figures, record, console)
    except Exception as error:
        console.print(f"no figure ({figures.name}): {error}", **PLAIN)


def _draw_transition(record: RunRecord, console: Console) -> None:
    from pruning_phases.analysis.results import save_figure
    from pruning_phases.analysis.transition_figure import transition_figure

    path = record.figure_stem.with_suffix(".png")
    if not path.exists():
        save_figure(transition_figure(record.observables(), record.info()), record.figure_stem)
    console.print(f"figure: {path}", **PLAIN)


def _draw_evolution(record: RunRecord, console: Console) -> None:
    from pruning_phases import evolution
    from pruning_phases.analysis_config import EvolutionConfig

    first = record.info()["physics"]["first_replica"]
    evolution.analyse([record], EvolutionConfig(replica=first), console)


def _draw_study(figures: Figures, record: RunRecord, console: Console) -> None:
    """The analysis of that name over all runs of the study that are done by now: the last one of a
    sweep sees all."""
    from pruning_phases.analysis.sources import done_runs
    from pruning_phases.analysis_config import CONFIGS, PhaseDiagramConfig

    config = CONFIGS[figures.name]()
    if isinstance(config, PhaseDiagramConfig) and record.observables()["p_eval"].nunique() == 1:
        config.control = "density"
    module = import_module(f"pruning_phases.{figures.name}")
    module.analyse(done_runs(str(record.folder.parent)), config, console)


if __name__ == "__main__":
    main()

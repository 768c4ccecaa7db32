"""The pruned run that a run on a topology starts from.

In: the configuration. Out: the record of the pruned run, found or made first, and the configuration
of the training on its masks. Knows no network.
"""

from collections.abc import Callable
from dataclasses import replace

from rich.console import Console

from pruning_phases.config.groups import NO_SCORE
from pruning_phases.config.identity import hash_of, run_id
from pruning_phases.config.run import Config
from pruning_phases.config.topology import TopologyConfig
from pruning_phases.console import PLAIN
from pruning_phases.errors import Busy, UserError
from pruning_phases.file_path import expanded
from pruning_phases.records.run import DONE, RunRecord, find_records

SECONDS_BETWEEN_LOOKS = 2.0


def source_of(
    config: Config, make_run: Callable[[Config, Console], RunRecord], console: Console
) -> RunRecord:
    """Find or make the finished run that gives masks and initial weights."""
    if config.topology.run is not None:
        return _given(config.topology.run)
    pruned = pruned_first(config)
    while True:
        try:
            return make_run(pruned, console)
        except Busy:
            console.print("waiting for the pruned run: another process makes it", **PLAIN)
            record = RunRecord(pruned.results_dir, pruned.study, run_id(pruned))
            record.wait_until_free(SECONDS_BETWEEN_LOOKS)


def known_id(config: Config) -> str | None:
    """Id of the run that a configuration makes; None if it depends on a pruned run not yet done."""
    if not config.topology.family.is_from_run:
        return run_id(config)
    if config.topology.run is not None:
        return run_id(retraining(config, _given(config.topology.run)))
    pruned = pruned_first(config)
    source = RunRecord(pruned.results_dir, pruned.study, run_id(pruned))
    return run_id(retraining(config, source)) if source.state == DONE else None


def pruned_first(config: Config) -> Config:
    """Configuration of the pruned run, for a topology without ``topology.run``."""
    densities = config.snapshots or [config.topology.density]
    return replace(config, topology=TopologyConfig(), snapshots=densities, figures=[])


def _given(folder: str) -> RunRecord:
    where = f"topology.run={folder}"
    path = expanded(folder)
    if not path.is_dir():
        raise UserError(f"{where}: there is no such folder")
    pruned = [record for record in find_records(path) if _is_pruned(record)]
    if len(pruned) != 1:
        names = ", ".join(record.id for record in pruned[:4])
        raise UserError(
            f"{where}: {len(pruned)} pruned runs are in there{names and f' ({names})'}: "
            "give the folder of one, results_dir/STUDY/RUN"
        )
    (record,) = pruned
    if record.state != DONE:
        raise UserError(
            f"{where}: that run is not done ({record.state}): "
            "the command that began it goes on with it"
        )
    return record


def computation(source: RunRecord) -> str:
    """Hash of a run's physics without the choice of snapshots."""
    physics = source.info()["physics"]
    return hash_of({key: value for key, value in physics.items() if key != "snapshots"})


def _is_pruned(record: RunRecord) -> bool:
    return record.info()["physics"]["pruner"]["score"] != NO_SCORE


def retraining(config: Config, source: RunRecord) -> Config:
    """Configuration of the training on the source's masks, without pruning.

    It contains the source as a hash of its physics, and the exact density of the masks.
    """
    _, density = source.snapshot_at(config.topology.density, "topology.density")
    assert config.topology.family.is_from_run
    budget = config.topology.training
    return replace(
        config,
        pruner=replace(config.pruner, score=NO_SCORE),
        snapshots=[],
        initial_gradients=False,
        figures=[name for name in config.figures if name != "transition"],
        training=replace(config.training, budget=budget),
        topology=replace(config.topology, run=computation(source), density=density),
    )

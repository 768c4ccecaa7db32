"""Differences between the conditions of a paper's experiments and those of our runs.

In: the records of all studies. Out: a table per paper with one row per condition: the paper's and
ours. A run belongs to the paper whose recipe has its experiment, which the run's command names. May
not judge results: ``comparison`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pruning_phases.analysis.report.papers import CONDITIONS, READ, Condition
from pruning_phases.analysis.report.read import Study
from pruning_phases.analysis.report.tables import Table
from pruning_phases.config.identity import option_name, pruner_name
from pruning_phases.config.recipes import paper_of
from pruning_phases.records.run import RunRecord

MAX_SHOWN = 6  # different values of one condition

Info = dict[str, Any]


def differences_tables(studies: Sequence[Study]) -> list[Table]:
    """One table per paper of which there are runs, without the conditions that are the paper's."""
    runs = [
        (study.name, experiment, record.info())
        for study in studies
        for record in [*study.done, *study.unfinished]
        if (experiment := experiment_of(record))
    ]
    tables = []
    for paper, note in READ.items():
        own = [run for run in runs if paper_of(run[1]) == paper]
        rows = [
            row for one in CONDITIONS if one.paper == paper and (row := _row(one, own)) is not None
        ]
        if own:
            columns = ("quantity", "the paper", "here", "source")
            tables.append(Table(f"Differences from {paper}", columns, rows, note))
    return tables


def experiment_of(record: RunRecord) -> str | None:
    """Return the experiment that a run's command names; of several, the one of its study."""
    info = record.info()
    command = info.get("command")
    for word in command if isinstance(command, list) else []:
        name, _, value = str(word).partition("=")
        if name.lstrip("+") == "experiment":
            names = value.split(",")
            machine = info.get("machine")
            study = machine.get("study") if isinstance(machine, dict) else None
            return str(study) if study in names else names[0]
    return None


def _row(condition: Condition, runs: Sequence[tuple[str, str, Info]]) -> list[str] | None:
    """The row of a condition; None where ours is the paper's, or no run has it."""
    found: dict[str, list[str]] = {}
    for study, experiment, info in runs:
        if experiment not in (condition.experiments or [experiment]):
            continue
        text = _ours(condition.measure, info)
        if text and study not in found.setdefault(text, []):
            found[text].append(study)
    if not found or set(found) == set(condition.same):
        return None
    return [condition.quantity, condition.theirs, _joined(found), condition.source]


def _ours(measure: str, info: Info) -> str | None:
    try:
        return OURS[measure](info["physics"], info)
    except (TypeError, KeyError, ValueError, AttributeError, IndexError):
        return None  # a record of an earlier version lacks it


def _joined(found: dict[str, list[str]]) -> str:
    """The values, each with its studies where there are several."""
    if len(found) == 1:
        return next(iter(found))
    parts = [f"{text} ({', '.join(studies)})" for text, studies in found.items()]
    more = [f"and {len(parts) - MAX_SHOWN} more"] if len(parts) > MAX_SHOWN else []
    return "; ".join([*parts[:MAX_SHOWN], *more])


def _network(physics: Info, info: Info) -> str:
    model = physics["model"]
    widths = "-".join(map(str, model.get("widths") or []))
    name = f"{option_name(model)} {widths}".strip()
    return f"{name}, {info['network']['num_prunable']:,} prunable weights"


def _examples(physics: Info, info: Info) -> str:
    dataset = physics["dataset"]
    sizes = dataset.get("train_sizes") or [dataset.get("train_size")]
    shown = _listed(size for size in sizes if size)
    return shown or f"all {info['data']['num_train'] - info['data']['num_validation']:,}"


def _training(physics: Info, _: Info) -> str | None:
    if "topology" in physics:
        return None
    optimizer, training = physics["optimizer"], physics["training"]
    falls = f" ({optimizer['schedule']})" if "schedule" in optimizer else ""
    return (
        f"{optimizer['name'].capitalize()} with learning rate {optimizer['lr']:g}{falls}, batches "
        f"of {training['batch_size']:,}, {_length(training['budget'])}"
    )


def _length(budget: Info) -> str:
    """The length of a training in words."""
    amount = budget["amount"]
    if amount == 0:
        return "none"
    if budget["rule"] != "plateau":
        return f"{amount:,} {budget['rule']}"
    return f"at most {amount:,} epochs, early stopping after {budget['patience']} rounds"


def _schedule(physics: Info, _: Info) -> str | None:
    pruner = physics.get("pruner") or {}
    kind = pruner.get("schedule")
    if kind is None:
        return None
    if kind == "list":
        return f"densities {_listed(pruner['densities'])}"
    if kind == "counts":
        return f"{_listed(pruner['counts'])} surviving weights"
    steps, final = pruner["steps"], f"to density {pruner['final_density']:g}"
    if kind == "two_stage":
        coarse = f"{pruner['coarse_steps']} geometric steps to {pruner['switch_density']:g}"
        return f"{coarse}, then steps of 1/{steps:,} {final}"
    return f"{steps:,} {'equal' if kind == 'linear' else kind} steps {final}"


def _finetuning(physics: Info, _: Info) -> str | None:
    budget = (physics.get("pruner") or {}).get("finetune")
    return _length(budget) if budget else None


def _snapshots(physics: Info, _: Info) -> str:
    return f"from each of the densities {_listed(physics['snapshots'])} to the next"


def _rewiring(physics: Info, _: Info) -> str | None:
    topology = physics.get("topology") or {}
    if topology.get("family") != "rewired":
        return None
    swaps = topology["swaps_per_edge"]
    return f"double edge swaps: {swaps:g} tried per edge, more until the overlap is stationary"


def _graph_training(physics: Info, _: Info) -> str | None:
    if "density" not in physics.get("topology", {}):
        return None
    density, budget = physics["topology"]["density"], physics["training"]["budget"]
    return f"density {density:.3g}, {_length(budget)}"


def _dropout(physics: Info, _: Info) -> str:
    rates = physics["dropout_phase"]
    parts = []
    for name in ("p_train", "p_eval"):
        values = rates[name] if isinstance(rates[name], list) else [rates[name]]
        if len(values) > 1:
            ends = f"from {min(values):g} to {max(values):g}"
            parts.append(f"{len(values)} values of {name} {ends}")
        else:
            parts.append(f"{name} {values[0]:g}")
    rounds = rates.get("refine")
    plural = "s" if rounds != 1 else ""
    return ", ".join([*parts, *([f"{rounds} round{plural} of refinement"] if rounds else [])])


def _pruner(physics: Info, _: Info) -> str | None:
    name = pruner_name(physics["pruner"])
    return None if name == "none" else name


def _removed(physics: Info, _: Info) -> str:
    pruner = physics.get("pruner") or {}
    if pruner.get("score", "none") == "none":
        return "neurons (dropout)"
    return f"weights ({pruner_name(pruner)} pruning)"


def _draws(physics: Info, _: Info) -> str | None:
    draws = physics["dropout_phase"].get("num_draws")
    return f"{draws:,}" if draws else None


def _label_noise(physics: Info, _: Info) -> str | None:
    noise = physics["dataset"].get("label_noise")
    return f"{noise:.0%} of the labels" if noise else None


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{one:,}" if isinstance(one, int) else f"{one:g}" for one in numbers)


OURS: dict[str, Callable[[Info, Info], str | None]] = {
    "network": _network, "examples": _examples, "training": _training, "schedule": _schedule,
    "finetuning": _finetuning, "snapshots": _snapshots, "rewiring": _rewiring,
    "graph_training": _graph_training, "dropout": _dropout, "removed": _removed, "draws": _draws,
    "label_noise": _label_noise,
    "data": lambda physics, _: option_name(physics["dataset"]),
    "replicas": lambda physics, _: f"{physics['num_replicas']:,}",
    "pruner": _pruner,
}  # fmt: skip

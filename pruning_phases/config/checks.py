"""Checks of a run's configuration that types cannot make.

In: the composed configuration. Out: the typed one, or a UserError in one line that names the key
and the cure. The bounds of a key stand beside it; here are the contradictions between keys.
"""

from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue

from pruning_phases.config.dropout_rates import RateGridConfig
from pruning_phases.config.enums import Difference, Family, Rule, Schedule, Scope, Stage
from pruning_phases.config.files import digest_of, teacher_file
from pruning_phases.config.groups import NO_SCORE, PrunerConfig
from pruning_phases.config.keys import refuse_out_of_bounds
from pruning_phases.config.one_step import check_one_step
from pruning_phases.config.register import schemas
from pruning_phases.config.run import Config
from pruning_phases.config.unknown import refuse_unknown
from pruning_phases.errors import UserError
from pruning_phases.file_path import expanded
from pruning_phases.import_path import is_import_path
from pruning_phases.observables.registry import own_observables
from pruning_phases.pruning.registry import PREDICTOR, reads, scores
from pruning_phases.pruning.schedules import lowest_density, schedule
from pruning_phases.registry import members

# Options of Lightning's Trainer that would change the numbers without a trace in the run id.
DECIDING_TRAINER_OPTIONS = {
    "accelerator", "accumulate_grad_batches", "callbacks", "fast_dev_run",
    "gradient_clip_algorithm", "gradient_clip_val", "limit_train_batches", "logger", "max_epochs",
    "max_steps", "max_time",
    "min_epochs", "min_steps", "overfit_batches", "plugins", "precision",
    "reload_dataloaders_every_n_epochs",
}  # fmt: skip

FORBIDDEN = set('/\\:*?"<>|[],')  # by a file system, as a glob or as a list of folders
MAX_BYTES_OF_A_NAME = 255


def check(composed: DictConfig) -> Config:
    """The typed configuration, or a UserError that names the key and the cure."""
    refuse_unknown(composed)
    try:
        config = OmegaConf.to_object(composed)
    except MissingMandatoryValue:
        missing = min(OmegaConf.missing_keys(composed))
        line = f"{missing} has no value: choose an option of its group, or give one"
        raise UserError(line) from None
    assert isinstance(config, Config)
    _sort_lists(config)
    _check_names(config)
    _check_amounts(config)
    refuse_out_of_bounds(config)
    for part in (config.model, config.dataset):
        if hasattr(part, "check"):
            part.check()
    own_observables(config.observables)
    _check_pruner(config.pruner)
    _check_epochs(config)
    _check_data(config)
    check_one_step(config)
    _check_topology(config)
    _check_snapshots(config)
    _check_machine(config)
    _check_figures(config)
    return config


def _sort_lists(config: Config) -> None:
    """Bring lists whose order has no meaning into one order."""
    config.snapshots = sorted(set(config.snapshots), reverse=True)
    config.observables = sorted(set(config.observables))
    if config.dataset.train_sizes is not None:
        config.dataset.train_sizes = _whole_numbers(
            "dataset.train_sizes", config.dataset.train_sizes
        )
    if isinstance(config.dropout_phase, RateGridConfig):
        for rates in config.dropout_phase.rates():
            rates[:] = sorted(set(rates))


def _whole_numbers(key: str, given: Any) -> list[int]:
    """Sort and deduplicate. Raises UserError unless all are whole numbers of 1 or more."""
    if (
        not isinstance(given, list)
        or not given
        or any(type(size) is not int or size < 1 for size in given)
    ):
        raise UserError(f"{key}={given}: give a list of whole numbers of 1 or more, or null")
    return sorted(set(given))


def _check_names(config: Config) -> None:
    """Refuse names that do not belong to the option, which decides the keys of its group."""
    kinds = schemas()
    for group in ("model", "dataset", "optimizer"):
        node = getattr(config, group)
        if kinds[group].get(f"schema_{node.name}") is not type(node):
            raise UserError(f"{group}.name={node.name}: choose the option itself, {group}=NAME")
    _check_study(config.study)
    _choose("logger.name", config.logger.name, ["none", "wandb"])
    if not is_import_path(config.pruner.score):
        _choose("pruner.score", config.pruner.score, [NO_SCORE, *scores()])
    reads(config.pruner.score)


def _check_study(name: str) -> None:
    """Refuse a study that is not the name of one visible folder on every file system.

    A nested study would hide its runs from the sweeps and tables of its parent.
    """
    shown = name if name.isprintable() else ascii(name)
    fits = name.isprintable() and 0 < len(name.encode()) <= MAX_BYTES_OF_A_NAME
    if (
        not fits
        or FORBIDDEN & set(name)
        or name.startswith(".")
        or name.strip(" ").rstrip(".") != name
    ):
        raise UserError(
            f"study={shown}: give the name of one folder, without {' '.join(sorted(FORBIDDEN))} "
            "and without a dot or a blank at its ends; results_dir=FOLDER decides where it lies"
        )


def _choose(key: str, value: str, known: list[str]) -> None:
    if value not in known:
        raise UserError(f"{key}={value}: choose {', '.join(known[:-1])} or {known[-1]}")


def _check_amounts(config: Config) -> None:
    """Refuse an empty training; only fine-tuning may be left out."""
    for path, budget in (
        ("training.budget", config.training.budget), ("topology.training", config.topology.training)
    ):  # fmt: skip
        if budget.amount < 1:
            raise UserError(f"{path}.amount={budget.amount}: give 1 or more")


def _check_epochs(config: Config) -> None:
    prunes = config.pruner.score != NO_SCORE
    finetunes = prunes and config.pruner.finetune.amount > 0
    rules = [config.training.budget.rule] + [config.pruner.finetune.rule] * finetunes
    if config.topology.family.is_from_run:
        rules.append(config.topology.training.rule)
    if len(config.dataset.train_sizes or []) > 1 and Rule.epochs in rules:
        raise UserError(
            "dataset.train_sizes: an epoch is that of the largest set, so with the rule epochs "
            "small sets would train longer than alone: choose the rule updates or plateau"
        )


def _check_data(config: Config) -> None:
    if config.replicas_differ_in is Difference.data and not (
        config.dataset.train_sizes or config.dataset.train_size
    ):
        raise UserError(
            "replicas_differ_in=data: replicas that train on all examples are equal: give "
            "dataset.train_size"
        )
    for key, rates in zip(("p_train", "p_eval"), config.dropout_phase.rates(), strict=True):
        if not rates:
            raise UserError(f"dropout_phase.{key}=[]: give one rate or more")
    sizes = len(config.dataset.train_sizes or [])
    if config.dropout_phase.rounds_of_refinement() and (
        len(config.dropout_phase.rates()[0]) < 2 or sizes < 2
    ):
        raise UserError(
            "dropout_phase.refine reads the phases on both sides of an interval: give two p_train "
            "or more and dataset.train_sizes=[A,B] or more, or dropout_phase.refine=0"
        )


def _check_pruner(pruner: PrunerConfig) -> None:
    if pruner.score == NO_SCORE:
        return
    if pruner.densities is not None and pruner.schedule is not Schedule.list:
        raise UserError(
            "pruner.densities is read by pruner.schedule=list alone, and the schedule is "
            f"{pruner.schedule.name}: add pruner.schedule=list, or leave the densities out"
        )
    if (pruner.counts is None) is (pruner.schedule is Schedule.counts):
        raise UserError(
            f"pruner.schedule={pruner.schedule.name} and pruner.counts={pruner.counts}: give both "
            "pruner.schedule=counts and 'pruner.counts=[100,50]', or neither"
        )
    if pruner.schedule is not Schedule.counts:
        schedule(pruner)
    if pruner.regrow and pruner.trains_from is Stage.initial and pruner.scope is Scope["global"]:
        raise UserError(
            f"pruner.regrow={pruner.regrow}: weights are replaced layer by layer: give "
            "pruner.scope=erdos_renyi or pruner.scope=layer"
        )
    if pruner.trains_from is Stage.now and pruner.scored_on is not Stage.now:
        raise UserError(
            f"pruner.scored_on={pruner.scored_on.name}: networks that train on from their current "
            "weights are scored on these: choose pruner.trains_from=initial or trained"
        )
    if reads(pruner.score) == PREDICTOR:
        pruner.teacher_digest = digest_of("pruner.teacher", teacher_file(pruner.teacher))
    if pruner.rewind_update and pruner.scored_on is Stage.initial:
        raise UserError(
            f"pruner.rewind_update={pruner.rewind_update}: weights that are scored at "
            "initialization also train from there: give 0"
        )


def _check_topology(config: Config) -> None:
    topology = config.topology
    if topology.family.differs_by_replica:
        _check_own_masks(config)
    if not topology.family.is_from_run:
        return
    if topology.run == "":
        raise UserError("topology.run is empty: give a pruned run's folder, or null")
    if topology.run is not None:
        return
    if config.pruner.score == NO_SCORE:
        raise UserError(
            "topology.run has no value: give a pruned run's folder, or a pruner (such as "
            "pruner=magnitude) that makes one first"
        )
    lowest = lowest_density(config.pruner)
    if topology.density < lowest:
        raise UserError(
            f"topology.density={topology.density}: the schedule goes down to {lowest:.6g}: give at "
            "least that, or a lower pruner.final_density"
        )
    if config.snapshots and topology.density not in config.snapshots:
        raise UserError(
            f"topology.density={topology.density}: not among snapshots={config.snapshots}: add it"
        )
    if len(config.dropout_phase.rates()[0]) > 1 or len(config.dataset.train_sizes or []) > 1:
        raise UserError(
            f"topology={topology.family.name}: the pruned run that is made first has one p_train "
            "and one training-set size: leave dropout_phase=grid and dataset.train_sizes out"
        )


def _check_own_masks(config: Config) -> None:
    """Refuse a file that is not there, and pruning, which needs equal numbers of weights."""
    topology = config.topology
    if config.pruner.score != NO_SCORE:
        raise UserError(
            f"topology={topology.family.name}: its masks have different numbers of weights, which "
            "cannot be pruned together: give pruner=none"
        )
    if topology.family is not Family.given:
        return
    if topology.masks is None:
        raise UserError("topology.masks has no value: give a file of masks")
    topology.masks_digest = digest_of("topology.masks", expanded(topology.masks))


def _check_snapshots(config: Config) -> None:
    lowest = lowest_density(config.pruner)
    for density in config.snapshots:
        if not lowest <= density <= 1:
            raise UserError(
                f"snapshots: density {density} is not met; the schedule goes from 1 to "
                f"{lowest:.6g}: leave it out, or give a lower pruner.final_density"
            )


def _check_machine(config: Config) -> None:
    _choose("logger.mode", config.logger.mode, ["auto", "online", "offline"])
    _choose("trainer.matmul_precision", config.trainer.matmul_precision,
            ["highest", "high", "medium"])  # fmt: skip
    deciding = sorted(DECIDING_TRAINER_OPTIONS & set(config.trainer.options))
    if deciding:
        raise UserError(
            f"trainer.options.{deciding[0]} would decide what the run computes or how long it "
            "takes, which training.budget, pruner and num_replicas do here: leave it out"
        )


def _check_figures(config: Config) -> None:
    for name in config.figures:
        _choose("figures", name, list(members("pruning_phases.analysis", "CONFIG")))
    sizes = len(config.dataset.train_sizes or [])
    if "phase_diagram" in config.figures and (sizes < 3 or config.num_replicas < 2):
        raise UserError(
            "figures=[phase_diagram] needs dataset.train_sizes=[A,B,C] or more and two replicas, "
            f"not {sizes} and {config.num_replicas}: give those, or figures=[]"
        )

"""Configuration groups: one dataclass per kind of option, each key with its facts.

An option of ``model`` or ``dataset`` with keys of its own declares them beside its code
(``models/fc.py``, ``data/gaussian.py``), in a subclass of the base classes here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from pruning_phases.config.enums import Rule, Schedule, Scope, Stage
from pruning_phases.config.keys import LARGEST_COUNT, entries, key
from pruning_phases.config.optimizer import makes_updates

NO_SCORE = "none"  # pruner.score without pruning


@dataclass
class Budget:
    """Length of a training."""

    rule: Rule = key(
        MISSING, "updates, epochs, or plateau: until the validation loss stops improving, or in "
        "fine-tuning the training loss",
        has_effect=lambda config, budget: budget.amount > 0,
    )  # fmt: skip
    amount: int = key(
        MISSING,
        "number of updates or epochs; plateau: maximum of epochs",
        at_least=0,
        at_most=LARGEST_COUNT,
    )
    patience: int = key(
        3, "plateau: rounds without improvement after which a replica stops", at_least=1,
        at_most=LARGEST_COUNT, has_effect=lambda config, budget: budget.watches_loss(),
    )  # fmt: skip
    min_delta: float = key(
        0.0, "plateau: relative drop of the loss that counts as an improvement",
        at_least=0, below=1, has_effect=lambda config, budget: budget.watches_loss(),
    )  # fmt: skip
    growth: float = key(
        0.0, "plateau: each round prolongs the training by this fraction, after a first one of "
        "1/growth^2 updates, so that every training-set size stops equally near its best loss; 0: "
        "a round is an epoch of the largest set", at_least=0, at_most=1, before=0.0,
        has_effect=lambda config, budget: budget.watches_loss(),
    )  # fmt: skip

    min_updates: int = key(
        0, "plateau: updates before which no replica stops: a loss may rest before it falls",
        at_least=0, at_most=LARGEST_COUNT, before=0,
        has_effect=lambda config, budget: budget.watches_loss(),
    )  # fmt: skip

    def grows(self) -> bool:
        return self.watches_loss() and self.growth > 0

    def watches_loss(self) -> bool:
        return self.rule is Rule.plateau and self.amount > 0


@dataclass
class ModelConfig:
    name: str = MISSING


@dataclass
class DatasetConfig:
    name: str = MISSING
    train_size: int | None = key(
        None, "training examples of each replica; null: all", at_least=1,
        at_most=LARGEST_COUNT, has_effect=lambda config, dataset: dataset.train_sizes is None,
    )  # fmt: skip
    # A typed list could not refer to another key, as the experiments do.
    train_sizes: Any = key(
        None, "several training-set sizes: every replica is trained on each of them, side by side; "
        "with the rule plateau a round is an epoch of the largest set", at_least=1,
        at_most=LARGEST_COUNT, has_effect=lambda config, dataset: dataset.train_sizes is not None,
    )  # fmt: skip
    num_classes: int | None = key(
        None, "use the first so many classes; null: all", at_least=2, at_most=10**6, before=None
    )
    validation_fraction: float = key(
        0.1, "fraction of the training set kept for early stopping", above=0, below=1,
        has_effect=makes_updates,
    )  # fmt: skip
    label_noise: float = key(
        0.0, "fraction of the training labels that are replaced by wrong ones",
        at_least=0, below=1, before=0.0,
    )  # fmt: skip


@dataclass
class TrainingConfig:
    batch_size: int = key(128, "examples per update and replica", at_least=1, at_most=10**6)
    budget: Budget = field(default_factory=Budget)
    measure_on_train_set: bool = key(
        False, "also measure accuracy and noise correlation on the training examples", before=False
    )


def _prunes(config: Any, pruner: PrunerConfig) -> bool:
    return pruner.score != NO_SCORE


def _rewinds(config: Any, pruner: PrunerConfig) -> bool:
    return _prunes(config, pruner) and pruner.trains_from is Stage.initial


def _steps(*schedules: Schedule) -> Any:
    """Condition: the pruner has one of these schedules."""
    return lambda config, pruner: _prunes(config, pruner) and pruner.schedule in schedules


def _reads_examples(config: Any, pruner: PrunerConfig) -> bool:
    from pruning_phases.pruning.registry import EXAMPLES, REGROWTH, reads

    return _prunes(config, pruner) and reads(pruner.score) in (EXAMPLES, REGROWTH)


def _in_rounds(config: Any, pruner: PrunerConfig) -> bool:
    from pruning_phases.pruning.registry import prunes_in_rounds

    return _prunes(config, pruner) and prunes_in_rounds(pruner.score)


def _learned(config: Any, pruner: PrunerConfig) -> bool:
    from pruning_phases.pruning.registry import PREDICTOR, reads

    return _prunes(config, pruner) and reads(pruner.score) == PREDICTOR


_STEPWISE = (Schedule.linear, Schedule.geometric, Schedule.cubic, Schedule.two_stage)


@dataclass
class PrunerConfig:
    score: str = key(
        MISSING, "score whose highest weights survive, or MODULE:NAME of your own; none: dense "
        "training only", import_path=True,
    )  # fmt: skip
    scope: Scope = key(
        Scope["global"], "global: all weights compete; layer: every layer has the same density; "
        "erdos_renyi: the smaller layers are denser",
        has_effect=_prunes,
    )  # fmt: skip
    schedule: Schedule = key(
        Schedule.geometric, "linear, geometric, cubic, two_stage, list "
        "('pruner.densities=[0.5,0.1]') or counts ('pruner.counts=[100,50]')",
        has_effect=_prunes,
    )  # fmt: skip
    steps: int = key(
        MISSING, "pruning steps; two_stage: the linear steps are 1/steps wide", at_least=1,
        at_most=10**6, has_effect=_steps(*_STEPWISE),
    )  # fmt: skip
    final_density: float = key(
        MISSING, "density after the last step", at_least=0, below=1, has_effect=_steps(*_STEPWISE)
    )
    switch_density: float = key(
        0.02, "two_stage: density at which the linear steps begin", above=0, below=1,
        has_effect=_steps(Schedule.two_stage),
    )  # fmt: skip
    coarse_steps: int = key(
        20, "two_stage: geometric steps down to switch_density", at_least=1,
        at_most=10**6, has_effect=_steps(Schedule.two_stage),
    )  # fmt: skip
    densities: list[float] | None = key(
        None,
        "schedule=list: the densities, in falling order",
        at_least=0,
        below=1,
        has_effect=_steps(Schedule.list),
    )
    counts: list[int] | None = key(
        None, "schedule=counts: numbers of surviving weights, in falling order", at_least=0,
        at_most=LARGEST_COUNT, has_effect=_steps(Schedule.counts),
    )  # fmt: skip
    finetune: Budget = key(
        Budget, "budget after each pruning; amount=0: no fine-tuning",
        has_effect=lambda config, pruner: (
            _prunes(config, pruner) and pruner.trains_from is not Stage.initial
        ),
    )  # fmt: skip
    scored_on: Stage = key(
        Stage.now, "weights that are scored: now (the current ones), trained (after the dense "
        "training) or initial", has_effect=_prunes, before="now",
    )  # fmt: skip
    trains_from: Stage = key(
        Stage.now, "weights from which training continues after a pruning: now, trained or initial "
        "(with training.budget)", has_effect=_prunes, before="now",
    )  # fmt: skip
    rewind_update: int = key(
        0, "trains_from=initial: rewind to the weights after this many updates", at_least=0,
        at_most=LARGEST_COUNT, before=0, has_effect=_rewinds,
    )  # fmt: skip
    regrow: float = key(
        0.0, "trains_from=initial: fraction of each layer's weights that is replaced after the "
        "first round of a training, the smallest by those of the largest gradients; it falls to 0 "
        "along a cosine", at_least=0, below=1, before=0.0, has_effect=_rewinds,
    )  # fmt: skip
    regrow_until: float = key(
        0.75, "fraction of the updates of a training after which no weight is replaced any more",
        above=0, at_most=1, has_effect=lambda config, pruner: (
            _rewinds(config, pruner) and pruner.regrow > 0
        ),
    )  # fmt: skip
    score_examples: int = key(
        256, "snip, iterative_snip, force, grasp, prospr: training examples per replica that the "
        "scores read", at_least=1, at_most=LARGEST_COUNT, has_effect=_reads_examples,
    )  # fmt: skip
    score_rounds: int = key(
        100, "synflow, iterative_snip, force: rounds of scoring and pruning that make up one step",
        at_least=1, at_most=10**6, has_effect=_in_rounds,
    )  # fmt: skip
    # Raised when rounds give other numbers than before: 2 begins a step at the network as pruned.
    rounds_version: int = key(2, "", before=1, at_least=2, at_most=2, has_effect=_in_rounds)
    teacher: str | None = key(
        None, "autosparse: predictor of survival, as the folder of runs that the command survival "
        "has read, or as a file", path=True, machine=True, has_effect=_learned,
    )  # fmt: skip
    teacher_digest: str | None = key(None, "", before=None, has_effect=_learned)  # of that file

    def stages(self) -> set[Stage]:
        """Stages of the weights that later steps need."""
        needed = set() if self.score == NO_SCORE else {self.scored_on, self.trains_from}
        return needed - {Stage.now}


@dataclass
class TrainerConfig:
    accelerator: str = key("auto", "device: auto (a GPU if there is one), cpu, gpu")
    num_threads: int | None = key(
        None, "replicas computed at the same time on the CPU; null: as many as there are cores; "
        "the numbers stay the same",
        at_least=1, at_most=4096,
    )  # fmt: skip
    chunk_size: int | None = key(
        None, "networks trained together; null: as many as memory holds; the numbers stay the same",
        at_least=1, at_most=LARGEST_COUNT,
    )  # fmt: skip
    matmul_precision: str = key("highest", "float32 matrix products: highest, high or medium")
    options: dict[str, Any] = key(dict, "other options of Lightning's Trainer, trainer.options.X=Y")


@dataclass
class LoggerConfig:
    name: str = "none"
    mode: str = key("auto", "auto (online if an API key is there), online or offline")
    project: str | None = key(None, "W&B project; null: the study's name")
    group: str | None = key(None, "W&B group; null: the sweep")
    run_name: str | None = key(None, "name at W&B; null: the overrides of the command line")
    entity: str | None = key(None, "W&B user or team; null: the key's own")


@dataclass
class SweepConfig:
    """Options of a sweep (-m), then the facts that it hands to its runs."""

    zip: list[str] = key([], "keys whose values go together: first with first, second with second")
    leave_out: list[str] = key(
        [], "combinations without a run: each a text of overrides, as 'model=cnn dataset=kmnist'"
    )
    file: str | None = key(
        None, "text file with one set of overrides per line; each is a sweep of its own, together "
        "with the overrides of the command line", path=True,
    )  # fmt: skip
    dry_run: bool = key(False, "list the runs with their states and the time left; make none")
    stop_at_failure: bool = key(False, "begin no further run after one has failed")
    detach: bool = key(False, "on SLURM: queue the jobs and end; status shows how they go on")
    name: str | None = None
    run: str | None = None  # the id that this configuration had when the sweep began
    position: str | None = None  # "3 of 12"

    @property
    def given(self) -> list[str]:
        """Names of the options that are given; facts have no meaning for a user."""
        return [entry.path for entry in entries(self) if entry.key.meaning and entry.value]


@dataclass
class ExperimentScaleConfig:
    """Values of the scale that some experiments refer to."""

    num_replicas: int = key(MISSING, "networks in a run", at_least=1, at_most=10**6)
    train_sizes: list[int] = key(MISSING, "training-set sizes", at_least=1, at_most=LARGEST_COUNT)
    num_draws: int = key(
        MISSING, "dropout masks that an evaluation averages over", at_least=1, at_most=10**6
    )

"""The shape of the analyses' configurations, as config.py is that of the runs'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from pruning_phases.analysis.order_parameters import LABELS
from pruning_phases.application import launch, new_console
from pruning_phases.checks import refuse_unknown
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.records import RunRecord


class AnsatzName(Enum):
    power_law = 1
    bkt = 2


@dataclass
class AnalysisConfig:
    """What every analysis has."""

    runs: Any = None  # a folder, a glob, or a list of them
    output_dir: str | None = None  # null: beside what is read


@dataclass
class ExponentsConfig(AnalysisConfig):
    order_parameters: list[str] = field(
        default_factory=lambda: ["accuracy", "corrected_accuracy", "prediction_entropy"]
    )
    num_resampled: int = 1000
    seed: int = 0


@dataclass
class CollapseConfig(AnalysisConfig):
    table: str | None = None  # CSV: control,size,value,error
    ansatz: Any = field(default_factory=lambda: ["power_law", "bkt"])
    sigma: float | None = 0.5  # bkt; null: free
    delta: float | None = None  # bkt: the power of L in front; null: free
    correction: float | None = None  # omega of a correction to scaling; null: none
    order_parameter: str = "corrected_accuracy"  # of runs
    size: str = "num_weights"  # of runs
    control: str = "density"  # of runs; p_eval: the loss over it, for every training-set size
    p_train: float | None = None  # with control=p_eval, which one; null: the only one
    window: list[float] | None = None  # of the control parameter; null: all
    num_resampled: int = 500
    seed: int = 0

    def forms(self) -> list[str]:
        words = self.ansatz if isinstance(self.ansatz, list) else str(self.ansatz).split(",")
        return list(dict.fromkeys(str(word).strip() for word in words))


@dataclass
class EvolutionConfig(AnalysisConfig):
    start: float | None = None  # density of the earlier snapshot; null: the one before end
    end: float | None = None  # of the later one; null: the last; both null: all jumps
    replica: int = 0  # whose weights are drawn
    order_parameters: list[str] = field(default_factory=lambda: ["accuracy", "prediction_entropy"])


@dataclass
class PhaseDiagramConfig(AnalysisConfig):
    control: str = "p_eval"  # or density: that of a cut without fine-tuning
    least_alpha: float = 0.05  # an exponent above it is one: the loss falls with more data
    least_gain: float = 0.05  # share of ln C that a network which can learn gains
    confidence: float = 0.95  # of a phase, below which a point is undecided
    num_resampled: int = 500
    seed: int = 0


@dataclass
class RewiringConfig(AnalysisConfig):
    pass


@dataclass
class PercolationConfig(AnalysisConfig):
    num_resampled: int = 1000
    seed: int = 0


@dataclass
class CapacityConfig(AnalysisConfig):
    threshold: float = 0.99  # training accuracy from which examples count as fitted


@dataclass
class TableConfig(AnalysisConfig):
    columns: list[str] | None = None  # of the observables; null: all


class Format(Enum):
    text = 1
    json = 2


@dataclass
class StatusConfig:
    runs: Any = None  # a folder, a glob, or a list of them
    format: Format = Format.text
    verify: bool = False  # also whether the files are those that the runs ended with


@dataclass
class DashboardConfig:
    project: str | None = None
    entity: str | None = None
    study: str | None = None  # null: the project's name
    name: str = "pruning phases"
    figures: list[str] = field(default_factory=lambda: ["exponents", "phase_diagram", "capacity"])


CONFIGS = {
    "exponents": ExponentsConfig,
    "collapse": CollapseConfig,
    "evolution": EvolutionConfig,
    "phase_diagram": PhaseDiagramConfig,
    "rewiring": RewiringConfig,
    "percolation": PercolationConfig,
    "capacity": CapacityConfig,
    "table": TableConfig,
    "status": StatusConfig,
    "dashboard": DashboardConfig,
}
AnyConfig = AnalysisConfig | StatusConfig | DashboardConfig
Kind = TypeVar("Kind", bound=AnyConfig)


def register() -> None:
    for name, kind in CONFIGS.items():
        ConfigStore.instance().store(name=f"schema_{name}", node=kind)


def launch_analysis(
    name: str,
    analyse: Callable[[list[RunRecord], Any, Console], Any],
    check: Callable[[Any], None] = lambda _: None,
) -> NoReturn:
    """The entry point of an analysis that reads finished runs."""

    def task(composed: DictConfig) -> None:
        from pruning_phases.analysis.sources import done_runs

        config: AnalysisConfig = typed(composed, CONFIGS[name])
        check(config)
        analyse(done_runs(config.runs), config, new_console())

    register()
    launch(name, task, keys_of(name))


def keys_of(name: str) -> list[str]:
    return [entry.name for entry in fields(CONFIGS[name])]


def typed(composed: DictConfig, kind: type[Kind]) -> Kind:
    """The typed configuration, or a UserError that names the key and the cure."""
    refuse_unknown(composed, "")
    config = OmegaConf.to_object(composed)
    assert isinstance(config, kind)
    _check_order_parameters(config)
    seed = getattr(config, "seed", 0)
    if seed < 0:
        raise UserError(f"seed={seed}: give 0 or more")
    least = getattr(config, "num_resampled", 100)
    if least < 100:
        raise UserError(f"num_resampled={least}: give 100 or more, or the errors are noise")
    return config


def _check_order_parameters(config: AnyConfig) -> None:
    several = getattr(config, "order_parameters", None)
    one = getattr(config, "order_parameter", None)
    known = ", ".join(LABELS)
    if several == []:
        raise UserError(f"order_parameters is empty: choose some of {known}")
    for key, names in (("order_parameters", several), ("order_parameter", one and [one])):
        for name in names or []:
            if name not in LABELS:
                raise UserError(f"{key}={name}: no such order parameter; choose {known}")

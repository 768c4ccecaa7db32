"""Keys that the analyses share, and the check of a command's configuration."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from omegaconf import DictConfig, OmegaConf

from pruning_phases.config.keys import LARGEST_SEED, key, refuse_out_of_bounds
from pruning_phases.config.unknown import refuse_unknown
from pruning_phases.errors import UserError
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.observables.registry import order_parameters


@dataclass
class FinishedRunsConfig:
    """Key of every command that reads finished runs."""

    runs: Any = key(
        None, "finished runs: a folder, one run's folder, a glob, or a list [A,B]", paths=True
    )


@dataclass
class AnalysisConfig(FinishedRunsConfig):
    """Keys of every analysis."""

    output_dir: str | None = key(None, "folder of the results; null: beside the runs", path=True)


Kind = TypeVar("Kind")


def order_parameters_key(default: list[str]) -> Any:
    return key(default, f"some of {', '.join(order_parameters())}")


def order_parameter_key(default: str) -> Any:
    return key(default, f"one of {', '.join(order_parameters())}")


DEFAULT_CONTROL = "density"

SIZES = ("num_weights", "train_size", "num_classes")  # sizes with a name of their own


@dataclass
class ControlConfig(AnalysisConfig):
    """Keys of an analysis over a control parameter of pruned runs."""

    control: str = key(DEFAULT_CONTROL, f"control parameter: {', '.join(CONTROLS)}")

    def check(self) -> None:
        refuse_unknown_control(self.control)


def refuse_unknown_control(name: str, known: Collection[str] = CONTROLS) -> None:
    """Raise UserError unless ``name`` is one of the known control parameters."""
    if name not in known:
        raise UserError(f"control={name}: choose {', '.join(known)}")


def size_key() -> Any:
    return key("num_weights", f"of runs: {', '.join(SIZES)}, or a key like model.widths")


def window_key() -> Any:
    return key(None, "[LOW,HIGH] of the control parameter; null: all", at_least=-1e12, at_most=1e12)


def refuse_bad_window(window: list[float] | None, name: str = "window") -> None:
    """Raise UserError unless the value of the key ``name`` is null or [LOW,HIGH]."""
    if window is not None and (len(window) != 2 or not window[0] < window[1]):
        raise UserError(f"{name}={window}: give {name}=[LOW,HIGH], LOW below HIGH")


def num_resampled_key(default: int) -> Any:
    return key(
        default, "number of bootstrap samples for the errors; fewer than 100 give noisy errors",
        at_least=100, at_most=10**6,
    )  # fmt: skip


def seed_key() -> Any:
    return key(0, "seed of the resampling", at_least=0, at_most=LARGEST_SEED)


class TableInMemory(str):
    """The name of a table that is not in a file; ``frame`` is the table.

    Messages and results then name it as they name a file.
    """

    frame: Any

    @classmethod
    def of(cls, frame: Any) -> Self:
        """Return the name of this table of pandas."""
        name = cls("table")
        name.frame = frame
        return name


def typed(composed: DictConfig, kind: type[Kind]) -> Kind:
    """The typed configuration, or a UserError that names the key and the cure."""
    refuse_unknown(composed)
    config = OmegaConf.to_object(composed)
    assert isinstance(config, kind)
    _check_order_parameters(config)
    refuse_out_of_bounds(config)
    if hasattr(config, "check"):
        config.check()
    return config


def _check_order_parameters(config: Any) -> None:
    several = getattr(config, "order_parameters", None)
    one = getattr(config, "order_parameter", None)
    known = order_parameters()
    if several == []:
        raise UserError(f"order_parameters is empty: choose some of {', '.join(known)}")
    for name, values in (("order_parameters", several), ("order_parameter", one and [one])):
        for value in values or []:
            if value not in known:
                raise UserError(
                    f"{name}={value}: no such order parameter; choose {', '.join(known)}"
                )

"""Keys of a collapse, and which of them contradict each other."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from pruning_phases.config.analysis import (
    DEFAULT_CONTROL,
    AnalysisConfig,
    num_resampled_key,
    order_parameter_key,
    refuse_bad_window,
    refuse_unknown_control,
    seed_key,
    size_key,
    window_key,
)
from pruning_phases.config.keys import key
from pruning_phases.errors import UserError
from pruning_phases.observables.controls import CONTROLS

NEEDED = ("control", "size", "value")  # columns of a table, in any order

COLUMNS = (*NEEDED, "error")


class AnsatzName(Enum):
    power_law = 1
    bkt = 2


@dataclass
class CollapseConfig(AnalysisConfig):
    table: str | None = key(
        None,
        "file with the columns control,size,value,error in any order: text with commas or blanks, "
        ".parquet, .npz or .h5; replaces runs. Without a column error the errors come from the "
        "scatter about the fit; with a column replica from the scatter over replicas, whose points "
        "stay together",
        path=True,
    )
    columns: list[str] | None = key(
        None, "of a table without a header: names of its columns, as [size,control,value,error]"
    )
    ansatz: Any = key(["power_law", "bkt"], "power_law, bkt, or [power_law,bkt]")
    critical_point: float | None = key(
        None, "its known value; null fits it", at_least=-1e12, at_most=1e12
    )
    critical_range: list[float] | None = key(
        None,
        "range [LOW,HIGH] in which the critical point is searched; null: the measured one",
        at_least=-1e12,
        at_most=1e12,
    )
    nu: float | None = key(
        None, "power_law: known exponent nu; null fits it", at_least=0.1, at_most=20
    )
    beta: float | None = key(
        None, "power_law: known exponent beta; null fits it", at_least=-10, at_most=10
    )
    sigma: float | None = key(
        0.5, "bkt: exponent of the correlation length; null fits it", at_least=0.05, at_most=5
    )
    delta: float | None = key(
        None, "bkt: power of L in front of f; null fits it", at_least=-100, at_most=100
    )
    correction: float | None = key(
        None, "omega of a correction to scaling in every fit, y = L^a (f(x) + L^-omega g(x)); "
        "null: power-law fits without one and with omega = 1, as far as they describe the data",
        above=0, at_most=10,
    )  # fmt: skip
    order_parameter: str = order_parameter_key("corrected_accuracy")
    size: str = size_key()
    control: str = key(
        DEFAULT_CONTROL, f"of runs: {', '.join(CONTROLS)}; or p_eval for the loss of runs with "
        "dropout_phase=grid (the size is that of the training set)",
    )  # fmt: skip
    p_train: float | None = key(
        None, "p_train of the runs with control=p_eval; null: the only one", at_least=0, below=1
    )
    window: list[float] | None = window_key()
    num_resampled: int = num_resampled_key(500)
    seed: int = seed_key()

    def ansatzes(self) -> list[str]:
        words = self.ansatz if isinstance(self.ansatz, list) else str(self.ansatz).split(",")
        return list(dict.fromkeys(str(word).strip() for word in words))

    def critical(self) -> tuple[float, float] | None:
        """Range of the critical point; equal ends where it is known."""
        if self.critical_point is not None:
            return self.critical_point, self.critical_point
        if self.critical_range is None:
            return None
        low, high = self.critical_range
        return low, high

    def _check_known(self) -> None:
        if self.critical_range is not None:
            refuse_bad_window(self.critical_range, "critical_range")
            if self.critical_point is not None:
                raise UserError("critical_point and critical_range: give one of them")
        known = [name for name in ("nu", "beta") if getattr(self, name) is not None]
        if known and "power_law" not in self.ansatzes():
            raise UserError(f"{known[0]} is an exponent of power_law: add it to ansatz")

    def _check_columns(self, columns: list[str]) -> None:
        if not self.table:
            raise UserError("columns names those of a table: give table=FILE, too")
        if len(set(columns)) < len(columns) or set(NEEDED) - set(columns):
            raise UserError(
                f"columns=[{','.join(columns)}]: name {', '.join(COLUMNS)} once each (error may be "
                "missing), and give the others names of their own"
            )

    def check(self) -> None:
        if bool(self.runs) == bool(self.table):
            raise UserError("give either runs=FOLDER or table=FILE.csv")
        if self.columns is not None:
            self._check_columns(self.columns)
        known = [name.name for name in AnsatzName]
        for name in self.ansatzes():
            if name not in known:
                raise UserError(
                    f"ansatz={name}: choose {' or '.join(known)}, or ansatz=[power_law,bkt]"
                )
        if not self.ansatzes():
            raise UserError(f"ansatz is empty: choose {' or '.join(known)}")
        self._check_known()
        refuse_unknown_control(self.control, [*CONTROLS, "p_eval"])
        refuse_bad_window(self.window)

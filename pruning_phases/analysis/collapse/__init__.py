"""Finite-size scaling: the parameters that collapse the curves of all sizes, with errors.

In: runs of several sizes, or a table of points from anywhere. Out: ``collapse.json`` and figures.
May not know about pruning: it fits control, size, value and error of points.

power_law   y = L^(-beta/nu) f((p - p_c) L^(1/nu))
bkt         y = L^Delta f((p - p_c) (ln L/L0)^(1/sigma))

The fit needs no starting guess and assumes nothing about f. The error of a parameter combines the
statistical error, the shift without the smallest size (extrapolated to infinite size as 1/L), and
the shift in the inner half of the window; collapse.json lists the three. With both ansatzes the
output names the one that the data prefer, or "undecided".

  python -m pruning_phases.collapse table=FILE.csv               columns control,size,value,error
  python -m pruning_phases.collapse table=FILE.csv ansatz=power_law
  python -m pruning_phases.collapse runs=multirun/widths size=model.widths
  python -m pruning_phases.collapse table=FILE.csv ansatz=bkt sigma=null delta=0
  python -m pruning_phases.collapse runs=multirun/phase_scaling control=p_eval
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from pruning_phases.config.analysis import (
    AnalysisConfig,
    num_resampled_key,
    order_parameter_key,
    seed_key,
)
from pruning_phases.config.keys import key
from pruning_phases.console import PLAIN
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.collapse.fit import Collapse, MakeAnsatz
    from pruning_phases.analysis.collapse.read import Data

SCOPE = "study"


class AnsatzName(Enum):
    power_law = 1
    bkt = 2


@dataclass
class CollapseConfig(AnalysisConfig):
    table: str | None = key(None, "CSV file with control,size,value,error; replaces runs")
    ansatz: Any = key(["power_law", "bkt"], "power_law, bkt, or [power_law,bkt]")
    sigma: float | None = key(
        0.5, "bkt: exponent of the correlation length; null fits it", at_least=0.05, at_most=5
    )
    delta: float | None = key(None, "bkt: power of L in front of f; null fits it")
    correction: float | None = key(
        None, "omega of a correction to scaling, y = L^a (f(x) + L^-omega g(x)); null: none",
        above=0, at_most=10,
    )  # fmt: skip
    order_parameter: str = order_parameter_key("corrected_accuracy")
    size: str = key("num_weights", "of runs: num_weights, train_size, or a key like model.widths")
    control: str = key(
        "density", "of runs: density, or p_eval for the loss of runs with dropout_phase=grid "
        "(the size is that of the training set)",
    )  # fmt: skip
    p_train: float | None = key(None, "p_train of the runs with control=p_eval; null: the only one")
    window: list[float] | None = key(None, "[LOW,HIGH] of the control parameter; null: all")
    num_resampled: int = num_resampled_key(500)
    seed: int = seed_key()

    def ansatzes(self) -> list[str]:
        words = self.ansatz if isinstance(self.ansatz, list) else str(self.ansatz).split(",")
        return list(dict.fromkeys(str(word).strip() for word in words))

    def check(self) -> None:
        if bool(self.runs) == bool(self.table):
            raise UserError("give either runs=FOLDER or table=FILE.csv")
        known = [name.name for name in AnsatzName]
        for name in self.ansatzes():
            if name not in known:
                raise UserError(
                    f"ansatz={name}: choose {' or '.join(known)}, or ansatz=[power_law,bkt]"
                )
        if not self.ansatzes():
            raise UserError(f"ansatz is empty: choose {' or '.join(known)}")
        if self.control not in ("density", "p_eval"):
            raise UserError(f"control={self.control}: choose density or p_eval")
        if self.window is not None and (
            len(self.window) != 2 or not self.window[0] < self.window[1]
        ):
            raise UserError(f"window={self.window}: give window=[LOW,HIGH], LOW below HIGH")


CONFIG = CollapseConfig


def analyse(config: CollapseConfig, console: Console) -> dict[str, Any]:
    """Fit every ansatz asked for, locate crossings and peaks, write results and figures."""
    from pruning_phases.analysis.collapse.figure import collapse_figure, crossings_figure
    from pruning_phases.analysis.collapse.fit import preferred
    from pruning_phases.analysis.collapse.read import read, short_name, source
    from pruning_phases.analysis.collapse.summary import located_to_json, show, to_json
    from pruning_phases.analysis.common.results import open_folder, save_figure, save_json

    data = read(config)
    folder = open_folder(config.output_dir, data.folder)
    collapses = {name: _fit(make, data, config, console) for name, make in _makers(config).items()}
    content: dict[str, Any] = {"source": source(config, data.points)}
    content |= {name: to_json(collapse) for name, collapse in collapses.items()}
    if len(collapses) == 2:
        content["preferred"], reason = preferred(*collapses.values())
        content |= {"preferred_reason": reason} if reason else {}
    content |= located_to_json(data.panels)
    title = f"{short_name(config)}: {len(data.points)} points, {len(data.points.sizes)} sizes"
    save_json(folder / "collapse.json", content)
    save_figure(collapse_figure(list(collapses.values()), data.axes, title), folder / "collapse")
    save_figure(crossings_figure(data.panels, data.axes[:2], title), folder / "crossings")
    show(collapses, content, console)
    console.print(f"results: {folder / 'collapse.json'}", **PLAIN)
    console.print(f"figures: {folder / 'collapse.png'}, {folder / 'crossings.png'}", **PLAIN)
    return content


def _makers(config: CollapseConfig) -> dict[str, MakeAnsatz]:
    from pruning_phases.analysis.collapse.ansatz import bkt, power_law

    makers: dict[str, MakeAnsatz] = {
        "power_law": power_law,
        "bkt": partial(bkt, sigma=config.sigma, delta=config.delta),
    }
    return {name: makers[name] for name in config.ansatzes()}


def _fit(make: MakeAnsatz, data: Data, config: CollapseConfig, console: Console) -> Collapse:
    from pruning_phases.analysis.collapse.fit import fit_collapse

    with console.status("fitting"):
        return fit_collapse(
            make, data.points, noise=data.noise, num_resampled=config.num_resampled,
            seed=config.seed, correction=config.correction,
        )  # fmt: skip

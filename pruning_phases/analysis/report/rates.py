"""Curves of dense networks over dropout at evaluation, as JSON values for the page.

In: finished runs over p_train, p_eval and training-set sizes. Out: one curve of loss and accuracy
for each p_train and size, like those of a transition over density.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.analysis.report.curves import curve_data, facets
from pruning_phases.analysis.report.styles import DASHES, curve_style
from pruning_phases.analysis.report.thinning import points_per_replica
from pruning_phases.errors import UserError
from pruning_phases.observables.registry import observable
from pruning_phases.records.names import systems_of
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled

if TYPE_CHECKING:
    import pandas as pd

    from pruning_phases.analysis.report.read import Study

CONTROL = "p_eval"
PANELS = ("loss", "accuracy")


def rates_data(study: Study, numbers: int) -> dict[str, Any] | None:
    """Curves of all systems with several p_eval; None without any. ``numbers`` as in a transition.

    At first the curves of the smallest p_train are shown.
    """
    tables = _tables(study)
    if not tables:
        return None
    groups = [
        (name, float(rows["p_train"].iloc[0]), int(rows["train_size"].iloc[0]), rows)
        for name, table in tables.items()
        for _, rows in table.groupby(["p_train", "train_size"])
    ]
    rates = sorted({rate for _, rate, _, _ in groups})
    sizes = sorted({size for _, _, size, _ in groups})
    replicas = sum(rows["replica"].nunique() for *_, rows in groups)
    budget = points_per_replica(replicas * len(PANELS), numbers)
    systems = []
    for name, rate, size, rows in groups:
        style = curve_style(sizes.index(size), len(sizes))
        style["dash"] = DASHES[rates.index(rate) % len(DASHES)]
        curves = {panel: _curve(rows, panel, budget) for panel in PANELS if panel in rows}
        systems.append({
            "name": f"{name}, p_train {rate:g}, N = {size:,}", "finished": True, "half": None,
            "style": style, "curves": {panel: one for panel, one in curves.items() if one},
        })  # fmt: skip
    facts = [
        {"system": name, "p_train": f"{rate:g}", "training examples": f"{size:,}"}
        for name, rate, size, _ in groups
    ]
    return {
        "controls": {CONTROL: {"label": "dropout at evaluation p_eval", "short": CONTROL}},
        "panels": {
            name: {"label": observable(name).axis_label, "references": [],
                   "scale": "log" if name == "loss" else "linear"}
            for name in PANELS
        },
        "facets": facets(facts),
        "systems": systems, "points_per_replica": budget, "told": [CONTROL],
        "logarithmic": False, "reversed": False,
        "hidden": [index for index, one in enumerate(groups) if one[1] != rates[0]],
    }  # fmt: skip


def _tables(study: Study) -> dict[str, pd.DataFrame]:
    """Observables of the dense networks of each system with several p_eval."""
    found = {}
    for name, runs in systems_of(study.done).items():
        try:
            table = pooled(runs, RunRecord.observables)
            if table[CONTROL].nunique() > 1:
                found[name] = table[table["step"] == 0]
        except (UserError, KeyError):
            continue  # the figures of the transition say so
    return found


def _curve(rows: pd.DataFrame, column: str, budget: int) -> dict[str, Any] | None:
    wide = rows.pivot_table(index="replica", columns=CONTROL, values=column).dropna()
    if wide.empty:
        return None
    at = {CONTROL: wide.columns.to_numpy(dtype=float)}
    return curve_data(at, wide.to_numpy(dtype=float), [*map(str, wide.index)], budget)

"""JSON content and printed table of ``survival``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from pruning_phases.analysis.survival.fit import LEARNED
from pruning_phases.analysis.survival.read import Network
from pruning_phases.config.files import PREDICTOR
from pruning_phases.console import PLAIN
from pruning_phases.pruning.predictor import Predictor
from pruning_phases.records.run import RunRecord
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import number, quoted


def content_of(
    records: Sequence[RunRecord],
    networks: Sequence[Network],
    rows: Sequence[dict[str, tuple[float, float]]],
    predictor: Predictor,
) -> dict[str, Any]:
    """Return the JSON content; means over the held-out networks, with their standard errors."""
    return {
        "runs": [record.id for record in records],
        "networks": len(networks),
        "weights": int(sum(len(one.weights) for one in networks)),
        "scores": [_of_score(name, rows) for name in rows[0]],
        "predictor": {"file": PREDICTOR, **predictor.facts},
    }


def _of_score(name: str, rows: Sequence[dict[str, tuple[float, float]]]) -> dict[str, Any]:
    own = np.array([row[name] for row in rows])
    more = np.array([row[LEARNED] for row in rows]) - own
    values = {"rho": own[:, 0], "within_layers": own[:, 1]}
    if name != LEARNED:
        values |= {"predictor_adds": more[:, 0], "predictor_adds_within_layers": more[:, 1]}
    return {"score": name} | {key: number(*_estimate(part)) for key, part in values.items()}


def _estimate(values: np.ndarray) -> tuple[float, float]:
    mean, error = mean_and_error(values)
    return float(mean), float(error)


def show(content: dict[str, Any], console: Console) -> None:
    """Print the rank correlations of all scores, then the predictor's file."""
    table = Table(
        title=f"rank correlation with survival, {content['networks']} held-out networks",
        box=box.SIMPLE_HEAD,
    )
    for name in ("score", "rho", "within layers", "predictor adds", "within layers"):
        table.add_column(name, justify="left" if name == "score" else "right")
    for row in content["scores"]:
        keys = ("rho", "within_layers", "predictor_adds", "predictor_adds_within_layers")
        table.add_row(row["score"], *(quoted(row.get(key), "") for key in keys))
    console.print(table)
    console.print(f"predictor: {content['predictor']['file']}", **PLAIN)

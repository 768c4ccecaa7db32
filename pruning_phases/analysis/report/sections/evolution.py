"""Section on the evolution of the weights, from the evolution.json of each run."""

from typing import Any

from pruning_phases.analysis.report.tables import Section, Table, unique
from pruning_phases.statistics.quote import quoted

TITLE = "Evolution of the weights"


def tell(content: Any) -> Section:
    """One row per jump of the density and layer of one run."""
    layers = [(jump, layer) for jump in content["jumps"] for layer in jump["layers"]]
    rows = [
        [f"{jump['start']:.3g}", f"{jump['end']:.3g}", layer["layer"],
         quoted(layer["evolution_metric"], "undefined"), f"{layer['survivors']:,.4g}",
         str(layer["num_replicas"])]
        for jump, layer in layers
    ]  # fmt: skip
    table = Table(
        f"Run {content['run']}",
        ("from density", "to density", "layer", "evolution metric", "surviving weights",
         "replicas"),
        rows,
        "1 - adjusted R² of the surviving weights; 0: no weight changed.",
    )  # fmt: skip
    return Section(TITLE, [], [table], unique([one["reason"] for _, one in layers
                                               if "reason" in one]))  # fmt: skip

"""Section on the prediction of survival, from survival.json."""

from typing import Any

from pruning_phases.analysis.report.tables import Section, Table
from pruning_phases.statistics.quote import quoted

TITLE = "Predicted survival"


def tell(content: Any) -> Section:
    """Rank correlations of the predictor and of known scores with survival."""
    keys = ("rho", "within_layers", "predictor_adds", "predictor_adds_within_layers")
    rows = [
        [row["score"], *(quoted(row.get(key), "") for key in keys)] for row in content["scores"]
    ]
    learned = content["scores"][0]
    finding = (
        f"On {content['networks']} held-out networks the predictor's scores have a rank "
        f"correlation of {quoted(learned['rho'])} with the survival of the weights, "
        f"{quoted(learned['within_layers'])} within layers."
    )
    table = Table(
        "Rank correlation with survival",
        ("score", "rho", "within layers", "predictor adds", "adds within layers"), rows,
        "w: initial weight, g: gradient there. Adds: difference between the predictor's and this.",
    )  # fmt: skip
    return Section(TITLE, [finding], [table], [])

"""Section on critical points and exponents, from exponents.json."""

from typing import Any

from pruning_phases.analysis.report.tables import Section, Table, order_parameter_label, unique
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.statistics.quote import NOT_DETERMINED, quoted, with_errors

TITLE = "Critical points and exponents"
PARAMETERS = {"critical_point": "critical point", "exponent": "exponent"}


def tell(content: Any) -> Section:
    """One sentence per fit with a critical point, one row per fit."""
    fits = content["fits"]
    table = Table(
        "Fits of the law A (p - p_c)^exponent above the critical point p_c",
        ("run", "order parameter", "control parameter", *PARAMETERS.values(), "window", "χ²/dof",
         "replicas"),
        [_row(fit) for fit in fits],
        "First bracket: statistical error from resampled replicas; second: spread over the fit "
        "windows; both in the last digits.",
    )  # fmt: skip
    reasons = [f"{_what(fit)}: {fit['reason']}" for fit in fits if fit.get("reason")]
    return Section(
        TITLE, [_finding(fit) for fit in fits if fit["critical_point"]], [table], unique(reasons)
    )


def _finding(fit: dict[str, Any]) -> str:
    control = CONTROLS[fit["control"]].short
    exponent = fit["exponent"]
    power = f"with the exponent {quoted(exponent)}" if exponent else "with an undetermined exponent"
    return (
        f"{_what(fit)}: a power law above the critical {control} {quoted(fit['critical_point'])} "
        f"{power} (χ²/dof {fit['chi2_per_dof']:.2f}, {fit['num_replicas']} replicas; total errors)."
    )


def _what(fit: dict[str, Any]) -> str:
    return f"{fit['name']}, {order_parameter_label(fit['order_parameter'])}"


def _row(fit: dict[str, Any]) -> list[str]:
    window = "{:.2g} to {:.2g}".format(*fit["window"]) if fit["window"] else ""
    ratio = "" if fit["chi2_per_dof"] is None else f"{fit['chi2_per_dof']:.2f}"
    return [
        fit["name"], order_parameter_label(fit["order_parameter"]), CONTROLS[fit["control"]].short,
        *(_both_errors(fit, key) for key in PARAMETERS), window, ratio, str(fit["num_replicas"]),
    ]  # fmt: skip


def _both_errors(fit: dict[str, Any], key: str) -> str:
    if fit[key] is None:
        return NOT_DETERMINED
    return with_errors(fit[key]["value"], fit["statistical"][key], fit["systematic"][key])

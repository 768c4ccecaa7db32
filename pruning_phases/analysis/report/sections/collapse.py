"""Section on finite-size scaling, from collapse.json."""

from typing import Any

from pruning_phases.analysis.report.tables import Section, Table, unique
from pruning_phases.statistics.quote import quoted

TITLE = "Finite-size scaling"
ANSATZES = {"power_law": "power law", "bkt": "BKT"}


def tell(content: Any) -> Section:
    """The parameters of each ansatz, crossings and peaks, and the controls compared."""
    fitted = {name: content[name] for name in ANSATZES if name in content}
    findings = [line for name, one in fitted.items() for line in _findings(ANSATZES[name], one)]
    if "preferred" in content:
        reason = content.get("preferred_reason")
        known = {**ANSATZES, "undecided": "undecided"}
        findings.append(
            f"Preferred ansatz: {known.get(content['preferred'], content['preferred'])}"
            f"{f' ({reason})' if reason else ''}."
        )
    if content.get("aligning_control"):
        findings.append(f"All sizes have one curve over: {content['aligning_control']}.")
    reasons = [
        f"{ANSATZES[name]}: {line}"
        for name, one in fitted.items()
        for line in [*one.get("notes", []), *one.get("reasons", {}).values()]
    ]
    tables = [_parameters(fitted), *_located(content), *_controls(content)]
    return Section(TITLE, findings, [table for table in tables if table.rows], unique(reasons))


def _findings(ansatz: str, found: dict[str, Any]) -> list[str]:
    known = [f"{name} {quoted(found[name])}" for name in found["errors"] if found.get(name)]
    quality = f"χ²/dof {found['chi2_per_dof']:.2f}"
    if not known:
        return [f"The {ansatz} determines no parameter ({quality})."]
    return [f"The {ansatz} collapses the sizes with {', '.join(known)} ({quality})."]


def _parameters(fitted: dict[str, Any]) -> Table:
    rows = []
    for name, found in fitted.items():
        for parameter, parts in found["errors"].items():
            fixed = parameter in found.get("fixed", [])
            shown = ["" if part is None or fixed else f"{part:.2g}" for part in parts.values()]
            value = quoted(found[parameter]) + (" (fixed)" if fixed else "")
            rows.append([ANSATZES[name], parameter.replace("_", " "), value, *shown])
        rows.append([ANSATZES[name], "χ²/dof of all points", f"{found['chi2_per_dof']:.2f}",
                     "", "", ""])  # fmt: skip
    return Table(
        "Parameters",
        ("ansatz", "parameter", "value", "statistical error", "spread of fits",
         "shift with correction"),
        rows,
        "The value's error combines the three parts.",
    )  # fmt: skip


def _located(content: dict[str, Any]) -> list[Table]:
    tables = []
    for quantity, found in content.get("crossings", {}).items():
        rows = [_position(row) for row in found["pairs"]]
        if found["infinite_size"]:
            rows.append(["infinite size", quoted(found["infinite_size"]), ""])
        tables.append(Table(f"Crossings: {quantity}", ("sizes", "control", "reason"), rows))
    if "susceptibility" in content:
        peaks = [_position(row) for row in content["susceptibility"]["peaks"]]
        exponent = content["susceptibility"]["gamma_over_nu"]
        note = f"γ/ν from the heights: {quoted(exponent)}." if exponent else ""
        tables.append(Table("Peaks of the susceptibility", ("size", "control", "reason"), peaks,
                            note))  # fmt: skip
    return tables


def _position(row: dict[str, Any]) -> list[str]:
    sizes = ", ".join(f"{size:,.0f}" for size in row["sizes"])
    return [sizes, quoted(row["control"]), str(row.get("reason", ""))]


def _controls(content: dict[str, Any]) -> list[Table]:
    rows = [
        [row["control"], *(f"{row[fit][key]:.3g}" for fit in ("one_curve", "power_law")
                           for key in ("chi2_per_dof", "bic"))]
        for row in content.get("controls", [])
    ]  # fmt: skip
    heads = ("one curve: χ²/dof", "criterion", "power law: χ²/dof", "criterion")
    note = "One curve: no rescaling by the size. Information criterion: smaller is better."
    return [Table("Control parameters compared", ("control", *heads), rows, note)]

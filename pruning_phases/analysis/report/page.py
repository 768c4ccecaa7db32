"""The page: what it shows, and its making from the templates.

Everything that comes from a results folder is a value of a template, which escapes it.
"""

from __future__ import annotations

import base64
import gzip
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis.report.comparison import Evidence, comparison_tables
from pruning_phases.analysis.report.curves import figure_data, pruned_systems
from pruning_phases.analysis.report.differences import differences_tables
from pruning_phases.analysis.report.halves import (
    half_of,
    half_points,
    half_sentences,
    half_table,
)
from pruning_phases.analysis.report.images import Image, images_of
from pruning_phases.analysis.report.maps import phase_maps
from pruning_phases.analysis.report.provenance import (
    common_table,
    differences_table,
    failed_table,
    provenance_table,
    state_counts,
    states_table,
)
from pruning_phases.analysis.report.rates import rates_data
from pruning_phases.analysis.report.results import results_of, sections_of
from pruning_phases.analysis.report.tables import Section, Table, sort_value
from pruning_phases.records.provenance import now, provenance

if TYPE_CHECKING:
    from jinja2 import Environment
    from rich.console import Console

    from pruning_phases.analysis.report.config import ReportConfig
    from pruning_phases.analysis.report.curves import System
    from pruning_phases.analysis.report.read import Study

# A page of 6 MB holds this much beside the plotting library (2 MB) and the tables.
NUMBERS = 200_000  # values of single replicas
BYTES_OF_IMAGES = 1_200_000


@dataclass
class StudyView:
    """One study as the page shows it."""

    study: Study
    systems: list[System]
    halves: dict[str, dict[str, Any]]
    counts: list[tuple[str, int]]
    findings: list[str]
    half: Table | None
    sections: list[Section]
    data: dict[str, Any]
    images: list[Image]
    tables: dict[str, Table]
    results: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def make_page(studies: Sequence[Study], config: ReportConfig, console: Console) -> str:
    """Read everything and return the page."""
    room = BYTES_OF_IMAGES
    views = []
    for study in studies:
        view = _view(study, config, NUMBERS // len(studies), room, console)
        room -= sum(len(image.url or "") for image in view.images)
        views.append(view)
    evidence = Evidence(
        [(one, view.halves.get(one.name, {})) for view in views for one in view.systems],
        [view.results for view in views],
    )
    return _environment().get_template("page.html").render(
        studies=views,
        comparison=comparison_tables(evidence),
        differences=differences_tables(studies),
        made=now(),
        made_by=_made_by(),
        plotly=_plotly(),
        live=config.live,
        nonce=secrets.token_urlsafe(16),
    )  # fmt: skip


def _view(
    study: Study, config: ReportConfig, numbers: int, room: int, console: Console
) -> StudyView:
    from rich.progress import track

    systems, notes = pruned_systems(study)
    shown = track(systems, "locating half-way points", console=console, transient=True)
    located, reasons = half_points(shown, config.num_resampled, config.seed)
    halves = {name: half_of(one) for name, one in located.items()}
    table, undetermined = half_table(located)
    results = results_of(study)
    half = None if _names(results) >= set(located) else table  # its section has the same table
    tables = {
        "failed": failed_table(study), "states": states_table(study),
        "differences": differences_table(study), "common": common_table(study),
        "provenance": provenance_table(study),
    }  # fmt: skip
    return StudyView(
        study, systems, halves, state_counts(study), half_sentences(located),
        half, sections_of(study),
        {"transition": figure_data(systems, halves, numbers) if systems else None,
         "rates": rates_data(study, numbers), "maps": _maps(results)},
        images_of(study, room), tables, results, [*notes, *reasons, *undetermined],
    )  # fmt: skip


def _names(results: dict[str, Any]) -> set[str]:
    """Names of the systems whose half-way points universality.json holds."""
    try:
        return {str(entry["system"]) for entry in results["universality"]["systems"]}
    except (TypeError, KeyError, AttributeError):
        return set()


def _maps(results: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        return phase_maps(results["phase_diagram"]) if "phase_diagram" in results else []
    except (TypeError, KeyError, ValueError, AttributeError, IndexError):
        return []  # the section of the analysis says so


def _made_by() -> str:
    """Code and versions of the process that makes the page."""
    facts = provenance()
    commit = (facts["git"]["commit"] or "")[:10]
    modified = " (modified)" if facts["git"]["dirty"] else ""
    code = f"git {commit}{modified}, " if commit else ""
    return code + ", ".join(f"{name} {one}" for name, one in facts["versions"].items() if one)


@cache
def _plotly() -> str:
    """The plotting library, compressed: the page unpacks it, which saves two thirds of its size."""
    from plotly.offline import get_plotlyjs

    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()


@cache
def _environment() -> Environment:
    """The templates, with escaping of every value."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__, "templates"), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=StrictUndefined,
    )  # fmt: skip
    environment.filters["sort_value"] = sort_value
    environment.filters["plain"] = _plain
    environment.globals["asset"] = _asset
    return environment


def _asset(name: str) -> Any:
    """One of this package's own files of styles or code, which is not escaped."""
    from markupsafe import Markup

    return Markup((files(__package__) / "templates" / name).read_text(encoding="utf-8"))


def _plain(value: Any) -> Any:
    """JSON values without NaN and infinities, which JavaScript does not read."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value

"""Results that analyses have left beside the runs of a study, as sections of its report.

A file is untrusted: whatever it lacks or holds becomes one line on the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pruning_phases.analysis.registry import RUN, analyses
from pruning_phases.analysis.report.read import Study, read_json
from pruning_phases.analysis.report.tables import Section
from pruning_phases.errors import UserError
from pruning_phases.registry import members


def sections_of(study: Study) -> list[Section]:
    """One section per file of results, in the order of the analyses' names."""
    found = []
    for name, module in members("pruning_phases.analysis.report.sections", "TITLE").items():
        for path in _files(study, name):
            try:
                content = read_json(path)
                found.append(module.tell(content))
            except UserError as error:
                found.append(Section(module.TITLE, reasons=[str(error)]))
            except (TypeError, KeyError, ValueError, AttributeError, IndexError) as error:
                line = f"{path.name} lacks what this version writes ({_fault(error)}): "
                found.append(Section(module.TITLE, reasons=[f"{line}run its analysis again"]))
    return _merged(found)


def results_of(study: Study) -> dict[str, Any]:
    """Content of each readable file of results of a study, by the name of its analysis."""
    found = {}
    for name in members("pruning_phases.analysis.report.sections", "TITLE"):
        for path in _files(study, name):
            try:
                found[name] = read_json(path)
            except UserError:
                continue
    return found


def _files(study: Study, name: str) -> list[Path]:
    """Files of one analysis: in the study's folder, or in those of its runs.

    An analysis of the study that was given one run writes into the folder of that run.
    """
    of_run = analyses()[name].SCOPE == RUN
    folders = [record.folder for record in study.done]
    if not of_run:
        folders = [study.folder, *(folders if len(folders) == 1 else [])]
    return [path for folder in folders if (path := folder / f"{name}.json").is_file()]


def _fault(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()[:100]


def _merged(sections: list[Section]) -> list[Section]:
    """Join the sections of several files of one analysis."""
    joined: dict[str, Section] = {}
    for one in sections:
        before = joined.setdefault(one.title, Section(one.title))
        joined[one.title] = Section(
            one.title,
            [*before.findings, *one.findings],
            [*before.tables, *one.tables],
            [*before.reasons, *one.reasons],
        )
    return list(joined.values())

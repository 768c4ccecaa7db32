"""The notebooks of the documentation: stored without outputs, and executed at a small size."""

import ast
import json
from typing import Any

import pytest

from tests.support.commands import NO_DOWNLOAD, environment
from tests.support.documents import DOCS

NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
# Fewer updates and replicas, so that a notebook takes seconds. Its numbers are then others.
SMALL = [
    "num_replicas=4", "training.budget.amount=4", "pruner.finetune.amount=10", "pruner.steps=12",
    "trainer=cpu",
]  # fmt: skip
SMALLER = f"settings += {SMALL}\nnum_samples = 60"
# Kinds of output that the cells show, in order, beside printed lines.
TABLE, FIGURE = "text/html", "image/png"
SHOWN = {
    "transition": [TABLE, FIGURE, TABLE, TABLE, FIGURE, FIGURE],
    "own_data": [TABLE, TABLE, FIGURE, TABLE, TABLE, FIGURE, FIGURE],
}
PRINTED = {
    "transition": ["half-way density: ", "fc digits random: half-way density "],
    "own_data": ["critical_point: 0.59", "verdict: "],
}

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Any, kind: str) -> list[dict]:
    found = json.loads(path.read_text())["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


@each_notebook
def test_a_notebook_is_stored_without_outputs(path):
    for cell in cells(path, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None
        ast.parse("".join(cell["source"]))
    first, *others = (cell["metadata"].get("tags") for cell in cells(path, "code"))
    assert first == ["parameters"] and not any(others)


@each_notebook
def test_links_of_a_notebook_lead_to_pages(path):
    import re

    text = "".join("".join(cell["source"]) for cell in cells(path, "markdown"))
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    assert links and all((path.parent / link).is_file() for link in links)


@pytest.mark.slow
@each_notebook
def test_a_notebook_runs_to_its_end_and_shows_tables_and_figures(path, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient", reason="no nbclient")
    nbformat = pytest.importorskip("nbformat", reason="no nbformat")
    for name, value in environment(**NO_DOWNLOAD).items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    place = next(i for i, cell in enumerate(notebook.cells) if cell.metadata.get("tags"))
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(SMALLER))
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    faults = [one.text for one in outputs if one.get("name") == "stderr"]
    assert faults == []
    data = [one.data for one in outputs if one.output_type in ("display_data", "execute_result")]
    kinds = [next((kind for kind in (FIGURE, TABLE) if kind in one), None) for one in data]
    tables = ["<table" in one.get(TABLE, "") for one in data]
    shown = [
        kind for kind, is_table in zip(kinds, tables, strict=True) if kind == FIGURE or is_table
    ]
    assert shown == SHOWN[path.stem]
    text = "".join(one.text for one in outputs if one.get("name") == "stdout")
    assert all(line in text for line in PRINTED[path.stem]), text
    assert {state["state"] for state in states(tmp_path)} == {"done"}


FIRST_FIGURE = """
from pruning_phases.analysis.common.results import Results
from pruning_phases.api import Result
from matplotlib.figure import Figure
from pathlib import Path
def plotted():
    figure = Figure()
    figure.subplots().plot([0, 1])
    return figure
Result("phases", [Results("phases", {}, Path(), {"map": plotted}, print)], False, "").figure()
"""


@pytest.mark.slow
def test_a_figure_is_an_image_before_a_notebook_has_imported_pyplot(tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient", reason="no nbclient")
    nbformat = pytest.importorskip("nbformat", reason="no nbformat")
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FIRST_FIGURE)])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert FIGURE in output.data


def states(folder: Any) -> list[dict]:
    return [json.loads(file.read_text()) for file in folder.glob("multirun/*/*/run.json")]

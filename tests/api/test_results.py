"""Results as objects: numbers with errors, entries, tables, figures, files."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from rich.console import Console
from rich.table import Table

from pruning_phases.analysis.common.results import Results, write
from pruning_phases.api.html_console import HtmlConsole
from pruning_phases.api.quoted import quoted
from pruning_phases.api.results import Entry, Estimate, Result
from pruning_phases.errors import UserError

CONTENT = {
    "source": {"seed": 0},
    "nu": {"value": 1.324, "error": 0.112},
    "points": [
        {"at": {"value": 0.5, "error": 0.01}, "in": {"phase": "eumentia"}, "window": [1, 2]},
        {"at": None, "in": {"phase": "dementia"}, "fits": [{"chi2": 1}], "reason": "few sizes"},
    ],
    "evidence": {"fall": {"number": {"value": 0.1, "error": None}}},
}


def figure():
    from matplotlib.figure import Figure

    return Figure()


def show(console: Console) -> None:
    console.print("the table", style="bold")


def made(tmp_path, content=CONTENT, notes="left out: b & c\n"):
    tables = {".csv": pd.DataFrame({"a": [1]})}
    results = Results("phases", content, tmp_path, {"map": figure, "phases": figure}, show, tables)
    return Result("phases", [results], False, notes)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [(0.59273, 0.00091, "0.5927(9)"), (8.1e-5, 1.6e-5, "8.1(16)e-05"), (0.5, None, "0.5")],
)
def test_an_estimate_is_quoted_with_its_error_in_the_last_digits(value, error, text):
    estimate = Estimate(value, error)
    assert str(estimate) == estimate._repr_html_() == text
    assert float(estimate) == value


def test_entries_are_read_by_key_and_by_attribute(tmp_path):
    result = made(tmp_path)
    assert result.nu == result["nu"] == Estimate(1.324, 0.112)
    assert result.points[0].at == Estimate(0.5, 0.01) and result.points[1].at is None
    assert result.source.seed == 0 and list(result) == list(CONTENT) and len(result) == 4
    assert "points" in dir(result) and "phase" in dir(result.points[0]["in"])
    with pytest.raises(AttributeError, match="the result of phases has no 'mu'"):
        _ = result.mu
    with pytest.raises(AttributeError, match="no 'mu'; there are seed"):
        _ = result.source.mu


def test_an_entry_shows_its_numbers_quoted():
    entry = Entry({"nu": {"value": 1.324, "error": 0.112}, "in": {"phase": "a<b"}})
    assert repr(entry) == "{nu: 1.32(11), in: {phase: a<b}}"
    html = entry._repr_html_()
    assert "<td>1.32(11)</td>" in html and "in.phase" in html and "a&lt;b" in html


def test_a_table_has_a_column_for_every_number_and_its_error(tmp_path):
    table = made(tmp_path).to_frame("points")
    assert list(table.columns) == ["at", "at_error", "in.phase", "window", "reason"]
    assert table["at"].iloc[0] == 0.5 and table.at_error.iloc[0] == 0.01
    assert table["at"].isna().tolist() == [False, True]
    assert made(tmp_path).to_frame("evidence").loc["fall", "number"] == 0.1


def test_several_tables_are_named_and_one_is_the_default(tmp_path):
    with pytest.raises(UserError, match=r"to_frame\('points'\), to_frame\('evidence'\)"):
        made(tmp_path).to_frame()
    with pytest.raises(UserError, match="no table under nu"):
        made(tmp_path).to_frame("nu")
    assert len(made(tmp_path, {"fits": CONTENT["points"]}).to_frame()) == 2


def test_the_content_cannot_be_changed_from_outside(tmp_path):
    result = made(tmp_path)
    result.to_json()["points"].clear()
    result.points.clear()
    assert result.to_json() == CONTENT


def test_print_shows_the_notes_and_the_tables_of_the_command(tmp_path):
    result = made(tmp_path)
    assert str(result) == "left out: b & c\nthe table"
    assert result._repr_html_().splitlines() == [
        "<div>left out: b &amp; c</div>", "<div>the table</div>",
    ]  # fmt: skip


def test_a_printed_table_is_an_html_table():
    table = Table(title="a < b", caption="in nats")
    table.add_column("loss")
    table.add_column("loss")
    table.add_row("0.105(7)", "[bold]x[/bold] & y")
    console = HtmlConsole()
    console.print(table)
    html = console.html()
    assert html.count("<th>loss</th>") == 2 and "<td>0.105(7)</td>" in html
    assert "<td>x &amp; y</td>" in html and "a &lt; b" in html and "in nats" in html


def test_a_part_of_a_figure_is_plotted_on_any_axes(tmp_path):
    def plot(axis, lines):
        for label in range(lines):
            axis.plot([0, 1], [0, 1], label=label)

    panels = {"one": partial(plot, lines=1), "two": partial(plot, lines=2)}
    part = Results("phases", CONTENT, tmp_path, {"map": figure}, show, panels=panels)
    result, axis = Result("phases", [part], False, ""), figure().subplots()
    assert result.panels == ["one", "two"]
    assert result.plot(axis) is axis and axis.get_legend() is None
    assert result.plot(axis, "two").get_legend()
    assert result.plot().figure in map(pyplot.figure, pyplot.get_fignums())
    pyplot.close("all")
    with pytest.raises(UserError, match="panel three: choose one, two"):
        result.plot(axis, "three")


def test_figures_and_panels_of_several_parts_begin_with_their_folders(tmp_path):
    panels = {"one": lambda axis: axis.set_title("here")}
    parts = [
        Results("phases", CONTENT, tmp_path, {"map": figure}, show, below=name, panels=panels)
        for name in ("a", "b")
    ]
    result = Result("phases", parts, True, "")
    assert (result.figures, result.panels) == (["a/map", "b/map"], ["a/one", "b/one"])
    assert result.plot(figure().subplots(), "b/one").get_title() == "here"


def test_a_table_is_quoted_with_its_errors():
    table = pd.DataFrame(
        {"accuracy": [0.97123, 0.5], "accuracy_error": [0.0021, np.nan], "step": [0, 1]}
    )
    assert quoted(table).to_dict("list") == {"accuracy": ["0.971(2)", "0.5"], "step": [0, 1]}
    assert "accuracy_error" in table


def test_figures_are_made_when_asked_for(tmp_path):
    result = made(tmp_path)
    assert result.figures == ["map", "phases"]
    assert type(result.figure("map")) is type(result.figure()) is type(figure())
    with pytest.raises(UserError, match="figure mop: choose map, phases"):
        result.figure("mop")


def test_save_writes_the_files_of_the_command(tmp_path):
    made(tmp_path).save(tmp_path / "out")
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"phases.json", "phases.csv"} | {
        f"{stem}.{ending}" for stem in ("map", "phases") for ending in ("pdf", "png")
    }
    assert json.loads((tmp_path / "out" / "phases.json").read_text()) == CONTENT


def test_the_written_paths_are_printed(tmp_path, capsys):
    results = Results("phases", CONTENT, tmp_path, {"map": figure, "phases/0": figure}, show)
    assert write(results, None, Console(width=300)) is CONTENT
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2:] == [
        f"results: {tmp_path / 'phases.json'}", f"figure: {tmp_path / 'map.png'}",
    ]  # fmt: skip
    assert (tmp_path / "phases" / "0.pdf").exists()

"""Results as objects: numbers with errors, entries, tables, figures, files."""

import json

import pandas as pd
import pytest
from rich.console import Console

from pruning_phases.analysis.common.results import Results, write
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
    html = result._repr_html_()
    assert html.startswith("<pre>") and "b &amp; c" in html and "bold" in html


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

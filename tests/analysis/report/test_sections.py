"""Sections of the report: numbers and reasons of the analyses' JSON files."""

import json

import pytest

from pruning_phases.analysis.report.read import Study
from pruning_phases.analysis.report.results import sections_of
from tests.analysis.report import written
from tests.support.commands import command


def told(tmp_path, name, content):
    (tmp_path / f"{name}.json").write_text(json.dumps(content))
    (section,) = sections_of(Study("study", tmp_path, []))
    return section


def test_exponents_with_both_errors_and_the_reason_of_the_other(tmp_path):
    section = told(tmp_path, "exponents", written.EXPONENTS)
    (line,) = section.findings
    assert "accuracy above chance" in line and "critical density 5(2)e-04" in line
    assert "exponent 0.77(14)" in line
    first, second = section.tables[0].rows
    assert first[3:5] == ["5.4(10)(18)e-04", "0.77(8)(11)"]
    assert second[3:5] == ["not determined", "not determined"]
    assert section.reasons == ["fc mnist, prediction entropy: prune further"]


def test_phases_with_boundaries(tmp_path):
    section = told(tmp_path, "phase_diagram", written.PHASE_DIAGRAM)
    assert "fc mnist: eumentia ends at p_eval = 0.60(9) at p_train 0." in section.findings
    assert section.reasons == ["fc mnist: amentia begins: above 0.8"]
    assert [row[3] for row in section.tables[1].rows] == [p["phase"] for p in written.POINTS]


def test_a_verdict(tmp_path):
    section = told(tmp_path, "verdict", written.VERDICT)
    assert "accuracy above chance over the density is: crossover" in section.findings[0]
    assert section.tables[0].rows[0][:2] == ["sharpening of the fall", "0.04(6)"]
    assert "half point at infinite size: three sizes are needed" in section.reasons


def test_a_collapse_with_a_fixed_and_an_undetermined_parameter(tmp_path):
    section = told(tmp_path, "collapse", written.COLLAPSE)
    assert "critical_point 0.52(8)" in section.findings[0]
    assert section.findings[1] == "Preferred ansatz: BKT."
    values = {row[1]: row[2] for row in section.tables[0].rows}
    assert values["L0"] == "not determined" and values["sigma"].endswith("(fixed)")
    assert section.reasons == ["BKT: ends on a bound"]


def test_rewiring_and_capacity(tmp_path):
    section = told(tmp_path, "rewiring", written.REWIRING)
    assert len(section.findings) == 2 and "0.193(3) above" in section.findings[0]
    (tmp_path / "rewiring.json").unlink()
    section = told(tmp_path, "capacity", written.CAPACITY)
    assert section.tables[0].rows[1][4:7] == ["1,000", "512(20)", ""]


def test_the_sparsest_networks(tmp_path):
    section = told(tmp_path, "sparsest", written.SPARSEST)
    assert section.findings == [
        "supports of 2-3-3-3-1, 25992 of 25992 masks trained: the sparsest network with an "
        "accuracy of 0.95 has 31 nonzeros."
    ]
    assert "none of 25992 networks reaches 0.95" in section.reasons[0]
    searches, retrained, pruned, growth = (table.rows for table in section.tables)
    assert [row[3] for row in searches] == ["31", ""]
    assert retrained[0][4:] == ["0.15", "0.09 to 0.25"]
    assert [row[3:5] for row in pruned] == [["57(3)", "0.21(2)"], ["not reached", ""]]
    assert growth == [["snip", "0.31(5)"], ["imp", ""]]


@pytest.mark.parametrize("content", [{}, [], [1], {"fits": [{}]}, None, "x", {"fits": None}])
def test_a_file_of_another_shape_is_one_line(tmp_path, content):
    (line,) = told(tmp_path, "exponents", content).reasons
    assert line.startswith("exponents.json lacks") and "run its analysis again" in line


def test_a_file_that_is_no_json_is_one_line(tmp_path):
    (tmp_path / "verdict.json").write_text("{")
    (section,) = sections_of(Study("study", tmp_path, []))
    assert section.reasons[0].startswith("verdict.json is unreadable")


@pytest.mark.slow
def test_what_the_analyses_write_is_read_without_a_complaint(tmp_path):
    """Files of the analyses themselves, and not only those written by hand, have a section."""
    written.write_widths(tmp_path, (100, 200, 400))
    for name in ("exponents", "universality", "verdict"):
        result = command(name, "runs=written", "num_resampled=100", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    sections = sections_of(Study("written", tmp_path / "written", []))
    assert len(sections) == 3
    assert not [line for one in sections for line in one.reasons if "lacks" in line]
    content = json.loads((tmp_path / "written" / "universality.json").read_text())
    half = content["systems"][0]["half_accuracy"]["num_kept"]
    (shown,) = [one.tables[0].rows[0][3] for one in sections if "Half" in one.title]
    assert float(shown.partition("(")[0]) == pytest.approx(half["value"], rel=0.05)

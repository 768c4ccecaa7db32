"""Cells of the report's tables: how they are sorted and aligned."""

import pytest

from pruning_phases.analysis.report.tables import Table, order_parameter_label, sort_value
from pruning_phases.statistics.quote import quoted, with_errors


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.971(2)", 0.971), ("5.4(10)(18)e-04", 5.4e-4), ("316,200", 316200), ("-0.02(2)", -0.02),
        ("1e-05", 1e-5), ("95%", 95), ("0", 0), ("not determined", None), ("", None),
        ("4 of 7", None), ("1e999", None), ("2026-11-27", None),
    ],
)  # fmt: skip
def test_a_cell_is_sorted_by_the_number_that_it_shows(text, number):
    assert sort_value(text) == number


@pytest.mark.parametrize("value", [3.2e-7, 0.5, 12.0, 123456.0])
def test_every_quoted_number_can_be_sorted(value):
    assert sort_value(with_errors(value, value / 30, value / 7)) == pytest.approx(value, rel=0.05)


def test_a_column_of_numbers_is_numeric():
    rows = [["x", "0.5(1)", "3"], ["1 y", "not determined", "three"], ["2", "", "many"]]
    assert Table("t", ("a", "b", "c"), rows).numeric == [False, True, False]
    assert Table("t", ("a",), []).numeric == [False]


def test_an_undetermined_number_is_said_to_be():
    assert quoted(None) == "not determined"
    assert quoted({"value": 0.9712, "error": 0.0021}) == "0.971(2)"


def test_order_parameters_have_the_labels_of_the_axes():
    assert order_parameter_label("corrected_accuracy") == "accuracy above chance"
    assert order_parameter_label("my_own") == "my own"

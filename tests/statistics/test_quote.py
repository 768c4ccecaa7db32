"""Quoted numbers: the text gives back value and errors to its last digit."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.statistics.quote import cell, number, with_error, with_errors

QUOTED = re.compile(r"(-?[\d.]+)((?:\(\d+\))+)(?:e(-\d+))?")
MAGNITUDES, RELATIVE = st.floats(-9, 5), st.floats(-9, 2)  # powers of ten


def parsed(text):
    """Value, errors and the unit of the last digit of a quoted number."""
    match = QUOTED.fullmatch(text)
    assert match, text
    digits, brackets, power = match.groups()
    unit = 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
    scale = 10.0 ** int(power or 0)
    return float(digits) * scale, [int(e) * unit for e in re.findall(r"\d+", brackets)], unit


@settings(deadline=None)
@given(MAGNITUDES, st.lists(RELATIVE, min_size=1, max_size=2), st.booleans())
def test_value_and_errors_are_rounded_to_the_last_digit(value, errors, sign):
    value, errors = (-1 if sign else 1) * 10**value, [10 ** (value + error) for error in errors]
    found, brackets, unit = parsed(with_errors(value, *errors))
    rounding = 0.5001 * unit
    assert abs(found - value) <= rounding
    assert all(abs(b - e) <= rounding for b, e in zip(brackets, errors, strict=True))
    # The smallest error has one or two digits, unless it exceeds the unit place.
    assert 2 <= round(min(errors) / unit) <= 20 or unit == 1


@pytest.mark.parametrize(
    ("value", "errors", "text"),
    [
        (8.1e-5, (1.6e-5,), "8.1(16)e-05"), (5.4e-4, (1.0e-4, 1.8e-4), "5.4(10)(18)e-04"),
        (0.971, (0.002, None), "0.971(2)"), (0.0, (3e-6,), "0(3)e-06"), (1234.5, (55,), "1234(55)"),
        (1.0, (0.0, 0.02), "1.00(0)(2)"), (0.5, (math.inf,), "0.5"), (-0.25, (0.095,), "-0.25(10)"),
    ],
)  # fmt: skip
def test_small_numbers_have_an_exponent_and_errors_of_zero_do_not_set_the_digits(
    value, errors, text
):
    assert with_errors(value, *errors) == text


@pytest.mark.parametrize("unknown", [math.nan, math.inf])
def test_one_unknown_error_does_not_hide_the_known_one(unknown):
    assert with_errors(0.971, 0.002, unknown) == "0.971(2)"


@pytest.mark.parametrize(
    ("error", "text"), [(0.0149, "(15)"), (0.0194, "(19)"), (0.0196, "(2)"), (0.096, "(10)")]
)
def test_errors_below_20_have_two_digits(error, text):
    assert with_error(0.5, error).endswith(text)


@pytest.mark.parametrize(
    ("value", "error", "pair"),
    [
        (0.5, 0.1, {"value": 0.5, "error": 0.1}), (0.5, None, {"value": 0.5, "error": None}),
        (0.5, math.nan, {"value": 0.5, "error": None}), (None, 0.1, None), (math.inf, 0.1, None),
    ],
)  # fmt: skip
def test_json_numbers_are_finite_or_null(value, error, pair):
    assert number(value, error) == pair


def test_a_cell_without_a_value_says_so_and_without_an_error_has_no_bracket():
    assert cell(None, 0.1) == "not determined"
    assert cell(0.5, None) == "0.5" and cell(0.5, 0.1) == with_error(0.5, 0.1) == "0.50(10)"

"""Numbers with errors, for JSON, tables and titles."""

import math
from collections.abc import Mapping
from typing import SupportsFloat

NOT_DETERMINED = "not determined"


def number(value: float | None, error: float | None) -> dict[str, float | None] | None:
    """The pair {"value", "error"} for JSON; None if the value is not determined."""
    if value is None or not math.isfinite(value):
        return None
    known = error is not None and math.isfinite(error)
    return {"value": float(value), "error": float(error) if known and error is not None else None}


def cell(value: float | None, error: float | None) -> str:
    """A number with its error for a table, or "not determined"."""
    return NOT_DETERMINED if value is None else with_error(value, error or math.nan)


def quoted(entry: Mapping[str, float | None] | None, missing: str = NOT_DETERMINED) -> str:
    """A JSON number {"value", "error"} for a table."""
    return missing if entry is None else cell(entry["value"], entry["error"])


def with_error(value: SupportsFloat, error: SupportsFloat) -> str:
    """A value with its error in the last digits: 0.9712 and 0.0021 give ``0.971(2)``.

    The error has two digits if they are below 20. Without a finite error above rounding the value
    is written alone, with four digits.
    """
    return with_errors(value, error)


def with_errors(value: SupportsFloat, *errors: SupportsFloat | None) -> str:
    """A value with several errors, ``0.971(2)(11)``; the smallest finite error sets the digits.

    Small numbers have an exponent: ``8.1(16)e-05`` means (8.1 +- 1.6) 10^-5.
    """
    value = float(value)
    given = [float(error) for error in errors if error is not None]
    known = [error for error in given if math.isfinite(error)]
    if not math.isfinite(value):
        return "nan"
    significant = [error for error in known if error > 1e-12 * abs(value)]
    if not significant:
        return f"{value:.4g}"
    power = math.floor(math.log10(max(abs(value), *significant)))
    if power < -3:
        scaled = with_errors(value / 10**power, *(error / 10**power for error in known))
        return f"{scaled}e{power:03d}"
    smallest = min(significant)
    digits = -math.floor(math.log10(smallest))
    if round(smallest * 10 ** (digits + 1)) < 20:
        digits += 1
    digits = max(digits, 0)
    brackets = "".join(f"({round(error * 10**digits)})" for error in known)
    return f"{value:.{digits}f}{brackets}"

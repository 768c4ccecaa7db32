"""Numbers as a person reads them."""

from __future__ import annotations

import math
from typing import SupportsFloat


def with_error(value: SupportsFloat, error: SupportsFloat) -> str:
    """0.9712 and 0.0021 -> ``0.971(2)``: the error in the last digits, two of them below 20.

    Without a finite error above rounding the value stands alone, to four digits.
    """
    value, error = float(value), float(error)
    if not math.isfinite(value):
        return "nan"
    if not (math.isfinite(error) and error > 1e-12 * abs(value)):
        return f"{value:.4g}"
    digits = -math.floor(math.log10(error))
    if round(error * 10**digits) < 2:
        digits += 1
    if digits <= 0:
        return f"{value:.0f}({error:.0f})"
    return f"{value:.{digits}f}({round(error * 10**digits)})"

"""Cases of a test that only ``make test-all`` runs, beside others that always run."""

from typing import Any

import pytest


def slow(*cases: Any) -> list[Any]:
    """Return the cases, a tuple for several arguments, marked as slow."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
        for case in cases
    ]

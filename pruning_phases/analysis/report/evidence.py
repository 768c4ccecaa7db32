"""Words in which our numbers agree with a statement of a paper or not."""

import math
from dataclasses import dataclass
from typing import Any

AGREES, DISAGREES, UNDECIDED = "agrees", "disagrees", "undecided"
NO_NUMBER = "no comparable number"


@dataclass(frozen=True)
class Found:
    """Our side of a statement: the networks, the number with its error, the agreement."""

    networks: str
    ours: str
    agreement: str


def larger(one: dict[str, Any], other: dict[str, Any]) -> str:
    """The agreement with "one is larger than other", for JSON numbers with errors."""
    away = one["value"] - other["value"]
    error = math.hypot(one["error"] or 0.0, other["error"] or 0.0)
    if abs(away) <= 2 * error:
        return f"{UNDECIDED}: equal within two errors"
    return AGREES if away > 0 else DISAGREES

"""Tables of text cells, and the sections made of them, as the templates show them."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pruning_phases.observables.registry import observables
from pruning_phases.statistics.quote import NOT_DETERMINED

# A number as ``quote`` writes it: 5.4(10)(18)e-04, 0.971(2), 316,200, or a plain one, with a unit.
QUOTED = re.compile(r"([-+]?\d[\d,]*\.?\d*)(?:\(\d+\))*(e[-+]?\d+)?%?$")


@dataclass(frozen=True)
class Table:
    """A table with a title, column headings, rows of text cells and a note below."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    @property
    def numeric(self) -> list[bool]:
        """True for each column most of whose cells are numbers."""
        return [
            _is_numeric([row[index] for row in self.rows]) for index in range(len(self.columns))
        ]


def _is_numeric(cells: Sequence[str]) -> bool:
    told = [cell for cell in cells if cell not in ("", NOT_DETERMINED)]
    return 2 * sum(sort_value(cell) is not None for cell in told) > len(told)


@dataclass(frozen=True)
class Section:
    """Results of one analysis: findings in words, tables, reasons for what is not determined."""

    title: str
    findings: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def sort_value(text: str) -> float | None:
    """The number that a cell shows, by which its column is sorted; None for a text."""
    found = QUOTED.match(text.strip())
    if not found:
        return None
    value = float(found[1].replace(",", "") + (found[2] or ""))
    return value if math.isfinite(value) else None


def order_parameter_label(name: str) -> str:
    """Label of an order parameter as on an axis; the name of one that is not known here."""
    known = observables()
    return known[name].label if name in known else str(name).replace("_", " ")


def unique(texts: Sequence[str]) -> list[str]:
    """The texts without repetitions, in order."""
    return list(dict.fromkeys(texts))

"""Results of an analysis as objects: numbers with errors, entries, tables, figures.

In: the JSON content of an analysis with its figures. Out: the same, readable in a notebook. Knows
no analysis by name.
"""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pruning_phases.console import PLAIN, WIDTH
from pruning_phases.errors import UserError
from pruning_phases.statistics.quote import cell

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results

Made = TypeVar("Made")


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error; an error of None is not known.

    >>> estimate = Estimate(0.59273, 0.00091)
    >>> print(estimate)
    0.5927(9)
    >>> float(estimate), estimate.error
    (0.59273, 0.00091)
    """

    value: float
    error: float | None

    def __str__(self) -> str:
        return cell(self.value, self.error)

    def __float__(self) -> float:
        return self.value

    def _repr_html_(self) -> str:
        return html.escape(str(self))


class Entry(Mapping[str, Any]):
    """An object of a JSON file; its keys are attributes, too.

    Numbers with errors are ``Estimate``, None is what was not determined.

    >>> entry = Entry({"nu": {"value": 1.32, "error": 0.11}, "notes": []})
    >>> entry
    {nu: 1.32(11), notes: []}
    >>> entry["nu"] == entry.nu
    True
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = dict(content)

    def __getitem__(self, key: str) -> Any:
        return wrapped(self._content[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._content:
            raise AttributeError(f"no {name!r}; there are {', '.join(self._content)}")
        return self[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._content]

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{key}: {_text(value)}' for key, value in self.items())}}}"

    def _repr_html_(self) -> str:
        import pandas as pd

        rows = {key: _text(value) for key, value in _dotted(self)}
        return pd.DataFrame({"value": rows}, index=[*rows]).to_html()


def wrapped(node: Any) -> Any:
    """Return a JSON value with ``Entry`` and ``Estimate`` in place of its objects."""
    if isinstance(node, dict):
        return Estimate(**node) if node.keys() == {"value", "error"} else Entry(node)
    return [wrapped(one) for one in node] if isinstance(node, list) else node


class Result:
    """Result of one analysis.

    ``result[key]`` and ``result.key`` read the content of its JSON file, ``print(result)`` shows
    the tables that the command prints, ``to_frame`` gives a table of pandas, ``figure`` the figure
    of the command, ``plot`` a part of it on axes of your own, and ``save`` writes all files of the
    command.
    """

    def __init__(self, name: str, parts: Sequence[Results], of_runs: bool, notes: str) -> None:
        """``of_runs``: the content is a list with one entry per run."""
        self.name = name
        self.notes = notes.splitlines()  # on what was left out
        self._parts = parts
        contents = [json.loads(json.dumps(part.content, allow_nan=False)) for part in parts]
        self._plain = contents if of_runs else contents[0]

    def to_json(self) -> Any:
        """Return the content as plain lists and dictionaries."""
        return json.loads(json.dumps(self._plain))

    def to_frame(self, *keys: str | int) -> pd.DataFrame:
        """Return the list under these keys as a table, by default the only one that there is.

        A column NAME_error holds the errors of the numbers in NAME; keys of nested entries are
        joined by dots. Lists of entries inside a row, and empty ones, are left out.
        """
        import pandas as pd

        node = wrapped(self._plain)
        for key in keys:
            node = node[key]
        if isinstance(node, Entry) and not _rows(node):
            tables = [key for key, value in node.items() if _rows(value)]
            if len(tables) != 1:
                choice = [f"to_frame({', '.join(map(repr, [*keys, key]))})" for key in tables]
                raise UserError(f"{self.name}: no single table: {', '.join(choice) or 'none'}")
            node = node[tables[0]]
        rows = _rows(node)
        if rows is None:
            raise UserError(f"{self.name}: no table under {', '.join(map(str, keys)) or 'the top'}")
        return pd.DataFrame([dict(_columns(row)) for row in rows.values()], index=[*rows])

    @property
    def figures(self) -> list[str]:
        """Names of the figures, as those of the command's files."""
        return [*self._figures()]

    def figure(self, name: str | None = None) -> Figure:
        """Make a figure, by default the first one."""
        if "ipykernel" in sys.modules:  # it shows figures as images once pyplot's backend is loaded
            from matplotlib import pyplot

            pyplot.draw_if_interactive()
        return _chosen("figure", name, self._figures())()

    @property
    def panels(self) -> list[str]:
        """Names of the parts of the figures that ``plot`` takes."""
        return [*self._panels()]

    def plot(self, ax: Axes | None = None, panel: str | None = None) -> Axes:
        """Plot a panel on these axes, by default the first panel on new axes; return the axes."""
        if not self._panels():
            raise UserError(f"{self.name}: no panel for axes of your own; figure() makes the whole")
        plot = _chosen("panel", panel, self._panels())
        ax = new_axes() if ax is None else ax
        plot(ax)
        if ax.get_legend() is None and len(ax.get_legend_handles_labels()[1]) > 1:
            ax.legend(fontsize=8)
        return ax

    def _figures(self) -> dict[str, Callable[[], Figure]]:
        return self._named([part.figures for part in self._parts])

    def _panels(self) -> dict[str, Callable[[Axes], object]]:
        return self._named([part.panels for part in self._parts])

    def _named(self, made: list[Mapping[str, Made]]) -> dict[str, Made]:
        """Join what all parts have; of several parts, names begin with their folders."""
        heads = [f"{part.below}/" if len(self._parts) > 1 else "" for part in self._parts]
        pairs = zip(heads, made, strict=True)
        return {f"{head}{name}": one for head, own in pairs for name, one in own.items()}

    def save(self, output_dir: str | Path | None = None) -> None:
        """Write the files of the command into a folder, by default beside the runs."""
        from pruning_phases.analysis.common.results import write

        for part in self._parts:
            write(part, output_dir, text_console())

    def _show(self, console: Console) -> None:
        for note in self.notes:
            console.print(note, **PLAIN)
        for part in self._parts:
            part.show(console)

    def __str__(self) -> str:
        console = text_console()
        self._show(console)
        return text_of(console).rstrip()

    def __repr__(self) -> str:
        return f"<Result of {self.name}: {_text(wrapped(self._plain))[:200]}>"

    def _repr_html_(self) -> str:
        from pruning_phases.api.html_console import HtmlConsole

        console = HtmlConsole()
        self._show(console)
        return console.html()

    def __getitem__(self, key: str | int) -> Any:
        return wrapped(self._plain)[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(wrapped(self._plain))

    def __len__(self) -> int:
        return len(self._plain)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and isinstance(self._plain, dict) and name in self._plain:
            return self[name]
        raise AttributeError(f"the result of {self.name} has no {name!r}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(self._plain if isinstance(self._plain, dict) else ())]


def new_axes() -> Axes:
    """Return the axes of a new figure of pyplot, which a notebook shows."""
    from matplotlib import pyplot

    return pyplot.subplots(layout="constrained")[1]


def text_console() -> Console:
    """Return a console that writes plain text into memory."""
    from rich.console import Console

    return Console(file=StringIO(), width=WIDTH, force_terminal=False, force_jupyter=False)


def text_of(console: Console) -> str:
    """Return what a ``text_console`` has printed."""
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def _chosen(kind: str, name: str | None, made: Mapping[str, Made]) -> Made:
    """Return the one of this name, by default the first. Raises UserError for an unknown name."""
    if name is not None and name not in made:
        raise UserError(f"{kind} {name}: choose {', '.join(made)}")
    return made[name or next(iter(made))]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return value if isinstance(value, str) else str(value)


def _rows(node: Any) -> dict[Any, Entry] | None:
    """Return the entries of a list by number, or of an entry by key; None if there are others."""
    if not isinstance(node, Entry | list):
        return None
    pairs = dict(node.items() if isinstance(node, Entry) else enumerate(node))
    return pairs if pairs and all(isinstance(one, Entry) for one in pairs.values()) else None


def _dotted(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all values with the keys of nested entries joined by dots."""
    for key, value in node.items():
        if isinstance(value, Entry):
            yield from _dotted(value, f"{path}{key}.")
        elif value != [] and not (isinstance(value, list) and _rows(value)):
            yield f"{path}{key}", value


def _columns(row: Entry) -> Iterator[tuple[str, Any]]:
    for key, value in _dotted(row):
        yield key, value.value if isinstance(value, Estimate) else value
        if isinstance(value, Estimate):
            yield f"{key}_error", value.error

"""Printed tables and lines as HTML for notebooks.

In: what an analysis prints on a console. Out: HTML tables and lines. Knows no result.
"""

from __future__ import annotations

import html
from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


class HtmlConsole(Console):
    """A console that keeps tables and lines as HTML; it shows nothing.

    >>> console = HtmlConsole()
    >>> console.print("a < b")
    >>> console.html()
    '<div>a &lt; b</div>'
    """

    def __init__(self) -> None:
        super().__init__(file=StringIO(), force_jupyter=False)
        self._parts: list[str] = []

    def print(self, *objects: Any, **_: Any) -> None:
        """Keep tables as HTML tables, and everything else as text."""
        for one in objects:
            text = f"<div>{html.escape(str(one))}</div>"
            self._parts.append(_table(one) if isinstance(one, Table) else text)

    def html(self) -> str:
        """Return all that was printed."""
        return "\n".join(self._parts)


def _table(table: Table) -> str:
    import pandas as pd

    columns = [[_plain(cell) for cell in column.cells] for column in table.columns]
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index([_plain(column.header) for column in table.columns])
    title, caption = _plain(table.title), _plain(table.caption)
    return "".join(
        [
            f"<div><b>{html.escape(title)}</b></div>" if title else "",
            frame.to_html(index=False, border=0),
            f"<div><small>{html.escape(caption)}</small></div>" if caption else "",
        ]
    )


def _plain(cell: Any) -> str:
    """Return the text of a cell without rich's markup."""
    return Text.from_markup(cell).plain if isinstance(cell, str) else str(cell or "")

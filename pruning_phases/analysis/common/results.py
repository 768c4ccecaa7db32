"""Writing of results: JSON, CSV, LaTeX and figures, each file complete or absent."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.errors import UserError
from pruning_phases.file_path import expanded
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.provenance import now, provenance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def open_folder(output_dir: str | Path | None, beside: Path) -> Path:
    """Make the folder of the results: ``output_dir``, or the folder beside the runs."""
    folder = expanded(output_dir) if output_dir else beside
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"output_dir: {folder} cannot be written ({error.strerror}): "
            "give output_dir=FOLDER where you may write"
        ) from error
    return folder


def save_json(path: Path, content: Any) -> None:
    """Write JSON values, none of them NaN or infinite."""
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    write_beside(path, lambda beside: beside.write_text(text))


def save_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table without its index."""
    write_beside(path, partial(table.to_csv, index=False))


def save_latex(path: Path, table: pd.DataFrame) -> None:
    """Write a table of text cells as a tabular; the LaTeX package booktabs is needed."""
    write_beside(path, partial(table.astype(str).to_latex, index=False, escape=True))


def save_figure(figure: Figure, stem: Path) -> Path:
    """Write ``stem``.pdf, then ``stem``.png; return the path of the latter.

    The metadata of both hold the command, versions and time. The .png exists only if both do.
    """
    _keep_faulty_formulas_as_text(figure)
    metadata = json.dumps({"command": sys.argv, **provenance(), "drawn": now()})
    for path, key in ((stem.with_suffix(".pdf"), "Subject"), (stem.with_suffix(".png"), "Comment")):
        write = partial(figure.savefig, format=path.suffix[1:], dpi=150, metadata={key: metadata})
        write_beside(path, write)
    return stem.with_suffix(".png")


def _keep_faulty_formulas_as_text(figure: Figure) -> None:
    """Show a text between dollars that is no formula, such as a folder's name, as it is."""
    from matplotlib.mathtext import MathTextParser
    from matplotlib.text import Text

    parser = MathTextParser("path")
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_text().count("$") > 1:
            try:
                for line in text.get_text().splitlines():  # as matplotlib does
                    parser.parse(line)
            except ValueError:
                text.set_parse_math(False)

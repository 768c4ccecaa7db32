"""Results of an analysis, and their writing: JSON, CSV, LaTeX, figures, each complete or absent."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.console import PLAIN
from pruning_phases.errors import UserError
from pruning_phases.file_path import expanded
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.provenance import now, provenance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import Console

Panels = Mapping[str, Callable[["Axes"], object]]  # name of a panel -> function that plots it


@dataclass(frozen=True)
class Results:
    """Results of an analysis in memory: what ``write`` writes and prints.

    ``figures``: name of a figure's file, without its ending -> function that makes the figure.
    ``tables``: ending of a table's file (.csv, .tex) -> table.
    ``files``: name of a further file -> its content.
    ``panels``: parts of the figures for axes of a user's own, the most telling one first.
    """

    name: str  # of the files
    content: Any  # of the JSON file
    beside: Path  # folder of the files if no output_dir is given
    figures: Mapping[str, Callable[[], Figure]]
    show: Callable[[Console], None]  # prints the tables
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    below: str = ""  # folder of the files inside output_dir
    panels: Panels = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def write(results: Results, output_dir: str | Path | None, console: Console) -> Any:
    """Write all files of an analysis, print its tables and paths; return the JSON content."""
    made = {stem: make() for stem, make in results.figures.items()}
    chosen = output_dir and expanded(output_dir) / results.below
    folder = open_folder(chosen or None, results.beside)
    path = folder / f"{results.name}.json"
    save_json(path, results.content)
    for ending, table in results.tables.items():
        (save_csv if ending == ".csv" else save_latex)(path.with_suffix(ending), table)
    for name, data in results.files.items():
        write_beside(folder / name, partial(Path.write_bytes, data=data))
    saved = {stem: save_figure(figure, folder / stem) for stem, figure in made.items()}
    results.show(console)
    console.print(f"results: {', '.join([str(path), *results.tables])}", **PLAIN)
    main = [file for stem, file in saved.items() if "/" not in stem] or [*saved.values()]
    console.print(f"figure{'s' * (len(main) > 1)}: {', '.join(map(str, main))}", **PLAIN)
    return results.content


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

"""Results on disk: JSON in which a number travels with its error, CSV, LaTeX, figures."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.errors import UserError
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.provenance import now, provenance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def open_folder(output_dir: str | None, beside: Path) -> Path:
    """Where results go: what was asked for, or a folder beside what was read."""
    folder = Path(output_dir).expanduser() if output_dir else beside
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"output_dir: {folder} cannot be written ({error.strerror}): "
            "give output_dir=FOLDER where you may write"
        ) from error
    return folder


def save_json(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    write_beside(path, lambda beside: beside.write_text(text))


def save_csv(path: Path, table: pd.DataFrame) -> None:
    write_beside(path, partial(table.to_csv, index=False))


def save_latex(path: Path, table: pd.DataFrame) -> None:
    """A booktabs tabular of text cells; no package beyond booktabs is needed."""
    lines = [r"\begin{tabular}{" + "l" * len(table.columns) + "}", r"\toprule"]
    rows = [list(table.columns), *table.astype(str).to_numpy().tolist()]
    body = [" & ".join(_escape(cell) for cell in row) + r" \\" for row in rows]
    lines += [body[0], r"\midrule", *body[1:], r"\bottomrule", r"\end{tabular}"]
    write_beside(path, lambda beside: beside.write_text("\n".join(lines) + "\n"))


def _escape(cell: str) -> str:
    for special in "&%_#":
        cell = cell.replace(special, "\\" + special)
    return cell


def save_figure(figure: Figure, stem: Path) -> Path:
    """Write ``stem``.pdf and, last, ``stem``.png, whose presence says that both are there. Each
    says inside by what it was drawn."""
    about = json.dumps({"command": sys.argv, **provenance(), "drawn": now()})
    for path, key in ((stem.with_suffix(".pdf"), "Subject"), (stem.with_suffix(".png"), "Comment")):
        write = partial(figure.savefig, format=path.suffix[1:], dpi=150, metadata={key: about})
        write_beside(path, write)
    return stem.with_suffix(".png")

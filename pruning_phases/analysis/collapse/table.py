"""Tables of points from anywhere: text with or without a header, parquet, NumPy's .npz, HDF5.

In: a file, the names of its columns if it does not name them itself. Out: points, with errors from
their replicas or their scatter if the file has none, and notes on this and on what was left out.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pruning_phases.analysis.collapse.config import COLUMNS, NEEDED
from pruning_phases.analysis.collapse.points import Array, Points, check_points
from pruning_phases.analysis.collapse.scatter import with_errors_from_scatter
from pruning_phases.analysis.collapse.sized_runs import points_of
from pruning_phases.errors import UserError, first_line
from pruning_phases.statistics.curves import Curve, SizedCurve

if TYPE_CHECKING:
    import pandas as pd

FROM_SCATTER = "errors are estimated from the scatter of the points about the fit"


@dataclass(frozen=True)
class Table:
    """Points of a file with the notes that belong to them."""

    points: Points
    notes: list[str]
    has_errors: bool  # False: the points' errors are those of their scatter
    curves: list[SizedCurve] | None = None  # of a file with a column replica: one for each size


def read_table(
    path: Path, columns: Sequence[str] | None = None, frame: pd.DataFrame | None = None
) -> Table:
    """Read points from a file of any form, and say which rows were left out.

    columns: names of the columns in their order; they replace those in the file. frame: the table
    in memory that ``path`` names in place of a file.
    """
    where = f"table={path}"
    table = _read(path, columns, where) if frame is None else _named(path, frame, columns)
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise UserError(
            f"{where}: no column {', '.join(missing)}; name {','.join(COLUMNS)} in the first line "
            f"or give columns=[NAME,...] in the order of the file; it has "
            f"{','.join(map(str, table.columns)) or 'no columns'}"
        )
    if "replica" in table.columns:
        return _of_replicas(table, where)
    has_errors = "error" in table.columns
    numbers = _numbers(table[list(COLUMNS if has_errors else NEEDED)], where)
    if not has_errors:
        numbers = np.column_stack([numbers, np.full(len(numbers), np.inf)])
    finite = np.isfinite(numbers if has_errors else numbers[:, :-1]).all(axis=1)
    without_error = finite & (numbers[:, COLUMNS.index("error")] == 0)
    kept = finite & ~without_error
    notes = [
        f"note: {count} of {len(table)} points {why}: left out"
        for count, why in (
            ((~finite).sum(), "are not finite"), (without_error.sum(), "have an error of 0")
        )
        if count
    ]  # fmt: skip
    points = check_points(Points(*numbers[kept].T), where, np.flatnonzero(kept) + 1)
    if not has_errors:
        points = with_errors_from_scatter(points, where)
        notes.append("note: the table has no column error: " + FROM_SCATTER)
    return Table(points, notes, has_errors)


def _of_replicas(table: pd.DataFrame, where: str) -> Table:
    """Means over replicas with their errors; replicas that lack a point of their size are left out.

    Replicas are numbered for each size on their own.
    """
    numbers = _numbers(table[[*NEEDED, "replica"]], where)
    rows = table.assign(**dict(zip([*NEEDED, "replica"], numbers.T, strict=True))).dropna(
        subset=[*NEEDED, "replica"]
    )
    curves, num_left_out = [], 0
    for size in np.unique(rows["size"].to_numpy(dtype=np.float64)).tolist():
        wide = rows[rows["size"] == size].pivot_table(
            index="replica", columns="control", values="value"
        )
        whole = wide.dropna()
        num_left_out += len(wide) - len(whole)
        if len(whole) < 2:
            raise UserError(
                f"{where}: size {size:g} has {len(whole)} replicas with a value at all of its "
                f"{wide.shape[1]} controls: two or more are needed"
            )
        control = whole.columns.to_numpy(dtype=np.float64)
        curves.append(SizedCurve(size, size, Curve(control, whole.to_numpy())))
    notes = []
    if num_left_out:
        notes.append(f"note: {num_left_out} replicas lack a point of their size: left out")
    return Table(check_points(points_of(curves), where), notes, True, curves)


def _read(path: Path, columns: Sequence[str] | None, where: str) -> pd.DataFrame:
    """The file's columns by name. Raises UserError for a file in another form."""
    try:
        return _FORMS.get(path.suffix.lower(), _text)(path, columns)
    except FileNotFoundError:
        raise UserError(f"{where}: there is no such file") from None
    except ImportError as error:
        raise UserError(f"{where}: {path.suffix} files need {error.name}: install it") from None
    except (OSError, ValueError, KeyError) as error:
        form = path.suffix.lower().lstrip(".") if path.suffix.lower() in _FORMS else "CSV"
        raise UserError(f"{where}: not a {form} file ({first_line(error)})") from None


def _numbers(table: pd.DataFrame, where: str) -> Array:
    """The table's numbers [points, columns], NaN for missing ones. Raises UserError for a word."""
    import pandas as pd

    numbers = table.apply(pd.to_numeric, errors="coerce")
    is_word = numbers.isna() & table.notna() & ~table.isin(["nan", "NaN", "NAN"])
    for row, column in np.argwhere(is_word.to_numpy())[:1]:
        raise UserError(
            f"{where}: {table.columns[column]} of point {row + 1} is {table.iloc[row, column]}: "
            "expected a number"
        )
    return numbers.to_numpy(dtype=np.float64)


def _text(path: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    """Fields between commas, semicolons or blanks. The header may be a comment, as of NumPy."""
    import pandas as pd

    text = path.read_text(encoding="utf-8-sig")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    content = [line for line in lines if not line.startswith("#")]
    if not content:
        raise ValueError("it is empty")
    separator = next((mark for mark in ",;" if mark in content[0]), None)
    names = _fields(content[0], separator)
    if any(map(_is_number, names)):
        first = lines.index(content[0])
        names = _fields(lines[first - 1].lstrip("# "), separator) if first else []
        if not columns and set(NEEDED) - set(names):
            raise UserError(
                f"table={path}: its first line has numbers, no names: give columns=[NAME,...] in "
                "the order of the file, such as columns=[size,control,value,error]"
            )
    else:
        content = content[1:]
    _refuse_too_many(path, columns, len(_fields(content[0], separator)) if content else 0)
    chosen = list(columns or names)
    return pd.read_csv(
        io.StringIO("\n".join(line.partition("#")[0] for line in content)),
        sep=rf"\s*{separator}\s*" if separator else r"\s+", engine="python", header=None,
        names=chosen, index_col=False, usecols=range(len(chosen)),
    )  # fmt: skip


def _fields(line: str, separator: str | None) -> list[str]:
    return [field.strip().strip("\"'") for field in line.split(separator)]


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _parquet(path: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    import pandas as pd

    with path.open("rb") as file:
        return _named(path, pd.read_parquet(file), columns)


def _numpy(path: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    """One array per column, or one array [points, columns] with ``columns``."""
    with np.load(path, allow_pickle=False) as arrays:
        return _of_arrays(path, {name: arrays[name] for name in arrays.files}, columns)


def _hdf5(path: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    import h5py

    with h5py.File(path) as file:
        arrays = {name: one[()] for name, one in file.items() if isinstance(one, h5py.Dataset)}
    return _of_arrays(path, arrays, columns)


def _of_arrays(
    path: Path, arrays: dict[str, np.ndarray], columns: Sequence[str] | None
) -> pd.DataFrame:
    import pandas as pd

    only = next(iter(arrays.values())) if len(arrays) == 1 else None
    if only is not None and only.ndim == 2:
        return _named(path, pd.DataFrame(only), columns)
    return _named(path, pd.DataFrame(arrays), columns)


def _named(path: Path, table: pd.DataFrame, columns: Sequence[str] | None) -> pd.DataFrame:
    """Name the first columns."""
    _refuse_too_many(path, columns, table.shape[1])
    if not columns:
        return table
    return table.iloc[:, : len(columns)].set_axis(list(columns), axis=1)


def _refuse_too_many(path: Path, columns: Sequence[str] | None, found: int) -> None:
    if columns and len(columns) > found:
        raise UserError(
            f"columns=[{','.join(columns)}]: {len(columns)} names, and {path} has {found} columns"
        )


_FORMS: dict[str, Callable[[Path, Sequence[str] | None], pd.DataFrame]] = {
    ".parquet": _parquet,
    ".npz": _numpy,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
}

"""The observables, or another table, of many runs as one table, read run by run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pruning_phases.errors import UserError, first_line
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.names import differing_options, names_of, options_of
from pruning_phases.records.run import RunRecord

if TYPE_CHECKING:
    import pandas as pd

OBSERVABLES = "observables"

IDENTITY = ("study", "run", "model", "dataset", "pruner")


def combine(records: Sequence[RunRecord], columns: Sequence[str] | None, path: Path) -> int:
    """Write the rows of all runs to ``path``, see ``rows_of_runs``; return the number of rows."""
    combined, tables = rows_of_runs(records, columns)

    def write(beside: Path) -> None:
        with (
            beside.open("wb") as file,
            pq.ParquetWriter(file, combined, compression="zstd") as writer,
        ):
            for table in tables:
                writer.write_table(table)

    write_beside(path, write)
    with path.open("rb") as file:
        return pq.read_metadata(file).num_rows


def frame(
    records: Sequence[RunRecord], columns: Sequence[str] | None = None, table: str = OBSERVABLES
) -> pd.DataFrame:
    """Read the rows of all runs into memory, see ``rows_of_runs``."""
    _, tables = rows_of_runs(records, columns, table)
    return pa.concat_tables(tables).to_pandas()


def rows_of_runs(
    records: Sequence[RunRecord], columns: Sequence[str] | None, table: str = OBSERVABLES
) -> tuple[pa.Schema, Iterator[pa.Table]]:
    """One row per row of each run's table of that name: the schema, and a table for each run.

    A row holds the identity of its run, all options in which the runs differ, and ``columns``
    (None: all). What a run does not have is null. Only the columns that are asked for are read.
    """
    files = [record.folder / f"{table}.parquet" for record in records]
    schema = pa.unify_schemas([_schema(file) for file in files])
    chosen = list(schema.names if columns is None else columns)
    unknown = sorted(set(chosen) - set(schema.names))
    if unknown:
        raise UserError(
            f"columns: no run has {', '.join(unknown)}; there are {', '.join(schema.names)}"
        )
    options = [_identity(record) | options_of(record) for record in records]
    keys = [*IDENTITY, *differing_options([options_of(record) for record in records])]
    kinds = {
        key: _kind([one.get(key) for one in options])
        for key in dict.fromkeys(keys)
        if key not in chosen
    }
    combined = pa.schema([*kinds.items(), *(schema.field(name) for name in chosen)])
    tables = (
        _rows(file, one, kinds, chosen, combined) for file, one in zip(files, options, strict=True)
    )
    return combined, tables


def _schema(path: Path) -> pa.Schema:
    try:
        with path.open("rb") as file:
            return pq.read_schema(file).remove_metadata()
    except (OSError, pa.ArrowException) as error:
        raise UserError(
            f"{path} is unreadable ({first_line(error)}): delete the run's folder and run its "
            "command again"
        ) from error


def _rows(
    path: Path, options: dict[str, Any], kinds: dict[str, pa.DataType],
    chosen: list[str], combined: pa.Schema,
) -> pa.Table:  # fmt: skip
    """The rows of one run in the schema of the combined table."""
    known = set(_schema(path).names)
    with path.open("rb") as file:
        table = pq.read_table(file, columns=[name for name in chosen if name in known])
    count = table.num_rows
    arrays = [
        pa.repeat(pa.scalar(_as(options.get(key), kind), kind), count)
        for key, kind in kinds.items()
    ]
    arrays += [
        table[name].cast(combined.field(name).type)
        if name in known
        else pa.nulls(count, combined.field(name).type)
        for name in chosen
    ]
    return pa.Table.from_arrays(arrays, schema=combined)


def _identity(record: RunRecord) -> dict[str, Any]:
    """Study, run, model, dataset and pruner."""
    identity = (record.folder.parent.name, record.id, *names_of(record.info()))
    return dict(zip(IDENTITY, identity, strict=True))


def _kind(values: list[Any]) -> pa.DataType:
    """The narrowest type of a column that holds all values; strings hold any value."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in known):
        return pa.bool_()
    if all(type(value) is int for value in known):
        return pa.int64()
    if all(type(value) in (int, float) for value in known):
        return pa.float64()
    return pa.string()


def _as(value: Any, kind: pa.DataType) -> Any:
    return str(value) if value is not None and kind == pa.string() else value

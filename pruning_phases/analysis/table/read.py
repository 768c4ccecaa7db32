"""The observables of many runs as one table, written run by run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pruning_phases.errors import UserError, first_line
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.names import differing_options, names_of, options_of
from pruning_phases.records.run import RunRecord

IDENTITY = ("study", "run", "model", "dataset", "pruner")


def combine(records: Sequence[RunRecord], columns: Sequence[str] | None, path: Path) -> int:
    """Write one row per row of each run's observables to ``path``; return the number of rows.

    A row holds the identity of its run, all options in which the runs differ, and ``columns``
    (None: all). What a run does not have is null. Only the columns that are asked for are read.
    """
    schema = pa.unify_schemas([_schema(record) for record in records])
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

    def write(beside: Path) -> None:
        with (
            beside.open("wb") as file,
            pq.ParquetWriter(file, combined, compression="zstd") as writer,
        ):
            for record, one in zip(records, options, strict=True):
                writer.write_table(_rows(record, one, kinds, chosen, combined))

    write_beside(path, write)
    with path.open("rb") as file:
        return pq.read_metadata(file).num_rows


def _schema(record: RunRecord) -> pa.Schema:
    try:
        with record.observables_file.open("rb") as file:
            return pq.read_schema(file).remove_metadata()
    except (OSError, pa.ArrowException) as error:
        raise UserError(
            f"{record.observables_file} is unreadable ({first_line(error)}): delete the "
            "run's folder and run its command again"
        ) from error


def _rows(
    record: RunRecord, options: dict[str, Any], kinds: dict[str, pa.DataType],
    chosen: list[str], combined: pa.Schema,
) -> pa.Table:  # fmt: skip
    """The rows of one run in the schema of the combined table."""
    known = set(_schema(record).names)
    with record.observables_file.open("rb") as file:
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

"""The observables of many runs as one table, a run at a time, only the columns asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pruning_phases.errors import UserError, first_line
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import names_of

IDENTITY = ("study", "run", "model", "dataset", "pruner")


def combine(records: Sequence[RunRecord], columns: Sequence[str] | None, path: Path) -> int:
    """Write a row for each row of each run's observables to ``path``: who it is of, everything of
    the physics in which the runs differ, and ``columns`` (None: all). Returns the rows written.

    What a run does not have is null.
    """
    schema = pa.unify_schemas([_schema(record) for record in records])
    chosen = list(schema.names if columns is None else columns)
    unknown = sorted(set(chosen) - set(schema.names))
    if unknown:
        raise UserError(
            f"columns: no run has {', '.join(unknown)}; there are {', '.join(schema.names)}"
        )
    abouts = [_about(record) for record in records]
    differing = [
        key
        for key in dict.fromkeys(key for about in abouts for key in about)
        if key in IDENTITY or len({str(about.get(key)) for about in abouts}) > 1
    ]
    differing = [key for key in differing if key not in chosen]
    kinds = {key: _kind([about.get(key) for about in abouts]) for key in differing}
    whole = pa.schema([*kinds.items(), *(schema.field(name) for name in chosen)])

    def write(beside: Path) -> None:
        with pq.ParquetWriter(beside, whole, compression="zstd") as writer:
            for record, about in zip(records, abouts, strict=True):
                writer.write_table(_rows(record, about, kinds, chosen, whole))

    write_beside(path, write)
    return pq.read_metadata(path).num_rows


def _schema(record: RunRecord) -> pa.Schema:
    try:
        return pq.read_schema(record.observables_file).remove_metadata()
    except (OSError, pa.ArrowException) as error:
        raise UserError(
            f"{record.observables_file} is unreadable ({first_line(error)}): delete the "
            "run's folder"
        ) from error


def _rows(
    record: RunRecord, about: dict[str, Any], kinds: dict[str, pa.DataType],
    chosen: list[str], whole: pa.Schema,
) -> pa.Table:  # fmt: skip
    there = set(_schema(record).names)
    table = pq.read_table(record.observables_file, columns=[n for n in chosen if n in there])
    count = table.num_rows
    arrays = [
        pa.repeat(pa.scalar(_as(about.get(key), kind), kind), count) for key, kind in kinds.items()
    ]
    arrays += [
        table[name].cast(whole.field(name).type)
        if name in there
        else pa.nulls(count, whole.field(name).type)
        for name in chosen
    ]
    return pa.Table.from_arrays(arrays, schema=whole)


def _about(record: RunRecord) -> dict[str, Any]:
    """Who a run is, and its physics in dotted keys."""
    info = record.info()
    identity = (record.folder.parent.name, record.id, *names_of(info))
    flat: dict[str, Any] = {}
    _flatten(info["physics"], "", flat)
    return dict(zip(IDENTITY, identity, strict=True)) | flat


def _flatten(node: Any, path: str, flat: dict[str, Any]) -> None:
    if isinstance(node, dict):
        for key, value in node.items():
            _flatten(value, f"{path}.{key}" if path else key, flat)
    else:
        flat[path] = node


def _kind(values: list[Any]) -> pa.DataType:
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

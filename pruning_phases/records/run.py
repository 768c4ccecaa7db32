"""Record of a run on disk: names of its files, its states, its tables.

``results_dir/<study>/<run id>/`` holds ``run.json`` (identity, configuration, segments, state),
``observables.parquet``, ``layers.parquet``, ``training.parquet``, ``snapshots/``,
``checkpoint.safetensors``, ``wandb/``. Every file is written under another name and then renamed,
so a file with its final name is complete. The state ``done`` is written last.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.config.identity import PHYSICS_VERSION
from pruning_phases.errors import RunError, UserError, first_line
from pruning_phases.file_path import expanded
from pruning_phases.records.atomic import BESIDE, write_beside
from pruning_phases.records.lease import Lease, hold, holder_of
from pruning_phases.records.provenance import now, provenance
from pruning_phases.records.segments import Position, begun, ended, with_segments
from pruning_phases.records.snapshots import Snapshots, nearest
from pruning_phases.records.tensors import read_metadata

if TYPE_CHECKING:
    import pandas as pd


INFO = "run.json"

RUNNING, DONE, FAILED = "running", "done", "failed"


class RunRecord(Snapshots):
    """Record of one run, in its folder."""

    def __init__(self, results_dir: str | Path, study: str, run_id: str) -> None:
        self.id = run_id
        self.folder = expanded(results_dir) / study / run_id
        self.info_file = self.folder / INFO
        self.observables_file = self.folder / "observables.parquet"
        self.layers_file = self.folder / "layers.parquet"
        self.training_file = self.folder / "training.parquet"
        self.checkpoint_file = self.folder / "checkpoint.safetensors"
        self.lock_file = self.folder / "lock"

    # -- state -----------------------------------------------------------------------------------

    def info(self) -> dict[str, Any]:
        """Return the content of ``run.json``; empty if missing. Raises UserError if damaged."""
        if not self.info_file.exists():
            return {}
        try:
            content = json.loads(self.info_file.read_text())
        except (OSError, ValueError) as error:
            raise _damaged(self.info_file, f"is unreadable ({error})") from error
        if not _is_record(content) or content["id"] != self.id:
            raise _damaged(self.info_file, f"is not the record of run {self.id}")
        if content["physics"].get("physics_version", 0) < PHYSICS_VERSION:
            raise _damaged(self.info_file, "was made by an earlier version")
        return with_segments(content)

    @property
    def state(self) -> str | None:
        return self.info().get("state")

    def position(self) -> Position | None:
        """Return chunk, step and rounds done in it at the checkpoint; None if there is none.

        0 rounds stand for a step that has ended.
        """
        if not self.checkpoint_file.exists():
            return None
        found = read_metadata(self.checkpoint_file)
        return {name: found.get(name, 0) for name in ("chunk", "step", "rounds")}

    def begin(
        self,
        physics: dict[str, Any],
        machine: dict[str, Any],
        arithmetic: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Mark the run as running, in a new segment. ``more``: further keys of ``run.json``.

        ``arithmetic``: what this process computes with; None if it ended before it computed.
        """
        facts = provenance() | (arithmetic or {})
        segments = begun(self.info().get("segments", []), self.position(), facts)
        for leftover in self.folder.rglob(f".*{BESIDE}"):
            leftover.unlink(missing_ok=True)
        if not self.checkpoint_file.exists():  # an earlier process ended before its checkpoint
            shutil.rmtree(self.snapshots_folder, ignore_errors=True)
            self.training_file.unlink(missing_ok=True)
        self._write_info(
            {
                "id": self.id,
                "state": RUNNING,
                "physics": physics,
                "machine": machine,
                **more,
                "segments": segments,
            }
        )

    def finish(self) -> None:
        digests = {name: _digest(self.folder / name) for name in self._result_files()}
        self._end(state=DONE, sha256=digests)
        self.checkpoint_file.unlink(missing_ok=True)

    def _result_files(self) -> list[str]:
        """Return the existing tables and snapshots, relative to the folder."""
        tables = (self.observables_file, self.layers_file, self.training_file)
        files = [file for file in tables if file.exists()]
        files += sorted(self.snapshots_folder.glob("[!.]*.safetensors"))
        return [str(file.relative_to(self.folder)) for file in files]

    def faults(self) -> list[str]:
        """List the files of a finished run that do not match their digests."""
        digests = self.info().get("sha256")
        if digests is None:
            return ["made by an earlier version, without digests"]
        found = []
        for name, digest in digests.items():
            try:
                if _digest(self.folder / name) != digest:
                    found.append(f"{name} was changed")
            except OSError as error:
                found.append(f"{name}: {error.strerror}")
        return found

    def fail(self, error: str) -> None:
        """Mark the run as failed. If that cannot be written, its state stays as it was."""
        try:
            self._end(state=FAILED, error=error)
        except (OSError, UserError, RunError):
            return

    def _end(self, **more: Any) -> None:
        info = self.info()
        segments = ended(info.get("segments", []), self.position())
        self._write_info({**info, "segments": segments, "finished": now(), **more})

    def _write_info(self, content: dict[str, Any]) -> None:
        text = json.dumps(content, indent=2, default=str) + "\n"
        write_beside(self.info_file, lambda path: path.write_text(text))

    def wait_until_free(self, seconds_between_looks: float) -> None:
        """Wait until no process holds the run."""
        while self.holder() is not None:
            time.sleep(seconds_between_looks)

    def lock(self) -> AbstractContextManager[Lease]:
        """Hold the run for this process alone. Raises Busy if another process holds it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.lock_file.touch()
        except OSError as error:
            raise UserError(
                f"results_dir: {self.folder} cannot be written ({error.strerror}): "
                "give results_dir=FOLDER where you may write"
            ) from error
        return hold(self.lock_file)

    def holder(self) -> dict[str, Any] | None:
        """Return the process that writes the run now: host, pid, fraction_done, seconds_left."""
        return holder_of(self.lock_file)

    # -- content ---------------------------------------------------------------------------------

    def write_tables(self, observables: pd.DataFrame, layers: pd.DataFrame) -> None:
        for path, table in ((self.observables_file, observables), (self.layers_file, layers)):
            write_table(path, table)

    def add_training(self, table: pd.DataFrame) -> None:
        """Add the training of networks at a step, in place of earlier rows of these networks."""
        import pandas as pd

        keys = ["step", "p_train", "train_size", "replica"]
        if self.training_file.exists():
            earlier = self.training()
            known = earlier[keys].apply(tuple, axis=1).isin(set(table[keys].apply(tuple, axis=1)))
            table = pd.concat([earlier[~known], table])
        table = table.sort_values([*keys, "update"], ignore_index=True)
        write_table(self.training_file, table)

    def snapshot_at(self, density: float, key: str) -> tuple[str, float]:
        """Return name and exact density of the snapshot at the step nearest to a density."""
        wanted = nearest(self.observables()["density"].unique(), density)
        for at, name in self.surviving_densities().items():
            if math.isclose(at, wanted):
                return name, at
        raise self.no_snapshot(density, key)

    def observables(self) -> pd.DataFrame:
        return read_table(self.observables_file)

    def lacking(self, columns: Iterable[str]) -> list[str]:
        """Return those columns that the observables of this finished run do not have.

        An unreadable table lacks none: whoever reads it says that it is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with self.observables_file.open("rb") as file:
                known = set(pq.read_schema(file).names)
        except (OSError, pa.ArrowException):
            return []
        return [name for name in columns if name not in known]

    def layers(self) -> pd.DataFrame:
        return read_table(self.layers_file)

    def training(self) -> pd.DataFrame:
        """Return the loss over the updates of every training from initial weights."""
        if not self.training_file.exists():
            raise UserError(
                f"{self.training_file} is missing: run {self.id} trained no network from initial "
                "weights (training.budget.amount=0), or an earlier version made it"
            )
        table = read_table(self.training_file)
        return table if "step" in table else table.assign(step=0)  # records of earlier versions


def find_records(folder: Path) -> list[RunRecord]:
    """Return the record in this folder, or all records below it."""
    if (folder / INFO).exists():
        found = [folder]
    else:  # os.walk passes over a folder that another process deletes meanwhile, as W&B's of a run
        found = [Path(where) for where, _, files in os.walk(folder) if INFO in files]
    return [
        RunRecord(f.parent.parent, f.parent.name, f.name) for f in sorted(map(_absolute, found))
    ]


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as parquet. The library does not get the path: not all names are text to it."""
    write_beside(path, lambda beside: beside.write_bytes(table.to_parquet(index=False)))


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    import pandas as pd

    try:
        with path.open("rb") as file:
            return pd.read_parquet(file, columns=columns)
    except FileNotFoundError as error:
        raise _damaged(path, "is missing") from error
    except (OSError, ValueError) as error:
        raise _damaged(path, f"is unreadable ({first_line(error)})") from error


def _damaged(path: Path, fault: str) -> UserError:
    return UserError(f"{path} {fault}: delete the run's folder and run its command again")


def _is_record(content: Any) -> bool:
    """True if the content of a ``run.json`` has the shape of a record, whatever its values."""
    if not isinstance(content, dict) or not isinstance(content.get("physics"), dict):
        return False
    parts = [content["physics"].get(name, {}) for name in ("model", "dataset", "pruner")]
    parts += [content.get(name, {}) for name in ("machine", "data", "network")]
    lists = [content.get(name, []) for name in ("segments", "observables")]
    if not all(isinstance(one, list) for one in lists):
        return False
    parts += [entry for one in lists for entry in one]
    return "id" in content and all(isinstance(part, dict) for part in parts)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

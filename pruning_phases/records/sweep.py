"""Record of a sweep on disk: ``results_dir/.sweeps/NAME/sweep.json``."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pruning_phases.errors import UserError
from pruning_phases.file_path import expanded
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.provenance import now

FOLDER, FILE = ".sweeps", "sweep.json"


@dataclass(frozen=True)
class SweepRecord:
    """Command and runs of a sweep.

    A run has the keys ``study``, ``run`` (its id; null if it depends on a pruned run that is not
    done), ``asked`` (the id that the sweep asked for), ``swept`` and ``overrides``.
    """

    results_dir: Path
    name: str

    @property
    def file(self) -> Path:
        return self.results_dir / FOLDER / self.name / FILE

    @property
    def failure(self) -> Path:
        """File that the first failed run writes if no further one shall begin."""
        return self.file.with_name("failed")

    def write(self, command: list[str], runs: list[dict[str, Any]]) -> None:
        earlier = self.read() if self.file.exists() else {}
        content = {
            "name": self.name, "command": command, "began": earlier.get("began", now()),
            "launched": now(), "runs": runs,
        }  # fmt: skip
        text = json.dumps(content, indent=1) + "\n"
        write_beside(self.file, lambda path: path.write_text(text))

    def read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.file.read_text())
            assert isinstance(content["runs"], list)
        except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
            raise UserError(
                f"{self.file} is unreadable ({type(error).__name__}): delete it; the sweep's "
                "command writes it again"
            ) from error
        return content


@cache  # the record of a large sweep is long
def command_of(results_dir: str, sweep: str | None) -> list[str]:
    """Return the command that makes a run: in a job of a sweep, the command of the sweep."""
    if sweep is None:
        return sys.argv
    try:
        return SweepRecord(expanded(results_dir), sweep).read()["command"]
    except UserError:
        return sys.argv


def sweeps_of(folders: Iterable[Path]) -> list[SweepRecord]:
    """Return the sweeps recorded in these folders and in the two folders above each."""
    found = {}
    for folder in folders:
        for results_dir in (folder, *folder.parents[:2]):
            for file in sorted((results_dir / FOLDER).glob(f"*/{FILE}")):
                found[file.resolve()] = SweepRecord(results_dir, file.parent.name)
    return list(found.values())

"""Record of a sweep on disk: ``results_dir/.sweeps/NAME/sweep.json``."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pruning_phases.errors import UserError
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.provenance import now

FOLDER, FILE = ".sweeps", "sweep.json"


@dataclass(frozen=True)
class SweepRecord:
    """runs: one entry a run with ``study``, ``run`` (its id, null where that is not known before a
    pruned run is done) and ``overrides``."""

    results_dir: Path
    name: str

    @property
    def file(self) -> Path:
        return self.results_dir / FOLDER / self.name / FILE

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


@cache  # of a process: the note of a large sweep is long
def command_of(results_dir: str, sweep: str | None) -> list[str]:
    """The command that made a run; a job of a sweep sees only its launcher's words."""
    if sweep is None:
        return sys.argv
    try:
        return SweepRecord(Path(results_dir).expanduser(), sweep).read()["command"]
    except UserError:
        return sys.argv


def sweeps_of(folders: Iterable[Path]) -> list[SweepRecord]:
    """The sweeps noted in results folders that these are, or lie in."""
    found = {}
    for folder in folders:
        for place in (folder, *folder.parents[:2]):
            for file in sorted((place / FOLDER).glob(f"*/{FILE}")):
                found[file.resolve()] = SweepRecord(place, file.parent.name)
    return list(found.values())

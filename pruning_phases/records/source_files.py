"""Source files of a user's own code in the record of a run: the run continues with these alone.

In: import paths and their keys, a record. Out: facts for run.json, or a UserError.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pruning_phases.errors import UserError
from pruning_phases.import_path import resolve
from pruning_phases.records.run import DONE, RunRecord


def source_files(keys: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return import path -> key, source file and the file's digest. keys: import path -> key."""
    found = {path: resolve(path, key) for path, key in keys.items()}
    return {
        path: {"key": keys[path], "file": one.file, "digest": one.digest}
        for path, one in found.items()
    }


def refuse_other_source_files(record: RunRecord, here: Mapping[str, dict[str, Any]]) -> None:
    """Refuse to continue or to reuse a run that another version of a source file has made."""
    info = record.info()
    if info.get("state") != DONE and not record.checkpoint_file.exists():  # it begins anew
        return
    for path, there in info.get("sources", {}).items():
        now = here.get(path, there)
        if now["digest"] != there["digest"]:
            made = "was made" if info["state"] == DONE else "began"
            raise UserError(
                f"{there['key']}={path}: run {record.id} {made} with another "
                f"{Path(there['file']).name} (digest {there['digest']}, and here "
                f"{now['digest']}): restore {now['file']}, or delete {record.folder} to make the "
                "run again"
            )

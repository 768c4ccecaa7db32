"""Files that decide the numbers of a run: where they are, and digests of their content."""

import hashlib
from pathlib import Path

from pruning_phases.errors import UserError
from pruning_phases.file_path import expanded

PREDICTOR = "predictor.safetensors"  # written by the analysis ``survival``


def digest_of(key: str, file: Path) -> str:
    """Digest of a file's content. Raises UserError that names the key if it cannot be read."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"{key}={file}: {error.strerror}") from error
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def teacher_file(teacher: str | None) -> Path:
    """File of the predictor that ``pruner.teacher`` names: the file, or the one in a folder."""
    if not teacher:
        raise UserError(
            "pruner.teacher has no value: give the folder of runs with pruner=imp that python -m "
            "pruning_phases.survival runs=FOLDER has read"
        )
    path = expanded(teacher)
    if not path.is_dir():
        return path
    found = sorted(path.rglob(PREDICTOR))
    if not found:
        raise UserError(
            f"pruner.teacher={teacher}: there is no {PREDICTOR} in that folder: python -m "
            f"pruning_phases.survival runs={teacher} makes it"
        )
    if len(found) > 1:
        names = ", ".join(map(str, found[:3]))
        raise UserError(f"pruner.teacher={teacher}: {len(found)} are there ({names}): give one")
    return found[0]

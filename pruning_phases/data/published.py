"""Files of published data sets: downloaded if they are missing, refused if they are changed.

Each set has torchvision's layout, so that data_dir may be a folder that torchvision has filled.
"""

import hashlib
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pruning_phases.data.dataset import Sources
from pruning_phases.errors import UserError, first_line

DOWNLOAD_TIMEOUT = 60.0  # seconds without an answer

CURE = "delete it and run again to download it, or give data_dir=FOLDER of a good copy"


def stamps(files: Iterable[Path]) -> tuple[tuple[Path, int, int], ...]:
    """Path, time of change and size of files: the key under which their content is cached."""
    return tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in files)


def sources(train: Path, test: Path) -> Sources:
    """Sources of a set whose files hold images and labels together."""
    return Sources(
        f"{train} (images)", f"{train} (labels)", f"{test} (images)", f"{test} (labels)",
        "give data_dir=FOLDER of a good copy",
    )  # fmt: skip


def download(fetch: Callable[[], object], missing: list[Path], root: Path, option: str) -> None:
    """Call torchvision's ``fetch``. If it fails, remove what it left and raise UserError.

    missing: the files without which it is called; root: ``data_dir``.
    """
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    folder = missing[0].parent
    new_folders = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        fetch()
    except Exception as error:
        for file in missing:
            file.unlink(missing_ok=True)
        if new_folders:
            _remove_empty(new_folders[-1])
        # torchvision's message continues with all addresses that it tried.
        reason = first_line(error).rstrip(":")
        parts = {str((file if folder == root else folder).relative_to(root)) for file in missing}
        raise UserError(
            f"dataset={option}: not in data_dir={root}, and the download failed ({reason}): "
            f"put torchvision's {' and '.join(sorted(parts))} there, or give data_dir=FOLDER"
        ) from error
    finally:
        socket.setdefaulttimeout(timeout)


def _remove_empty(folder: Path) -> None:
    """Remove the empty folders in a folder, and the folder itself if it is empty then."""
    if not folder.is_dir():
        return
    for path in (*sorted(folder.rglob("*"), reverse=True), folder):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def refuse_changed(checksums: Mapping[Path, str]) -> None:
    """Raise UserError unless every file has its published MD5 checksum."""
    for path, published in checksums.items():
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, _md5).hexdigest()
        except OSError as error:
            raise UserError(f"{path} cannot be read ({first_line(error)}): {CURE}") from error
        if found != published:
            raise UserError(
                f"{path} is truncated or not the published file (MD5 {found}, published "
                f"{published}): {CURE}"
            )


def _md5() -> "hashlib._Hash":
    return hashlib.md5(usedforsecurity=False)

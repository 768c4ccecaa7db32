"""Files of published data sets: downloaded if they are missing, refused if they are changed.

Each set has torchvision's layout, so that data_dir may be a folder that torchvision has filled.
"""

import hashlib
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pruning_phases.console import PLAIN, new_console
from pruning_phases.data.dataset import Sources
from pruning_phases.errors import Busy, UserError, first_line
from pruning_phases.records.lease import hold

DOWNLOAD_TIMEOUT = 60.0  # seconds without an answer

SECONDS_BETWEEN_LOOKS = 0.5

ARCHIVES = (".gz", ".zip")  # not kept once they are unpacked

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


def missing(files: Iterable[Path]) -> list[Path]:
    return [file for file in files if not file.is_file()]


def download(
    fetch: Callable[[Path], object], files: Callable[[], Iterable[Path]], root: Path, option: str,
    archives: Sequence[Path] = (),
) -> None:  # fmt: skip
    """If files of a set are missing, have torchvision download it beside and move them here.

    fetch: downloads the set into a folder; files: returns where its files are or belong; root:
    ``data_dir``; archives: existing files that torchvision need not download. One process at a time
    downloads, and the others wait for it. Raises UserError if it fails, and leaves nothing then.
    """
    wanted = missing(files())
    if not wanted:
        return
    new_folders = [parent for parent in (root, *root.parents) if not parent.exists()]
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _turn(root / f".{option}.lock", option):
            if still := missing(files()):  # after the download of another process
                _fill(fetch, still, root, root / f".{option}.download", archives)
    except Exception as error:
        with suppress(OSError):
            for folder in new_folders:
                folder.rmdir()
        parent = wanted[0].parent
        parts = {str((f if parent == root else parent).relative_to(root)) for f in wanted}
        raise UserError(
            f"dataset={option}: not in data_dir={root}, and the download failed "
            f"({_reason(error)}): put torchvision's {' and '.join(sorted(parts))} there, or give "
            "data_dir=FOLDER"
        ) from error


@contextmanager
def _turn(lock_file: Path, option: str) -> Iterator[None]:
    """Wait until no other process downloads this set."""
    with ExitStack() as turn:
        waiting = False
        while True:
            try:
                turn.enter_context(hold(lock_file))
                break
            except Busy:
                if not waiting:
                    new_console().print(f"waiting for the download of {option}", **PLAIN)
                waiting = True
                time.sleep(SECONDS_BETWEEN_LOOKS)
        try:
            yield
        finally:
            lock_file.unlink(missing_ok=True)


def _fill(
    fetch: Callable[[Path], object], missing: list[Path], root: Path, beside: Path,
    archives: Sequence[Path],
) -> None:  # fmt: skip
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    shutil.rmtree(beside, ignore_errors=True)  # of a process that was killed
    try:
        beside.mkdir()
        for archive in filter(Path.is_file, archives):
            link = beside / archive.relative_to(root)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(archive.absolute())
        fetch(beside)
        for file in missing:
            if not (beside / file.relative_to(root)).is_file():
                raise FileNotFoundError(f"{file.name} was not among the files")
        for fetched in beside.rglob("*"):
            place = root / fetched.relative_to(beside)
            is_data = fetched.is_file() and fetched.suffix not in ARCHIVES
            if is_data and not fetched.is_symlink() and (place in missing or not place.exists()):
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(fetched, place)
    finally:
        socket.setdefaulttimeout(timeout)
        shutil.rmtree(beside, ignore_errors=True)


def _reason(error: Exception) -> str:
    """Why a download failed, in one line, without the addresses that torchvision has tried."""
    lines = [line.strip().rstrip(":") for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith("Tried ")]
    return "; ".join(dict.fromkeys(told)) or type(error).__name__


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

"""The package's wheel, built from the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support.commands import ROOT


def built_wheel(folder: Path) -> Path:
    """Build the wheel in a folder."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpacked_wheel(folder: Path) -> Path:
    """Build the wheel in a folder, and unpack it there as an installer would."""
    with zipfile.ZipFile(built_wheel(folder)) as archive:
        archive.extractall(folder / "site")
    return folder / "site"

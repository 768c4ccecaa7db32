"""Figures of analyses that have no interactive version, embedded as small PNG images."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pruning_phases.analysis.report.read import Study

INTERACTIVE = ("transition", "phase_diagram")  # figures that the page plots itself
COLOURS = 64
WIDEST = 1600  # pixels
BROAD = 1.7  # ratio of the sides from which a figure needs the whole width
MAX_FIGURES = 24  # of a study, before any is read


@dataclass(frozen=True)
class Image:
    """A figure as a data URL; without one it is too large for the page, and only named."""

    title: str
    url: str | None
    broad: bool


def images_of(study: Study, room: int) -> list[Image]:
    """Figures of a study, embedded as long as ``room`` bytes last."""
    found = []
    for path in _files(study)[:MAX_FIGURES]:
        small = _small(path, path.stat().st_mtime_ns)
        if small is None:
            continue
        url, ratio = small
        title = str(path.relative_to(study.folder).with_suffix("")).replace("_", " ")
        fits = len(url) <= room
        room -= len(url) if fits else 0
        found.append(Image(title, url if fits else None, ratio > BROAD))
    return found


def _files(study: Study) -> list[Path]:
    """PNG files of the study, then those in the folders of its analyses and runs."""
    if not study.folder.is_dir():  # none of its runs has begun
        return []
    runs = [record.folder for record in study.done]
    folders = [study.folder, *sorted(_folders_of_analyses(study)), *runs]
    return [
        path
        for folder in folders
        for path in sorted(folder.glob("*.png"))
        if not path.name.startswith((".", *INTERACTIVE))
    ]


def _folders_of_analyses(study: Study) -> list[Path]:
    runs = {record.folder.name for record in [*study.done, *study.unfinished]}
    return [
        folder
        for folder in study.folder.iterdir()
        if folder.is_dir() and folder.name not in runs and not folder.name.startswith(".")
        and (study.folder / f"{folder.name}.json").exists() and folder.name not in INTERACTIVE
    ]  # fmt: skip


@lru_cache(maxsize=MAX_FIGURES)  # a live report reads the same figures again
def _small(path: Path, changed: int) -> tuple[str, float] | None:
    """Data URL of the image with few colours, and its width / height; None if it is no image.

    It is decoded and written anew, so that nothing else than an image gets onto the page.
    ``changed``: time of its last change.
    """
    from PIL import Image as Pillow

    try:
        with Pillow.open(path, formats=["PNG"]) as opened:
            image = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        return None
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)))
    few = image.quantize(COLOURS, method=Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)
    content = io.BytesIO()
    few.save(content, "PNG", optimize=True)
    url = f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
    return url, image.width / image.height

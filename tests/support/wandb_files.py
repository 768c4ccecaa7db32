"""Content of the files of offline runs, read by W&B's own tool."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def history(folder: Path) -> tuple[list[dict], list[dict]]:
    """Return all lines and the metric definitions of the only offline run in a folder."""
    (file,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    text = subprocess.run(
        [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(file)],
        capture_output=True, text=True, check=True, timeout=120,
    ).stdout  # fmt: skip
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return lines, [line["metric"] for line in lines if line["type"] == "metric"]


def offline_run(folder: Path) -> dict[str, Any]:
    """Return id, project, group, name, tags and configuration of the only offline run."""
    lines, _ = history(folder)
    return next(line["run"] for line in lines if line["type"] == "run")

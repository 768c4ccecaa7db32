"""Files of tensors with metadata, as safetensors, which execute nothing when they are read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pruning_phases.errors import UserError


def content_of(tensors: dict[str, np.ndarray], metadata: dict[str, Any]) -> bytes:
    """Content of a file. The metadata are one entry, since the format keeps no order of several."""
    return save(tensors, metadata={"about": json.dumps(metadata)})


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read tensors and metadata. Raises UserError for a file that is missing or damaged."""
    with _opened(path) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, _metadata(file)


def read_metadata(path: Path) -> dict[str, Any]:
    """Read the metadata without the tensors."""
    with _opened(path) as file:
        return _metadata(file)


def _metadata(file: Any) -> dict[str, Any]:
    return json.loads((file.metadata() or {}).get("about", "{}"))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a file of tensors; its faults become a UserError."""
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except (OSError, ValueError, SafetensorError) as error:
        raise UserError(f"{path} is unreadable ({error}): delete it and run again") from error

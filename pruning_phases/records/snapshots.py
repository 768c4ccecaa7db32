"""Snapshots of a run: weights and masks of all its networks at chosen steps, as safetensors.

A snapshot holds tensors [networks, ...]: each parameter under its name, ``mask:<name>`` (uint8) of
each prunable weight, and ``buffer:<name>`` of the buffers that updates change, such as the running
statistics of batch normalization. A module's ``state_dict`` has the same names without prefix.

In: names and densities. Out: arrays and metadata. Knows neither states nor tables.
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pruning_phases.errors import UserError
from pruning_phases.records.atomic import write_beside
from pruning_phases.records.tensors import content_of, read_metadata, read_tensors

INITIAL, FINAL = "initial", "final"  # snapshots that every run has
REWIND = "rewind"  # snapshot from which rewound networks train
GRADIENTS = "gradients"  # gradients of the loss at the initial weights, by the weights' names
FARTHEST = 2.0  # largest factor between a density that is asked for and that of its snapshot


MASK = "mask:"  # before the name of the weight that a mask belongs to


def under(prefix: str, tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the tensors whose names have a prefix and a colon, by the rest of their names."""
    start = f"{prefix}:"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


def masks_of(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the masks among the tensors of a snapshot, name of the weight -> [networks, ...]."""
    return under(MASK.removesuffix(":"), tensors)


class Snapshots:
    """Files of tensors in the folder of one run."""

    id: str
    folder: Path

    @property
    def snapshots_folder(self) -> Path:
        return self.folder / "snapshots"

    def snapshot_file(self, name: str, chunk: int | None = None) -> Path:
        """File of a snapshot, or of one chunk where the ensemble was trained in chunks."""
        suffix = "" if chunk is None else f".chunk_{chunk:03d}"
        return self.snapshots_folder / f"{name}{suffix}.safetensors"

    def write_tensors(self, path: Path, tensors: dict[str, np.ndarray], **metadata: Any) -> None:
        content = content_of(tensors, metadata)
        write_beside(path, lambda beside: beside.write_bytes(content))

    def snapshots(self) -> list[str]:
        """Return the names of the snapshots of trained networks, dense first."""
        names = {file.name.partition(".")[0] for file in self.snapshots_folder.glob("[!.]*")}
        steps = sorted(name for name in names if name.startswith("step_"))
        return steps + [FINAL] * (FINAL in names)

    def read_snapshot(self, name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Read the tensors of all networks, from all chunks, and their metadata."""
        chunks = [read_tensors(file) for file in self._snapshot_files(name)]
        first, metadata = chunks[0]
        if len(chunks) == 1:
            return first, metadata
        return {key: np.concatenate([chunk[key] for chunk, _ in chunks]) for key in first}, metadata

    def snapshot_densities(self) -> dict[float, str]:
        """Return density -> name of the snapshot, dense first."""
        first_files = {name: self._snapshot_files(name)[0] for name in self.snapshots()}
        return {float(read_metadata(file)["density"]): name for name, file in first_files.items()}

    def nearest_snapshot(self, density: float, key: str) -> tuple[str, float]:
        """Return name and exact density of the snapshot nearest to a density."""
        if density <= 0:
            raise UserError(f"{key}={density}: a density is above 0")
        there = self.surviving_densities()
        best = nearest(there, density) if there else math.inf
        if not 1 / FARTHEST <= best / density <= FARTHEST:
            raise self.no_snapshot(density, key)
        return there[best], best

    def no_snapshot(self, density: float, key: str) -> UserError:
        """Return the error of a density at which there is no snapshot."""
        names = ", ".join(f"{at:.3g}" for at in self.surviving_densities())
        return UserError(
            f"{key}={density}: run {self.id} has snapshots at {names or 'no density'}; "
            f"choose one of them, or train with snapshots=[{density}]"
        )

    def surviving_densities(self) -> dict[float, str]:
        """Return density -> name of the snapshots in which weights survive."""
        return {at: name for at, name in self.snapshot_densities().items() if at > 0}

    def _snapshot_files(self, name: str) -> list[Path]:
        chunks = sorted(self.snapshots_folder.glob(f"{name}.chunk_*.safetensors"))
        return chunks or [self.snapshot_file(name)]


def nearest(densities: Iterable[float], wanted: float) -> float:
    """Return the density above 0 whose logarithm is nearest; of two, the higher one."""
    above_zero = sorted((density for density in densities if density > 0), reverse=True)
    return min(above_zero, key=lambda density: abs(math.log(density / wanted)))

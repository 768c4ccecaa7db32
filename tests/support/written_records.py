"""Records with known contents, of runs that were never trained."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pruning_phases.analysis.common.losses import Losses
from pruning_phases.records.run import RunRecord

PHYSICS = {
    "physics_version": 2, "model": {"name": "fc"}, "dataset": {"name": "mnist"},
    "pruner": {"score": "magnitude"}, "first_replica": 0,
}  # fmt: skip


def write_run(
    results_dir: Path,
    run_id: str,
    density: NDArray,
    columns: dict[str, NDArray],
    width: int = 100,
    seed: int = 0,
    train_size: int = 54000,
    **more: Any,
) -> RunRecord:
    """Write a finished run of width^2 weights whose observables [replicas, steps] are ``columns``.

    ``more``: further keys of its physics.
    """
    record = RunRecord(results_dir, "written", run_id)
    count, steps = next(iter(columns.values())).shape
    physics = PHYSICS | {"num_replicas": count, "seed": seed} | more
    physics["model"] = {"name": "fc", "widths": [width, width]}
    record.begin(
        physics,
        {},
        data={"num_classes": 10, "num_train": 60000, "num_validation": 6000},
        network={
            "num_prunable": width**2,
            "layers": {"fc1": [width, width], "fc2": [width, width]},
        },
    )
    replica = np.repeat(np.arange(count), steps)
    observables = pd.DataFrame(
        {
            "step": np.tile(np.arange(steps), count),
            "density": np.tile(density, count),
            "num_kept": np.tile(np.round(density * width**2).astype(int), count),
            "replica": replica,
            "seed": seed,
            "p_train": 0.0,
            "p_eval": 0.0,
            "train_size": train_size,
            **{name: values.ravel() for name, values in columns.items()},
        }
    )
    layers = observables[["step", "replica", "density"]].assign(
        layer="fc1", evolution_metric=np.where(observables["step"] > 0, 0.5, np.nan)
    )
    record.write_tables(observables, layers)
    record.finish()
    return record


def write_snapshot(
    record: RunRecord, name: str, density: float,
    weights: dict[str, NDArray], masks: dict[str, NDArray],
) -> None:  # fmt: skip
    """Write weights and masks [replicas, ...] by layer as one snapshot, with a buffer per layer."""
    tensors = {f"{layer}.weight": values.astype(np.float32) for layer, values in weights.items()}
    tensors |= {f"mask:{layer}.weight": mask for layer, mask in masks.items()}
    tensors |= {f"buffer:{layer}.norm": np.ones((len(mask), 3)) for layer, mask in masks.items()}
    path = record.snapshot_file(name)
    record.write_tensors(path, tensors, density=density, layers=list(weights))


def write_grid_run(
    results_dir: Path, run_id: str, losses: Losses, width: int = 100, seed: int = 0
) -> RunRecord:
    """Write a finished run over p_train, p_eval and training-set sizes with these losses."""
    count = losses.values.shape[3]
    record = write_run(
        results_dir, run_id, np.ones(1), {"accuracy": np.ones((count, 1))}, width, seed
    )
    levels = [losses.p_train, losses.control, losses.sizes.astype(int), np.arange(count)]
    names = ["p_train", "p_eval", "train_size", "replica"]
    table = pd.MultiIndex.from_product(levels, names=names).to_frame(index=False)
    table = table.assign(step=0, density=1.0, num_kept=width**2, seed=seed, accuracy=0.5)
    table["loss"] = losses.values.ravel()
    record.write_tables(table, record.layers())
    return record

"""What the masks of finished runs tell of their data, per pruner and density."""

from __future__ import annotations

import numpy as np

from pruning_phases.analysis.capacity.information import Information, information_of
from pruning_phases.config.choices import Difference
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import names_of

FEWEST_MASKS = 3

What = tuple[str, str, str, float]  # model, dataset, pruner, density


def differ_in_data(record: RunRecord) -> bool:
    return record.info()["physics"].get("replicas_differ_in") == Difference.data.name


def what_of(record: RunRecord, density: float) -> What:
    """What capacities and masks are matched by."""
    physics = record.info()["physics"]
    model, dataset, pruner = names_of(record.info())
    widths = "-".join(map(str, physics["model"].get("widths", [])))
    return f"{model} {widths}".strip(), dataset, pruner, round(density, 12)


def mask_information(records: list[RunRecord]) -> dict[What, Information]:
    """Of every run whose replicas differ in their data alone, at every density that it kept."""
    found: dict[What, Information] = {}
    for record in filter(differ_in_data, records):
        for density, name in record.snapshot_densities().items():
            tensors, _ = record.read_snapshot(name)
            masks = np.concatenate(
                [mask.reshape(len(mask), -1) for key, mask in tensors.items() if ":" in key], axis=1
            ).astype(bool)
            if density < 1 and len(masks) >= FEWEST_MASKS:
                found[what_of(record, density)] = information_of(masks)
    return found

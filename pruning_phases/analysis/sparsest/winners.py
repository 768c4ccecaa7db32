"""Masks that won, as a file for topology=given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from safetensors.numpy import save

from pruning_phases.analysis.sparsest.read import Networks
from pruning_phases.records.snapshots import MASK

FILE = "winners.safetensors"


def winners(networks: Networks, target: float, count: int) -> list[int]:
    """Return the networks that reach the target, with the fewest nonzeros and one per mask."""
    best, _ = networks.best()
    reached = best[networks.accuracy[best] >= target]
    order = np.lexsort((-networks.accuracy[reached], networks.nonzeros[reached]))
    return [int(index) for index in reached[order[:count]]]


def shown(networks: Networks, target: float) -> int:
    """Return the network to look at: the sparsest winner, or else the most accurate network."""
    won = winners(networks, target, 1)
    return won[0] if won else int(networks.accuracy.argmax())


def file_of_winners(
    searches: Sequence[Networks], target: float, count: int
) -> tuple[dict[str, Any], bytes] | None:
    """Return the masks of the enumeration with the sparsest winner, as an entry of sparsest.json
    and as a file; None if no mask reaches the target.

    The masks of one file belong to networks with the same layers.
    """
    found = [(one, winners(one, target, count)) for one in searches]
    found = [(one, rows) for one, rows in found if rows]
    if not found:
        return None
    networks, rows = min(found, key=lambda pair: int(pair[0].nonzeros[pair[1][0]]))
    masks = {
        f"{MASK}{name}": np.ascontiguousarray(mask[rows], np.uint8)
        for name, mask in networks.masks.items()
    }
    entry = {
        "file": FILE, "of": networks.name, "masks": [int(networks.mask[row]) for row in rows],
        "nonzeros": [int(networks.nonzeros[row]) for row in rows],
        "accuracy": [float(networks.accuracy[row]) for row in rows],
    }  # fmt: skip
    return entry, save(masks)

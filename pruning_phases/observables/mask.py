"""Observables of the mask's graph, measured by ``layers.py``."""

from __future__ import annotations

from pruning_phases.observables.registry import MASK, Observable

OBSERVABLES = (
    Observable(
        "effective_density", "effective density", MASK, heading="eff. density", scale="log",
        is_order_parameter=True,
    ),
    Observable(
        "largest_cluster", "largest cluster (fraction of nodes)", MASK, is_order_parameter=True,
        colour="#2166ac", line="--", marker="s",
    ),
    Observable(
        "mean_cluster", "mean size of the other clusters", MASK, unit="nodes", is_tracked=False,
        colour="#1b7837", line="-.", marker="D",
    ),
    Observable(
        "log_num_paths", "ln of the number of input-output paths", MASK, is_tracked=False,
        colour="#b2182b", line=":", marker="^",
    ),
)  # fmt: skip

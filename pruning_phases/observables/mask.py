"""Observables of the mask's graph; ``layers.py`` measures them."""

from pruning_phases.observables.registry import MASK, Observable

OBSERVABLES = (
    Observable(
        "effective_density", "effective density", MASK, heading="eff. density", scale="log",
        is_order_parameter=True,
    ),
    Observable(
        "largest_cluster", "largest cluster (fraction of nodes)", MASK, is_order_parameter=True
    ),
    Observable(
        "mean_cluster", "mean size of the other clusters", MASK, unit="nodes", is_tracked=False
    ),
    Observable("log_num_paths", "ln of the number of input-output paths", MASK, is_tracked=False),
)  # fmt: skip

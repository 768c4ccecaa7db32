"""Observables of the mask's graph; ``layers.py`` measures them."""

from pruning_phases.observables.registry import MASK, Observable

OBSERVABLES = (
    Observable(
        "effective_density", "effective density", MASK, heading="eff. density", scale="log",
        colour="saddlebrown", line=(0, (6, 1, 1, 1)), marker="X", is_order_parameter=True,
    ),
    Observable(
        "largest_cluster", "largest cluster (fraction of nodes)", MASK, colour="royalblue",
        line=(0, (4, 1)), marker="D", is_order_parameter=True,
    ),
    Observable(
        "mean_cluster", "mean size of the other clusters", MASK, unit="nodes", colour="darkgreen",
        line=(0, (4, 1, 1, 1)), marker="P", is_tracked=False,
    ),
    Observable(
        "log_num_paths", "ln of the number of input-output paths", MASK, colour="crimson",
        line=":", marker="<", is_tracked=False,
    ),
    Observable(
        "mean_degree", "mean degree of the nodes with an edge", MASK, colour="darkslateblue",
        line=(0, (3, 1, 1, 1, 1, 1)), marker="h", is_tracked=False,
    ),
)  # fmt: skip

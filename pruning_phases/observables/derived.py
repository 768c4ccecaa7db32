"""Observables that analyses compute from the tables; they are not columns of them."""

from pruning_phases.observables.registry import SUSCEPTIBILITY, TRANSITION, Observable

OBSERVABLES = (
    Observable(
        "corrected_accuracy", "accuracy above chance", TRANSITION, colour="tab:blue",
        line=(0, (2, 1)), marker="p",
        is_order_parameter=True, is_tracked=False,
    ),
    Observable(
        SUSCEPTIBILITY, "susceptibility of the accuracy", TRANSITION, colour="teal", marker="h",
        is_tracked=False,
    ),
)  # fmt: skip

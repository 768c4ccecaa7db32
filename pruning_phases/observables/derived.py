"""Observables that analyses compute from the tables; they are not columns of them."""

from pruning_phases.observables.registry import SUSCEPTIBILITY, TRANSITION, Observable

OBSERVABLES = (
    Observable(
        "corrected_accuracy", "accuracy above chance", TRANSITION, colour="tab:blue",
        is_order_parameter=True, is_tracked=False,
    ),
    Observable(
        SUSCEPTIBILITY, "susceptibility of the accuracy", TRANSITION, is_tracked=False
    ),
)  # fmt: skip

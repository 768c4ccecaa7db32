"""Observables of the training: loss, accuracy and noise correlation on the training examples."""

from pruning_phases.observables.registry import WEIGHTS, Observable

OBSERVABLES = (
    Observable(
        "train_loss", "training loss", WEIGHTS, unit="nats", colour="darkgoldenrod", marker=">"
    ),
    Observable(
        "train_accuracy", "training accuracy", WEIGHTS, colour="navy", marker="d", is_tracked=False
    ),
    Observable(
        "noise_correlation", "noise correlation", WEIGHTS, colour="darkred", marker="8",
        is_tracked=False,
    ),
)  # fmt: skip

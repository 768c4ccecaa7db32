"""Observables of the training: loss, accuracy and noise correlation on the training examples."""

from pruning_phases.observables.registry import WEIGHTS, Observable

OBSERVABLES = (
    Observable("train_loss", "training loss", WEIGHTS, unit="nats"),
    Observable("train_accuracy", "training accuracy", WEIGHTS, is_tracked=False),
    Observable("noise_correlation", "noise correlation", WEIGHTS, is_tracked=False),
)

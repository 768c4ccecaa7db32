"""Observables of a network's outputs: accuracy, loss, entropies, class order.

In: logits and labels, batch by batch. Out: one value per replica. Counts and sums over the examples
come first and one division comes last, so that no observable depends on how the examples were
batched. Sums are float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.observables.batch import Batch
from pruning_phases.observables.registry import (
    TRANSITION,
    FromOutputs,
    Observable,
    mean_over_examples,
    observables,
)

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]


@dataclass
class OutputSums:
    """Sums over examples for each observable, and the number of examples per class, labels [C].

    Addition joins disjoint sets of examples.
    """

    totals: dict[str, Tensor]
    labels: Tensor
    of: dict[str, FromOutputs]

    def __add__(self, other: OutputSums) -> OutputSums:
        totals = {name: total + other.totals[name] for name, total in self.totals.items()}
        return OutputSums(totals, self.labels + other.labels, self.of)

    def observables(self) -> dict[str, Array]:
        """Every observable of the outputs, each [R]."""
        labels = self.labels.double().cpu().numpy()
        return {
            name: one.value(self.totals[name].double().cpu().numpy(), labels)
            for name, one in self.of.items()
        }


def output_sums(logits: Tensor, labels: Tensor, own: Sequence[str] = ()) -> OutputSums:
    """Sums over one batch: logits [R, B, C], labels [B] int64.

    own: import paths of a user's observables, which follow the others.
    """
    batch = Batch(logits, labels)
    known = {name: one.from_outputs for name, one in observables(own).items()}
    of = {name: one for name, one in known.items() if one is not None}
    totals = {name: one.total(batch) for name, one in of.items()}
    return OutputSums(totals, batch.num_of_labels, of)


def fitted(logits: Tensor, given: Tensor, clean: Tensor) -> tuple[Tensor, Tensor]:
    """Correctness and noise correlation on each network's training examples, both [R, B] float64.

    Correctness is 1 where the network predicts the given label, else 0. The noise of a label is
    e_given - e_clean, unit vectors of the classes (0 for a clean label). Its overlap with the
    output p is p . (e_given - e_clean) = p_given - p_clean, in [-1, 1]. The mean over the examples
    is the noise correlation (1/n) sum_i f(x_i) . noise_i of arXiv 2402.01089. It is close to the
    fraction of noisy labels if all of them are memorized.

    logits: [R, B, C]; given, clean: [R, B] int64.
    """
    import torch

    p = torch.softmax(logits.double(), dim=-1)
    of_given, of_clean = (
        p.gather(-1, labels.unsqueeze(-1)).squeeze(-1) for labels in (given, clean)
    )
    return (logits.argmax(dim=-1) == given).double(), of_given - of_clean


def prediction_entropy(predicted: Array) -> Array:
    """H_pred = -sum_c f_c ln f_c, f_c = fraction of the examples assigned to class c.

    predicted: [..., C] counts. Nats, in [0, ln C]: ln C when all classes are used equally, 0 when
    one class takes all. arXiv 2602.15224, eq. 1.
    """
    f = predicted / predicted.sum(axis=-1, keepdims=True)
    return -np.sum(f * np.log(np.where(f > 0, f, 1.0)), axis=-1) + 0.0


def class_order(mean_outputs: Array) -> Array:
    """m = (1/C) sum_y KL(<p | y> || uniform) / ln C, from the mean outputs of each class y.

    mean_outputs: [..., Y, C], rows sum to 1. Dimensionless, in [0, 1]: 1 when every class has its
    own certain output, 0 when all class averages are uniform, the restored symmetry of
    arXiv 2602.15224. KL(p || uniform) = ln C + sum_c p_c ln p_c.
    """
    num_classes = mean_outputs.shape[-1]
    p = mean_outputs
    divergence = np.log(num_classes) + np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=-1)
    return np.clip(divergence.mean(axis=-1) / np.log(num_classes), 0.0, 1.0)


OBSERVABLES = (
    Observable(
        "accuracy", "accuracy", TRANSITION, heading="accuracy", is_order_parameter=True,
        from_outputs=FromOutputs(lambda batch: batch.sums.correct, mean_over_examples),
    ),
    Observable(
        "loss", "test loss", TRANSITION, unit="nats", heading="loss", colour="dimgrey",
        line=(0, (1, 1)), marker="v", is_order_parameter=True,
        from_outputs=FromOutputs(lambda batch: batch.sums.loss, mean_over_examples),
    ),
    Observable(
        "prediction_entropy", "prediction entropy", TRANSITION, unit="nats", heading="H_pred",
        colour="firebrick", line="--", marker="s", is_order_parameter=True,
        from_outputs=FromOutputs(
            lambda batch: batch.sums.predicted, lambda total, _: prediction_entropy(total)
        ),
    ),
    Observable(
        "outcome_entropy", "outcome entropy", TRANSITION, unit="nats", heading="H_out",
        colour="seagreen", line="-.", marker="^", is_order_parameter=True,
        from_outputs=FromOutputs(lambda batch: batch.sums.entropy, mean_over_examples),
    ),
    Observable(
        "class_order", "class order", TRANSITION, colour="mediumorchid", line=(0, (8, 2)),
        marker="*", is_order_parameter=True,
        from_outputs=FromOutputs(
            lambda batch: batch.sums.by_class,
            lambda total, labels: class_order(total[:, labels > 0] / labels[labels > 0, None]),
        ),
    ),
)  # fmt: skip

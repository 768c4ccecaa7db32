"""What a network's outputs say: accuracy, loss, entropies, class order.

Counts and sums over the examples come first and one division comes last, so that no observable
depends on how the examples were batched. Sums are float64. ``OutputSums`` gathers them; the
formulas below are pure functions of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]


@dataclass
class OutputSums:
    """Sums over examples x of R replicas with C classes; addition joins disjoint sets of examples.

    num_correct [R]; loss [R] = sum of -ln p_y(x); entropy [R] = sum of -sum_c p_c ln p_c;
    predicted [R, C] = examples assigned to each class; outputs [R, C, C] = sum of p(x) over the
    examples of each true class; labels [C] = examples of each true class.
    """

    num_correct: Tensor
    loss: Tensor
    entropy: Tensor
    predicted: Tensor
    outputs: Tensor
    labels: Tensor

    def __add__(self, other: OutputSums) -> OutputSums:
        return OutputSums(*(a + b for a, b in zip(self._all(), other._all(), strict=True)))

    def _all(self) -> tuple[Tensor, ...]:
        return (
            self.num_correct, self.loss, self.entropy, self.predicted, self.outputs, self.labels,
        )  # fmt: skip

    def observables(self) -> dict[str, Array]:
        """The observables of §3.1, each [R]."""
        correct, loss, entropy, predicted, outputs, labels = (
            part.double().cpu().numpy() for part in self._all()
        )
        num_examples = labels.sum()
        return {
            "accuracy": correct / num_examples,
            "loss": loss / num_examples,
            "prediction_entropy": prediction_entropy(predicted),
            "outcome_entropy": entropy / num_examples,
            "class_order": class_order(outputs[:, labels > 0] / labels[labels > 0, None]),
        }


def output_sums(logits: Tensor, labels: Tensor) -> OutputSums:
    """The sums of one batch: logits [R, B, C], labels [B] int64. Of equal logits the first wins."""
    num_classes = logits.shape[-1]
    log_p = torch.log_softmax(logits.double(), dim=-1)
    p = log_p.exp()
    prediction = logits.argmax(dim=-1)
    one_hot = torch.nn.functional.one_hot(labels, num_classes).double()
    return OutputSums(
        num_correct=(prediction == labels).sum(dim=1).double(),
        loss=-log_p.gather(-1, labels.expand(logits.shape[:2]).unsqueeze(-1)).sum(dim=(1, 2)),
        entropy=-torch.special.xlogy(p, p).sum(dim=(1, 2)),
        predicted=torch.nn.functional.one_hot(prediction, num_classes).sum(dim=1).double(),
        outputs=torch.einsum("by,rbc->ryc", one_hot, p),
        labels=one_hot.sum(dim=0),
    )


def fitted(logits: Tensor, given: Tensor, clean: Tensor) -> tuple[Tensor, Tensor]:
    """Of each network's own training examples: whether it gives the label that it was given, and
    how much of the label's noise its output holds, both [R, B] float64.

    The noise in a label is e_given - e_clean, unit vectors of the classes (0 for a clean one), and
    what the output p holds of it is p . (e_given - e_clean) = p_given - p_clean, in [-1, 1]. Its
    mean over the examples is the noise correlation (1/n) sum_i f(x_i) . noise_i of arXiv
    2402.01089: near the share of noisy labels where all of them are memorized.

    logits: [R, B, C]; given, clean: [R, B] int64.
    """
    p = torch.softmax(logits.double(), dim=-1)
    of_given, of_clean = (
        p.gather(-1, labels.unsqueeze(-1)).squeeze(-1) for labels in (given, clean)
    )
    return (logits.argmax(dim=-1) == given).double(), of_given - of_clean


def prediction_entropy(predicted: Array) -> Array:
    """H_pred = -sum_c f_c ln f_c, f_c = share of the examples assigned to class c.

    predicted: [..., C] counts. Nats, in [0, ln C]: ln C when all classes are used equally, 0 when
    one class takes all. arXiv 2602.15224, eq. 1.
    """
    shares = predicted / predicted.sum(axis=-1, keepdims=True)
    return -np.sum(shares * np.log(np.where(shares > 0, shares, 1.0)), axis=-1) + 0.0


def class_order(mean_outputs: Array) -> Array:
    """m = (1/C) sum_y KL(<p | y> || uniform) / ln C, from the outputs averaged over each class y.

    mean_outputs: [..., Y, C], rows sum to 1. Dimensionless, in [0, 1]: 1 when every class has its
    own certain output, 0 when all class averages are uniform, the restored symmetry of
    arXiv 2602.15224. KL(p || uniform) = ln C + sum_c p_c ln p_c.
    """
    num_classes = mean_outputs.shape[-1]
    p = mean_outputs
    divergence = np.log(num_classes) + np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=-1)
    return np.clip(divergence.mean(axis=-1) / np.log(num_classes), 0.0, 1.0)

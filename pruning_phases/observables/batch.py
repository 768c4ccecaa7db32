"""Outputs of an ensemble for a batch of examples, with the quantities that observables share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


class Sums(NamedTuple):
    """Sums over the examples, [R] or [R, classes, ...] float64; see ``output_kernels``."""

    correct: Tensor
    loss: Tensor
    entropy: Tensor
    predicted: Tensor
    by_class: Tensor


class Batch:
    """Outputs of R replicas for B examples: logits [R, B, C] and labels [B] int64."""

    def __init__(self, logits: Tensor, labels: Tensor) -> None:
        self.logits, self.labels = logits, labels
        self.num_classes = logits.shape[-1]

    @cached_property
    def sums(self) -> Sums:
        import torch

        from pruning_phases.observables.output_kernels import add_outputs

        count, classes = len(self.logits), self.num_classes
        sums, predicted = np.zeros((count, 3)), np.zeros((count, classes))
        by_class = np.zeros((count, classes, classes))
        labels = self.labels.cpu().numpy()
        for r, logits in enumerate(self.logits.detach().double().cpu().numpy()):
            add_outputs(logits, labels, sums[r], predicted[r], by_class[r])
        return Sums(*(torch.from_numpy(one) for one in (*sums.T.copy(), predicted, by_class)))

    @cached_property
    def num_of_labels(self) -> Tensor:
        """Number of examples of each class, [C] float64."""
        import torch

        return torch.bincount(self.labels, minlength=self.num_classes).double()

    @cached_property
    def log_p(self) -> Tensor:
        """Logarithm of the softmax outputs, [R, B, C] float64."""
        import torch

        return torch.log_softmax(self.logits.double(), dim=-1)

    @cached_property
    def p(self) -> Tensor:
        return self.log_p.exp()

    @cached_property
    def prediction(self) -> Tensor:
        """Class with the largest logit, [R, B]; the first of equal ones."""
        return self.logits.argmax(dim=-1)

    @cached_property
    def one_hot(self) -> Tensor:
        """Labels as unit vectors, [B, C] float64."""
        import torch

        return torch.nn.functional.one_hot(self.labels, self.num_classes).double()

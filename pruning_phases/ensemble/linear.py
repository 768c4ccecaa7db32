"""Gradients of fully connected networks on the CPU, written out layer by layer.

In: replicas that are chains of linear layers, a batch. Out: their gradients and losses, equal to
those of ``Replicas.backward`` within rounding. Autograd makes three times as many calls, each of
which takes the interpreter's lock, so that replicas on two cores wait for each other.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pruning_phases.ensemble.chain import Chain
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.ensemble.stacked import gradient


def linear_chain(replicas: Replicas) -> Chain | None:
    """The chain of linear layers that the replicas are on the CPU, or None."""
    chain = replicas.architecture.chain
    if chain is None or replicas.vectorized:
        return None
    is_linear = all(replicas.stacked(name).dim() == 3 for name in chain.weights)
    return chain if is_linear else None


class LinearNetwork:
    """Replica r as a chain z_l = W_l x_(l-1) + b_l, x_l = k_l relu(z_l), k_l of dropout."""

    def __init__(self, replicas: Replicas, chain: Chain, r: int) -> None:
        parameters = dict(replicas.network(r).named_parameters())
        self.weights, self.biases = (
            [(parameters[name].detach(), gradient(parameters[name])) for name in names]
            for names in (chain.weights, chain.biases)
        )
        self.numbers = chain.numbers
        self.against_zero = chain.against_zero
        rates = [float(replicas.buffer(f"{name}.train_rate")[r]) for name in chain.dropout[:1]]
        self.rate = sum(rates)
        self.scale = np.float32(1.0 / (1.0 - self.rate))

    @torch.no_grad()
    def backward(self, x: Tensor, y: Tensor, key: Tensor) -> Tensor:
        """Set the gradients of the mean cross-entropy of a batch x [B, ...], y [B]; the loss.

        key: [2], of the batch's dropout.
        """
        inputs = self._inputs(x.flatten(1), key)
        weight, bias = self.weights[-1][0], self.biases[-1][0]
        outputs = torch.addmm(bias, inputs[-1], weight.t())
        if self.against_zero:
            outputs = F.pad(outputs, (1, 0))
        logarithm = torch.log_softmax(outputs, dim=1)
        right = y[:, None]
        # Derivative by the logits: (softmax - 1 at the label) / B.
        ones = torch.full_like(right, -1, dtype=x.dtype)
        delta = logarithm.exp().scatter_add_(1, right, ones).div_(len(y))
        if self.against_zero:
            delta = delta[:, 1:]
        for layer in reversed(range(len(inputs))):
            torch.mm(delta.t(), inputs[layer], out=self.weights[layer][1])
            torch.sum(delta, dim=0, out=self.biases[layer][1])
            if layer:
                # Derivative by z of the layer below: 0 where its x = k relu(z) is 0.
                delta = delta.mm(self.weights[layer][0])
                delta = torch.ops.aten.threshold_backward(delta, inputs[layer], 0.0)
                if self.rate:
                    delta.mul_(float(self.scale))
        return -logarithm.gather(1, right).mean()

    def _inputs(self, x: Tensor, key: Tensor) -> list[Tensor]:
        """Inputs of each layer."""
        from pruning_phases.stream_kernels import dropout_factors

        low, high = key.numpy().view(np.uint32)
        threshold, inputs = np.uint32(self.rate * 2**31), [x]
        for layer, (weight, _) in enumerate(self.weights[:-1]):
            x = torch.addmm(self.biases[layer][0], x, weight.t()).relu_()
            if self.rate:
                factors = np.empty(x.numel(), np.float32)
                dropout_factors(low, high, self.numbers[layer], threshold, self.scale, factors)
                x.mul_(torch.from_numpy(factors).view(x.shape))
            inputs.append(x)
        return inputs

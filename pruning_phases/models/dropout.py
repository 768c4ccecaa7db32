"""Inverted dropout whose rates and random stream are buffers, so that replicas can differ."""

import numpy as np
import torch
from torch import Tensor, nn

from pruning_phases.streams import derive, random_bits


class PhaseDropout(nn.Module):
    """Dropout y = x * k / (1 - p): for every unit, k = 1 with probability 1 - p, else 0.

    p is ``train_rate`` in training mode and ``eval_rate`` in evaluation mode, so the two are
    independent (arXiv 2603.12316). Rates and key are buffers: stacked over replicas, every replica
    has its own. The unit at flat position i of the input is kept or dropped by counter i of the
    stream derive(key, layer), so a mask depends on neither the replicas beside it nor the device.
    With p = 0 the output equals the input exactly.
    """

    def __init__(self, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.compiled = False  # on the CPU, outside of vmap: the same masks, several times faster
        self.enabled = {True: False, False: False}  # by self.training: True if any rate is above 0
        self.register_buffer("train_rate", torch.zeros((), dtype=torch.float64))
        self.register_buffer("eval_rate", torch.zeros((), dtype=torch.float64))
        self.register_buffer("key", torch.zeros(2, dtype=torch.int32))

    def forward(self, x: Tensor) -> Tensor:
        if not self.enabled[self.training]:
            return x
        rate = self.get_buffer("train_rate" if self.training else "eval_rate")
        if self.compiled:
            return x if rate == 0 else x * self._factors(x, float(rate))
        counter = torch.arange(x.numel(), dtype=torch.int32, device=x.device).view(x.shape)
        bits = random_bits(derive(self.get_buffer("key"), self.layer), counter) & 0x7FFFFFFF
        keep = bits >= (rate * 2**31).to(torch.int32)
        return x * (keep * (1.0 / (1.0 - rate)).to(x.dtype))

    def _factors(self, x: Tensor, rate: float) -> Tensor:
        """Factor of every unit of x: 0, or 1 / (1 - rate)."""
        from pruning_phases.stream_kernels import dropout_factors

        low, high = self.get_buffer("key").numpy().view(np.uint32)
        factors = np.empty(x.numel(), np.float32)
        threshold, scale = np.uint32(rate * 2**31), np.float32(1.0 / (1.0 - rate))
        dropout_factors(low, high, self.layer, threshold, scale, factors)
        return torch.from_numpy(factors).view(x.shape)

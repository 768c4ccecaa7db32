"""How many networks a device holds at once. An estimate, and a cautious one: an ensemble in parts
has the same numbers and costs next to nothing more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn

SHARE = 0.4  # of the device's memory

# Weights, gradients, two moments, masks, the weights before; and copies while a record is written.
COPIES_OF_WEIGHTS = 12

COPIES_OF_ACTIVATIONS = 6  # kept for the backward pass, their gradients, dropout's random bits

BYTES = 4

CGROUPS = Path("/sys/fs/cgroup")


def chunk_size(
    build: Callable[[], nn.Module], input_shape: tuple[int, ...], batch: int, device: torch.device
) -> int:
    """Networks that fit beside each other, at least 1; ``batch`` examples of each at a time."""
    with torch.device("meta"):
        module = build()
        num_weights = sum(parameter.numel() for parameter in module.parameters())
        num_activations = _activations(module, input_shape)
        # On the CPU networks with convolutions are at work one at a time.
        alone = device.type == "cpu" and any(p.dim() > 2 for p in module.parameters())
    per_network = COPIES_OF_WEIGHTS * num_weights * BYTES
    if not alone:
        per_network += COPIES_OF_ACTIVATIONS * num_activations * batch * BYTES
    return max(1, int(SHARE * _memory(device)) // per_network)


def _activations(module: nn.Module, input_shape: tuple[int, ...]) -> int:
    """Numbers that the layers of a network put out for one example, the input included."""
    counts = [1]
    for dimension in input_shape:
        counts[0] *= dimension
    handles = [
        part.register_forward_hook(lambda _, __, output: counts.append(output.numel()))
        for part in module.modules()
        if not list(part.children())
    ]
    module(torch.zeros(1, *input_shape, device="meta"))
    for handle in handles:
        handle.remove()
    return sum(counts)


def _memory(device: torch.device) -> int:
    """Bytes in all, not those that happen to be free: so a machine always makes the same parts."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_allowed()])


def _allowed(groups: Path = Path("/proc/self/cgroup"), root: Path = CGROUPS) -> Iterator[int]:
    """What control groups leave to this process, as a scheduler or a container sets it: the limits
    of its group and of all above (version 2 in ``memory.max``, version 1 in the other file)."""
    lines = groups.read_text().splitlines() if groups.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        name = "memory.limit_in_bytes" if controllers else "memory.max"
        folder = root / controllers / path.lstrip("/")
        for group in (folder, *folder.parents):
            if group.is_relative_to(root):
                with suppress(OSError, ValueError):  # no such file, or "max"
                    yield int((group / name).read_text())

"""The number of networks that a device holds at once.

In: an architecture, a batch size, a device. Out: a chunk size, or refusal of a network that does
not fit alone. The estimate of a chunk is a cautious one: an ensemble in chunks gives the same
numbers and takes hardly more time. The refusal counts what one network needs at least. Knows no
configuration.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import torch

from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.errors import UserError

FRACTION = 0.4  # of the device's memory that the networks may fill

# Weights, gradients, two moments, masks, earlier weights, and copies while a record is written.
COPIES_OF_WEIGHTS = 12

COPIES_OF_ACTIVATIONS = 6  # kept for the backward pass, their gradients, dropout's random bits

LEAST_COPIES_OF_WEIGHTS = 3  # weights, gradients, one moment

LEAST_COPIES_OF_ACTIVATIONS = 2  # kept for the backward pass, and their gradients

BYTES = 4

GIB = 2**30

CGROUPS = Path("/sys/fs/cgroup")


def chunk_size(architecture: Architecture, batch: int, device: torch.device) -> int:
    """Number of networks that fit together, at least 1, with ``batch`` examples of each."""
    per_network = COPIES_OF_WEIGHTS * architecture.num_weights * BYTES
    # On the CPU, networks with convolutions are computed one after the other.
    if device.type != "cpu" or not architecture.has_convolutions:
        per_network += COPIES_OF_ACTIVATIONS * architecture.num_activations() * batch * BYTES
    return max(1, int(FRACTION * _memory(device)) // per_network)


def refuse_oversized(architecture: Architecture, batch: int, device: torch.device) -> None:
    """Raise UserError if the device cannot hold one network and its activations for a batch.

    ``batch`` 0: the weights alone, without a call of the network.
    """
    room = _memory(device)
    weights = LEAST_COPIES_OF_WEIGHTS * architecture.num_weights * BYTES
    there = f"and the {device.type} has {room / GIB:.1f} GiB"
    if weights > room:
        raise UserError(
            f"model: to train one network of {architecture.num_weights} weights takes "
            f"{weights / GIB:.1f} GiB or more, {there}: give a smaller model"
        )
    activations = 0
    if batch:
        activations = LEAST_COPIES_OF_ACTIVATIONS * architecture.num_activations() * batch * BYTES
    if weights + activations > room:
        raise UserError(
            f"training.batch_size={batch}: to train one network of {architecture.num_weights} "
            f"weights takes {(weights + activations) / GIB:.1f} GiB or more, {there}: give a "
            "smaller batch, or a smaller model"
        )


def refuse_oversized_data(num_bytes: int) -> None:
    """Raise UserError if the machine cannot hold a data set of this size."""
    room = _memory(torch.device("cpu"))
    if num_bytes > room:
        raise UserError(
            f"dataset: its examples take {num_bytes / GIB:.1f} GiB or more, and the cpu has "
            f"{room / GIB:.1f} GiB: give fewer or smaller examples"
        )


def _memory(device: torch.device) -> int:
    """Total bytes, not free bytes, so that one machine always makes the same chunks."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_control_group_limits()])


def _control_group_limits(
    groups: Path = Path("/proc/self/cgroup"), root: Path = CGROUPS
) -> Iterator[int]:
    """Memory limits of this process's control group and of all groups above it.

    A scheduler or a container sets them. Version 2 of control groups keeps them in ``memory.max``,
    version 1 in ``memory.limit_in_bytes``.
    """
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

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
from pruning_phases.ensemble.sparse import densest
from pruning_phases.ensemble.workers import num_workers
from pruning_phases.errors import UserError

FRACTION = 0.4  # of the device's memory that the networks may fill

# Numbers per weight of a network: weights, gradients, two moments, mask, and the weights of the
# step before; early stopping's copy of weights and moments; the bytes of a checkpoint of all that
# lasts, with masks of bytes.
COPIES_OF_WEIGHTS = 6 + 3 + 7.25

BYTES_OF_AN_EDGE = 12  # of the sparse form's graph

COPIES_OF_ACTIVATIONS = 6  # kept for the backward pass, their gradients, dropout's random bits
COPIES_IN_EVALUATION = 2  # of one layer and the next

LEAST_COPIES_OF_WEIGHTS = 3  # weights, gradients, one moment

LEAST_COPIES_OF_ACTIVATIONS = 2  # kept for the backward pass, and their gradients

BYTES = 4

GIB = 2**30

CGROUPS = Path("/sys/fs/cgroup")


def chunk_size(architecture: Architecture, batch: int, evaluated: int, device: torch.device) -> int:
    """Number of networks that fit together, at least 1; arguments as below."""
    fixed, per_network = bytes_of_networks(architecture, batch, evaluated, device)
    return max(1, int((FRACTION * _memory(device) - fixed) / per_network))


def bytes_of_networks(
    architecture: Architecture, batch: int, evaluated: int, device: torch.device
) -> tuple[float, float]:
    """Most bytes that the networks of a chunk take: one number for all, and one for each of them.

    batch, evaluated: examples of each network in an update, and in a call of the evaluation. On the
    CPU, as many networks are computed at the same time as there are workers, and a network that has
    the sparse form at every density keeps no activations.
    """
    examples = max(COPIES_OF_ACTIVATIONS * batch, COPIES_IN_EVALUATION * evaluated)
    activations = architecture.num_activations() * examples * BYTES
    weights = COPIES_OF_WEIGHTS * architecture.num_weights * BYTES
    if device.type != "cpu":
        return 0.0, weights + activations
    chain = architecture.chain
    graph = BYTES_OF_AN_EDGE * densest(chain) * (chain.num_edges if chain else 0)
    return num_workers() * activations if densest(chain) < 1 else 0.0, weights + graph


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

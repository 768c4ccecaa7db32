"""The members of an ensemble: every replica at every p_train and every training-set size.

In: the configuration. Out: members, their chunks and their stream keys. Knows no weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pruning_phases.config.enums import Difference
from pruning_phases.config.run import Config
from pruning_phases.streams import stream_key

SUBSET = "subset"  # purpose of the stream that chooses a replica's training examples


@dataclass(frozen=True)
class Member:
    """One network, with the replica's number, which decides its random streams.

    The streams do not depend on p_train and train_size. So networks that differ in these alone have
    equal initial weights, and the smaller training set is a subset of the larger one.
    """

    replica: int
    p_train: float
    train_size: int | None  # None: the full training set
    shared: bool = False  # all replicas share every stream but the choice of examples

    def stream_number(self, purpose: str) -> int:
        """Number in the address of a stream: 0 for streams that all replicas share."""
        return 0 if self.shared and purpose != SUBSET else self.replica


def members(config: Config, rates: Sequence[float] | None = None) -> list[Member]:
    """The networks at some p_train; None: those of the configuration."""
    first = config.first_replica
    sizes: Sequence[int | None] = config.dataset.train_sizes or [config.dataset.train_size]
    return [
        Member(replica, p_train, size, config.replicas_differ_in is Difference.data)
        for p_train in (config.dropout_phase.rates()[0] if rates is None else rates)
        for size in sizes
        for replica in range(first, first + config.num_replicas)
    ]


def in_chunks(everyone: list[Member], chunk_size: int) -> list[list[Member]]:
    """Split into chunks of at most ``chunk_size`` networks, as equal in size as possible."""
    num_chunks = -(-len(everyone) // chunk_size)
    ends = [round(len(everyone) * chunk / num_chunks) for chunk in range(num_chunks + 1)]
    return [everyone[begin:end] for begin, end in zip(ends, ends[1:], strict=False)]


def keys_of(group: Sequence[Member], seed: int, purpose: str, step: int = 0) -> list[int]:
    """The stream keys of networks for a purpose.

    The address consists of the seed, the replica's number, the purpose and the step alone. So a
    network does not depend on the other members. Where replicas share their random numbers, the
    number is 0 for every purpose but the choice of the training examples.
    """
    return [stream_key(seed, member.stream_number(purpose), purpose, step) for member in group]


def train_rates(group: Sequence[Member]) -> Tensor:
    """Dropout rates for training, [R] float64."""
    return torch.tensor([member.p_train for member in group], dtype=torch.float64)

"""Who is in an ensemble: every replica at every p_train and every training-set size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pruning_phases.config.choices import Difference
from pruning_phases.config.run import Config
from pruning_phases.streams import stream_key

SUBSET = "subset"  # the purpose of choosing a replica's training examples


@dataclass(frozen=True)
class Member:
    """One network. The replica's number decides its random streams; p_train and train_size do not
    enter them, so that networks which differ in these alone are compared on equal terms: equal
    initial weights, and the smaller training set is a part of the larger one."""

    replica: int
    p_train: float
    train_size: int | None  # None: all there is
    shared: bool = False  # with all other replicas: every random number but the choice of examples

    def stream_number(self, purpose: str) -> int:
        """Whose random numbers it draws for a purpose: its own, or those that all share."""
        return 0 if self.shared and purpose != SUBSET else self.replica


def members(config: Config) -> list[Member]:
    first = config.first_replica
    sizes: Sequence[int | None] = config.dataset.train_sizes or [config.dataset.train_size]
    return [
        Member(replica, p_train, size, config.replicas_differ_in is Difference.data)
        for p_train in config.dropout_phase.rates()[0]
        for size in sizes
        for replica in range(first, first + config.num_replicas)
    ]


def in_chunks(everyone: list[Member], at_once: int) -> list[list[Member]]:
    """Parts of at most ``at_once`` networks, as equal in size as can be."""
    num_parts = -(-len(everyone) // at_once)
    ends = [round(len(everyone) * part / num_parts) for part in range(num_parts + 1)]
    return [everyone[begin:end] for begin, end in zip(ends, ends[1:], strict=False)]


def keys_of(group: Sequence[Member], seed: int, purpose: str, step: int = 0) -> list[int]:
    """The stream keys of networks for a purpose.

    The address holds nothing but the seed, the replica's own number, the purpose and the step, so a
    network alone is what it is in company. Where replicas share their randomness, the number is 0
    for every purpose but the choice of the training examples.
    """
    return [stream_key(seed, member.stream_number(purpose), purpose, step) for member in group]


def train_rates(group: Sequence[Member]) -> Tensor:
    """[R] float64."""
    return torch.tensor([member.p_train for member in group], dtype=torch.float64)

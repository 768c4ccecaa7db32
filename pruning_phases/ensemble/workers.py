"""Threads that compute replicas at the same time, each with one thread inside its operations.

In: a function of a replica's number or slice. Out: its results. What a replica computes depends on
neither the number of workers nor the processor's cores, so it is equal to the byte whatever they
are.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import joblib
import torch

Part = TypeVar("Part")
Result = TypeVar("Result")

# Cores that this process may use: its affinity, its control group, OMP_NUM_THREADS.
CORES = min(joblib.cpu_count(), torch.get_num_threads())


class _Workers:
    number = 1
    pool: ThreadPoolExecutor | None = None


def set_num_workers(number: int | None) -> None:
    """Compute so many replicas at the same time, None: one for each core."""
    torch.set_num_threads(1)
    if _Workers.pool is not None:
        _Workers.pool.shutdown()
    _Workers.number, _Workers.pool = number or CORES, None


def num_workers() -> int:
    return _Workers.number


def each(function: Callable[[Part], Result], replicas: Iterable[Part]) -> list[Result]:
    """Call a function for each replica, or part of them, as many at a time as there are workers.

    The function must not call ``each`` for several replicas: all workers might wait for others.
    """
    parts = list(replicas)
    if min(_Workers.number, len(parts)) < 2:
        return [function(part) for part in parts]
    if _Workers.pool is None:
        _Workers.pool = ThreadPoolExecutor(_Workers.number, "replica", torch.set_num_threads, (1,))
    with_gradients = torch.is_grad_enabled()  # a thread has a mode of its own

    def call(part: Part) -> Result:
        with torch.set_grad_enabled(with_gradients):
            return function(part)

    return list(_Workers.pool.map(call, parts))

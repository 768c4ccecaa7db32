"""Named random streams: every random number has an address and depends on nothing else.

A stream is keyed by a hash of (seed, replica, purpose, pruning step, ...), never by adding numbers,
and is read at a counter. So the numbers of all replicas come from a few vector operations, in any
order, on any device, and no generator has a state that would have to be saved.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

BITS = 0x7FFFFFFF  # without the sign


def stream_key(*address: int | str) -> int:
    """Key of a stream, 64 bits: for example ``stream_key(seed, replica, "order", step)``."""
    text = "/".join(f"{type(part).__name__}:{part}" for part in address)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def key_words(keys: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
    """Convert keys to the tensor that the functions below take: [len(keys), 2] int32."""
    words = [(_signed(key & 0xFFFFFFFF), _signed(key >> 32)) for key in keys]
    return torch.tensor(words, dtype=torch.int32, device=device).reshape(len(keys), 2)


def random_bits(key: Tensor, counter: Tensor) -> Tensor:
    """Random bits of a stream at counters, 32 bits each, as int32.

    key: [..., 2] int32; counter: int32, broadcast against key[..., 0]. For one key this is a
    bijection of the counter.
    """
    return _mix(_mix(counter ^ key[..., 0]) + key[..., 1])


def derive(key: Tensor, number: Tensor | int) -> Tensor:
    """Key of the ``number``-th stream derived from this one: [..., 2] -> [..., 2]."""
    counter = torch.as_tensor(number, dtype=torch.int32, device=key.device) * 2
    return torch.stack((random_bits(key, counter), random_bits(key, counter + 1)), dim=-1)


def derive_several(key: Tensor, first: int, end: int) -> Tensor:
    """Keys of the streams ``first`` to ``end`` - 1 derived from one key: [2] -> [n, 2]."""
    if key.device.type != "cpu":
        return derive(key, torch.arange(first, end, dtype=torch.int32, device=key.device))
    from pruning_phases.stream_kernels import derive_all

    derived = np.empty((end - first, 2), np.uint32)
    derive_all(*key.numpy().view(np.uint32), first, derived)
    return torch.from_numpy(derived.view(np.int32))


def permutations(key: Tensor, size: int) -> Tensor:
    """Random permutation of range(size) for every key: [..., 2] -> [..., size] int64.

    The numbers are sorted by 62 random bits each. The sort is stable, so ties have one result. The
    low 31 bits are drawn for numbers whose high ones are equal.
    """
    high, order = (_sorted_on_cpu if key.device.type == "cpu" else _sorted)(key, size)
    number = order.view(-1)
    equal = torch.zeros_like(high, dtype=torch.bool)  # to the number before
    equal[..., 1:] = high[..., 1:] == high[..., :-1]
    later = equal.view(-1).nonzero().view(-1)
    if not len(later):
        return order
    tied = torch.cat([later, later - 1]).unique()
    low = random_bits(derive(key, 1).view(-1, 2)[tied // size], number[tied].int()) & BITS
    group = (~torch.isin(tied, later)).cumsum(0)
    by_low = low.argsort(stable=True)
    number[tied] = number[tied[by_low[group[by_low].argsort(stable=True)]]]
    return order


def _sorted(key: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The first ``size`` numbers of 31 bits of a stream of each key, sorted, and their places:
    both [..., size]."""
    counter = torch.arange(size, dtype=torch.int32, device=key.device)
    bits = random_bits(derive(key, 0)[..., None, :], counter) & BITS
    return bits.sort(dim=-1, stable=True)


def _sorted_on_cpu(key: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The result of ``_sorted``, in a tenth of the time: a number and its place are one word."""
    from pruning_phases.stream_kernels import numbered_bits

    words = key.reshape(-1, 2).numpy().view(np.uint32)
    packed = np.empty((len(words), size), np.uint64)
    for (low, high), row in zip(words, packed, strict=True):
        numbered_bits(low, high, np.uint32(BITS), row)
        row.sort()
    shape = (*key.shape[:-1], size)
    places = (packed & np.uint64(0xFFFFFFFF)).view(np.int64)
    return (
        torch.from_numpy((packed >> np.uint64(32)).astype(np.int32)).view(shape),
        torch.from_numpy(places).view(shape),
    )


def _mix(x: Tensor) -> Tensor:
    """Bijection of 32 bits with low bias: two multiply-xorshift rounds.

    The constants come from the hash-prospector search (C. Wellons, 2018). Shifts are masked, since
    int32 shifts keep the sign.
    """
    x = x ^ ((x >> 16) & 0xFFFF)
    x = x * 0x21F0AAAD
    x = x ^ ((x >> 15) & 0x1FFFF)
    x = x * 0x735A2D97
    return x ^ ((x >> 15) & 0x1FFFF)


def _signed(word: int) -> int:
    return word - (1 << 32) if word >= 1 << 31 else word

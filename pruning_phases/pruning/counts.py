"""Numbers of surviving weights, per round of a pruning step and per layer. Integers in and out."""


def geometric_rounds(num_surviving: int, num_kept: int, num_rounds: int) -> list[int]:
    """Surviving weights after each round of a step that is pruned in ``num_rounds`` rounds.

    A geometric series from ``num_surviving`` to ``num_kept``, which is the last entry (SynFlow,
    arXiv 2006.05467, alg. 1). Rounds that would prune nothing are left out.
    """
    ratio = max(num_kept, 1) / num_surviving
    counts = [round(num_surviving * ratio ** (done / num_rounds)) for done in range(1, num_rounds)]
    between = sorted({c for c in counts if num_kept < c < num_surviving}, reverse=True)
    return [*between, num_kept]


def layer_counts(num_kept: int, sizes: list[int], surviving: list[int]) -> list[int]:
    """Split ``num_kept`` weights between the layers so that all have the same density.

    A layer's part num_kept * size / total is rounded to an integer below or above: above for the
    largest remainders, then for the earlier layers, never above ``surviving``. The sum is exact.
    """
    total = sum(sizes)
    exact = [num_kept * size / total for size in sizes]
    counts = [min(int(number), most) for number, most in zip(exact, surviving, strict=True)]
    by_remainder = sorted(range(len(sizes)), key=lambda i: (counts[i] - exact[i], i))
    while sum(counts) < num_kept:
        for i in by_remainder:
            if counts[i] < surviving[i] and sum(counts) < num_kept:
                counts[i] += 1
    return counts

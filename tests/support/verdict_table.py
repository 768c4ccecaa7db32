"""Confusion table over planted transitions: ``python -m tests.support.verdict_table``.

The thresholds of ``analysis/verdict/fit.py`` were chosen on the seeds 0 to 49; the table is made
with the seeds 50 to 149, 100 of each kind. It takes half an hour, most of it for the Ising model.
"""

from collections import Counter
from collections.abc import Iterable

from pruning_phases.analysis.verdict.fit import UNDECIDED, WORDS, judge
from pruning_phases.statistics.curves import SizedCurve
from tests.support.planted_transitions import MOST_REPLICAS, PLANTED, planted, with_replicas

SEEDS = range(50, 150)
REPLICAS = (8, 12, 16, 24, 32, 48, 64)
NUM_RESAMPLED = 300


def words(data: Iterable[tuple[int, list[SizedCurve]]], replicas: int | None) -> Counter[str]:
    """Count the verdicts on planted curves; None: 24, 32, 48 or 64 replicas in turn."""
    return Counter(
        judge(
            with_replicas(curves, replicas or (24, 32, 48, MOST_REPLICAS)[seed % 4]),
            NUM_RESAMPLED, seed,
        ).word
        for seed, curves in data
    )  # fmt: skip


def main() -> None:
    print(f"| planted | truth | {' | '.join((*WORDS, UNDECIDED))} |")
    print(f"| --- | --- |{' --- |' * (len(WORDS) + 1)}")
    outcome = {count: Counter[str]() for count in REPLICAS}
    for name, (truth, _) in PLANTED.items():
        data = [(seed, planted(name, seed)) for seed in SEEDS]
        found = words(data, None)
        row = [str(found[word]) for word in (*WORDS, UNDECIDED)]
        print(f"| {name} | {truth} | {' | '.join(row)} |", flush=True)
        for count in REPLICAS:
            for word, number in words(data, count).items():
                kind = word if word in (truth, UNDECIDED) else "wrong"
                outcome[count]["right" if kind == truth else kind] += number
    print("\n| replicas | right | undecided | wrong |\n| --- | --- | --- | --- |")
    for count, kinds in outcome.items():
        total = kinds.total()
        shown = [f"{100 * kinds[kind] / total:.1f}%" for kind in ("right", UNDECIDED, "wrong")]
        print(f"| {count} | {' | '.join(shown)} |")


if __name__ == "__main__":
    main()

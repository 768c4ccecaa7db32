"""Confusion table over planted transitions: ``python -m tests.support.verdict_table``.

The thresholds of ``analysis/verdict/fit.py`` were chosen on the seeds 0 to 49; the table is made
with the seeds 50 to 149, 100 data sets of each model. It takes some 15 minutes on one core.
"""

from collections import Counter
from collections.abc import Callable

from pruning_phases.analysis.verdict.fit import UNDECIDED, WORDS, judge
from pruning_phases.statistics.curves import SizedCurve
from tests.support.planted_transitions import PLANTED, planted, with_replicas

SEEDS = range(50, 150)
REPLICAS = (24, 32, 48, 64)  # of the table, in turn
FEW = (8, 12, 16)  # on every fourth data set, for the dependence on the number of replicas
NUM_RESAMPLED = 300


def main(make: Callable[[str, int], list[SizedCurve]] = planted) -> None:
    print(f"| planted | truth | {' | '.join((*WORDS, UNDECIDED))} |")
    print(f"| --- | --- |{' --- |' * (len(WORDS) + 1)}")
    outcomes = {count: Counter[str]() for count in (*FEW, *REPLICAS)}
    for name, (truth, _) in PLANTED.items():
        found: Counter[str] = Counter()
        for number, seed in enumerate(SEEDS):
            curves = make(name, seed)
            main_count = REPLICAS[number % len(REPLICAS)]
            for count in (main_count, *(FEW if number % len(REPLICAS) == 0 else ())):
                word = judge(with_replicas(curves, count), NUM_RESAMPLED, seed).word
                found[word] += count == main_count
                right = {truth: "right", UNDECIDED: UNDECIDED}
                outcomes[count][right.get(word, "wrong")] += 1
        row = [str(found[word]) for word in (*WORDS, UNDECIDED)]
        print(f"| {name} | {truth} | {' | '.join(row)} |", flush=True)
    print("\n| replicas | data sets | right | undecided | wrong |\n| --- | --- | --- | --- | --- |")
    for count, kinds in outcomes.items():
        total = kinds.total()
        shown = [f"{100 * kinds[kind] / total:.1f}%" for kind in ("right", UNDECIDED, "wrong")]
        print(f"| {count} | {total} | {' | '.join(shown)} |")


if __name__ == "__main__":
    main()

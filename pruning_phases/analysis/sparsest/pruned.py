"""Pruned networks beside a search: fewest nonzeros at the target, over the width they start from.

In: pruned runs. Out: the fewest nonzeros of each pruner and width, and their growth with the width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pruning_phases.analysis.sparsest.measured import measured
from pruning_phases.config.groups import NO_SCORE
from pruning_phases.config.identity import pruner_name
from pruning_phases.records.names import systems_of
from pruning_phases.records.run import RunRecord

Array = NDArray[np.float64]

NUM_RESAMPLED = 1000


@dataclass(frozen=True)
class Pruned:
    """Networks of one pruner and one width, [replicas, steps] after each pruning."""

    pruner: str
    widths: tuple[int, ...]  # units of the hidden layers
    num_kept: NDArray[np.int64]  # [steps]
    nonzeros: NDArray[np.int64]
    accuracy: Array
    dead: Array  # fraction of the surviving weights that lie on no path from input to output


def read_pruned(records: list[RunRecord]) -> list[Pruned]:
    """Return the pruned networks of all systems, by pruner and number of units."""
    pruned = [
        record for record in records if record.info()["physics"]["pruner"]["score"] != NO_SCORE
    ]
    found = [_read(runs) for runs in systems_of(pruned).values()] if pruned else []
    return sorted(found, key=lambda one: (one.pruner, one.widths))


def _read(runs: list[RunRecord]) -> Pruned:
    table = pd.concat([measured(run) for run in runs])
    table = table[table["step"] > 0]
    wide = {
        name: table.pivot_table(index=["seed", "replica"], columns="step", values=name).to_numpy()
        for name in ("nonzeros", "accuracy", "dead", "num_kept")
    }
    layers = list(runs[0].info()["network"]["layers"].values())
    return Pruned(
        pruner_name(runs[0].info()["physics"]["pruner"]),
        tuple(int(shape[0]) for shape in layers[:-1]), wide["num_kept"][0].astype(int),
        wide["nonzeros"].astype(int), wide["accuracy"], wide["dead"],
    )  # fmt: skip


def least_nonzeros(pruned: Pruned, target: float) -> Array:
    """Fewest nonzeros of each replica that reach the target, and those of its next step, with which
    it was not reached: [2, replicas]; infinite for replicas that never reach it."""
    reached = pruned.accuracy >= target
    least = np.where(reached, pruned.nonzeros, np.inf)
    step = least.argmin(axis=1)
    rows, following = np.arange(len(step)), np.minimum(step + 1, least.shape[1] - 1)
    never = ~reached.any(axis=1)
    return np.where(never, np.inf, [least[rows, step], pruned.nonzeros[rows, following]])


def fewest(least: Array) -> tuple[float, float] | None:
    """Fewest nonzeros of all replicas, from ``least_nonzeros``, and their error; None if the target
    is never reached.

    The error holds the scatter over bootstrap samples of the replicas, and the spacing of the
    steps. A minimum falls with the number of replicas: compare equal numbers.
    """
    if not np.isfinite(least[0]).any():
        return None
    samples = resampled(least)
    return float(least[0].min()), float(samples[np.isfinite(samples)].std(ddof=1))


def resampled(least: Array) -> Array:
    """Minima [samples] over bootstrap samples of the replicas, each at a random place between the
    step that reaches the target and the next one."""
    generator = np.random.default_rng(0)
    count = least.shape[1]
    chosen = generator.integers(count, size=(NUM_RESAMPLED, count))
    best = chosen[np.arange(NUM_RESAMPLED), least[0][chosen].argmin(axis=1)]
    above, below = least[:, best]  # infinite where the target is not reached
    place, known = generator.random(NUM_RESAMPLED), np.isfinite(above)
    found = np.full(NUM_RESAMPLED, np.inf)
    found[known] = above[known] - place[known] * (above[known] - below[known])
    return found


def growth(widths: Sequence[float], least: Sequence[Array]) -> tuple[float, float] | None:
    """Slope of ln(fewest nonzeros) over ln(width), and its error: mean and deviation over bootstrap
    samples.

    That of the gap to a search is the same, since a search does not depend on the width. least:
    ``least_nonzeros`` at each width. None with fewer than two widths at which the target is
    reached.
    """
    reached = [(width, one) for width, one in zip(widths, least, strict=True)
               if np.isfinite(one).any()]  # fmt: skip
    if len({width for width, _ in reached}) < 2:
        return None
    x = np.log([width for width, _ in reached])
    y = np.log([resampled(one) for _, one in reached])
    y = y[:, np.isfinite(y).all(axis=0)]
    slopes = (x - x.mean()) @ y / ((x - x.mean()) ** 2).sum()
    return float(slopes.mean()), float(slopes.std(ddof=1))

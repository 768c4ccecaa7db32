"""Half accuracy and width of the fall of every system, and the equality of systems.

In: curves of systems. Out: landmarks in ln(control) and the chi^2 of their equality.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2 as chi2_distribution

from pruning_phases.analysis.universality.read import System
from pruning_phases.statistics.landmarks import (
    Landmark,
    Undetermined,
    distance,
    falls_below,
    locate,
)
from pruning_phases.statistics.resampling import replica_fractions

Array = NDArray[np.float64]

HALF, UPPER, LOWER = 0.5, 0.75, 0.25  # of the dense network's accuracy above chance

LEAST_PROBABILITY = 0.05  # of a chi^2 as large, below which systems are said to differ


@dataclass(frozen=True)
class Located:
    """A system with its landmarks over each control, and the width of its fall.

    half: control -> ln(control) at half accuracy. width: control -> ln of the ratio of the controls
    at three quarters and at one quarter, with its error.
    """

    system: System
    half: dict[str, Landmark | Undetermined]
    width: dict[str, tuple[float, float] | Undetermined]


def located(system: System, num_resampled: int, seed: int) -> Located:
    """Locate half accuracy and the width of the fall over each control of one system."""
    generator = np.random.default_rng(seed)
    fractions = replica_fractions(generator, system.num_replicas, num_resampled)
    half, width = {}, {}
    for name, (at, accuracy) in system.curves.items():
        marks = {
            level: locate(
                np.log(at), accuracy, fractions, partial(falls_below, threshold=level),
                f"the accuracy does not fall below {level:g} of the dense network's in",
            )
            for level in (HALF, UPPER, LOWER)
        }  # fmt: skip
        half[name], width[name] = marks[HALF], distance(marks[UPPER], marks[LOWER])
    return Located(system, half, width)


@dataclass(frozen=True)
class Equality:
    """Test that values are equal: chi^2 against their weighted mean.

    scatter: rms difference from the mean beyond the errors (DerSimonian and Laird 1986).
    """

    mean: float
    error: float
    chi2: float
    dof: int
    scatter: float

    @property
    def probability(self) -> float:
        """Probability of a chi^2 at least as large if the values are equal."""
        return float(chi2_distribution.sf(self.chi2, self.dof))

    @property
    def holds(self) -> bool:
        return self.probability >= LEAST_PROBABILITY


def equality(values: ArrayLike, errors: ArrayLike) -> Equality:
    """Weighted mean m = sum w v / sum w with w = 1/e^2, chi^2 = sum w (v - m)^2, n - 1 dof.

    values, errors: [n]. The scatter s estimates the variance that the errors lack,
    s^2 = (chi^2 - (n - 1)) / (sum w - sum w^2 / sum w), 0 if negative. The error of the mean is
    1 / sqrt(sum w), widened by sqrt(chi^2 / dof) where that exceeds 1.
    """
    value, weight = np.asarray(values, float), 1 / np.asarray(errors, float) ** 2
    total, dof = weight.sum(), len(value) - 1
    mean = float((weight * value).sum() / total)
    chi2 = float((weight * (value - mean) ** 2).sum())
    excess = (chi2 - dof) / (total - (weight**2).sum() / total)
    widen = np.sqrt(max(1.0, chi2 / dof))
    return Equality(
        mean, float(widen / np.sqrt(total)), chi2, dof, float(np.sqrt(max(excess, 0.0)))
    )


@dataclass(frozen=True)
class Comparison:
    """Equality of ln(control) at half accuracy: of all systems, and within groups of them.

    Systems of a group differ in one group of options alone; groups holds the name of these options
    and the names of the systems. None with fewer than two systems.
    """

    all: Equality | None
    width: Equality | None  # of the widths of the falls
    groups: list[tuple[str, list[str], Equality]]

    @property
    def relative_scatter(self) -> float | None:
        """Scatter of the half accuracies in units of the width of the fall, for any control."""
        if self.all is None or self.width is None or self.width.mean <= 0:
            return None
        return self.all.scatter / self.width.mean


def compare(systems: Mapping[str, Located], control: str) -> Comparison:
    """Compare the systems over one control."""
    half = {
        name: (mark.value, mark.error)
        for name, one in systems.items()
        if isinstance(mark := one.half.get(control), Landmark)
    }
    width = {
        name: found
        for name, one in systems.items()
        if isinstance(found := one.width.get(control), tuple)
    }
    groups = [
        (option, names, test)
        for option, names in _alike(systems, list(half))
        if (test := _equality_of(half, names))
    ]
    return Comparison(_equality_of(half, list(half)), _equality_of(width, list(width)), groups)


def _equality_of(found: Mapping[str, tuple[float, float]], names: list[str]) -> Equality | None:
    if len(names) < 2:
        return None
    return equality(*np.array([found[name] for name in names]).T)


def _alike(systems: Mapping[str, Located], names: list[str]) -> list[tuple[str, list[str]]]:
    """Groups of systems that differ in one group of options: its name, and the systems."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        for option, others in systems[name].system.groups.items():
            groups[option, others].append(name)
    return [(option, members) for (option, _), members in groups.items() if len(members) > 1]

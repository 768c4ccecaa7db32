"""Everything that is measured at each size, from curves of replicas.

In: one curve per size. Out: ``Measured``, which the rule judges and the figure shows.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pruning_phases.analysis.collapse.sized_runs import fluctuations
from pruning_phases.analysis.verdict.evidence import (
    Modes,
    Moments,
    degrees_of_freedom,
    falling,
    half_points,
    modes,
    moments,
    num_in_peak,
    peak_width,
    susceptibility_peak,
    width,
)
from pruning_phases.errors import UserError
from pruning_phases.statistics.crossings import Located, SampledCurve, crossing
from pruning_phases.statistics.curves import SizedCurve

COVERED = 0.5  # fraction of the common height that the mean of a size has to cover
FEWEST_IN_PEAK = 3.0  # effective number of control values that resolve the variance's peak


@dataclass(frozen=True)
class Measured:
    """Everything measured at each size, ascending."""

    curves: list[SizedCurve]  # num_weights is N
    moments: list[Moments]
    half_points: list[Located]
    widths: list[Located]
    inside: list[bool]  # the control values contain the fall and the peak of the variance
    widths_resolved: list[bool]
    peak_widths: list[Located]
    peaks: list[Located]  # of the susceptibility
    peaks_resolved: list[bool]
    modes: list[Modes]
    binder: list[SampledCurve]
    crossings: list[Located]  # of the Binder cumulants of neighbouring sizes

    @property
    def resolved(self) -> list[bool]:
        """True for sizes with several control values in their fall and in their variance peak."""
        return [
            fall and peak
            for fall, peak in zip(self.widths_resolved, self.peaks_resolved, strict=True)
        ]


def measure(curves: list[SizedCurve], num_resampled: int, seed: int) -> Measured:
    """Measure every size with the same number of resampled replicas."""
    if len(curves) < 2:
        raise UserError(f"runs: {len(curves)} size: a verdict compares three or more")
    generator = np.random.default_rng(seed)
    curves = degrees_of_freedom(curves)
    each = [moments(item, generator, num_resampled) for item in curves]
    sign = falling(each)
    height = float(np.ptp(np.concatenate([one.mean[0] for one in each])))
    counts = [item.num_weights for item in curves]
    both = list(zip(counts, each, strict=True))
    widths = [width(count, one, sign, height) for count, one in both]
    peaks = [susceptibility_peak(count, one) for count, one in both]
    inside = [
        peak.value is not None and bool(np.ptp(one.mean[0]) >= COVERED * height)
        for peak, one in zip(peaks, each, strict=True)
    ]
    binder = fluctuations(curves, "binder", num_resampled, seed)
    return Measured(
        curves, each, [half_points(count, one, sign) for count, one in both],
        [found for found, _ in widths], inside, [resolved for _, resolved in widths],
        [peak_width(count, one) for count, one in both],
        peaks,
        [num_in_peak(one) >= FEWEST_IN_PEAK for one in each],
        [modes(item, one, generator, num_resampled)
         for item, one in zip(curves, each, strict=True)],
        binder, [crossing(first, second) for first, second in pairwise(binder)],
    )  # fmt: skip

"""Crossings and peaks of the curves of different sizes, and their dependence on size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from pruning_phases.statistics.least_squares import weighted_line
from pruning_phases.statistics.resampling import MOST_LOST, half_width
from pruning_phases.statistics.splines import MORE_FLEXIBLE, cubic_splines

Array = NDArray[np.float64]

FEWEST_SPLINES, MOST_SPLINES = 4, 31

SMALLEST = 1e-6  # of the largest value: smaller values are raised to it before the logarithm

GRID = 801  # positions at which smoothed curves are compared

SPREAD_OUT = 20.0  # ratio of largest to smallest control from which the axis is logarithmic

RELEVANT = 0.01  # fraction of the curves' total rise by which they also separate

CLEAR = 3.0  # standard errors by which curves separate on both sides of a crossing


@dataclass(frozen=True)
class SampledCurve:
    """The curve of one size: values [points], and resampled ones, samples [batch, points]."""

    size: float
    control: Array
    values: Array
    error: Array
    samples: Array


@dataclass(frozen=True)
class Located:
    """A crossing or a peak: its control and its value. None: not determined, with a reason."""

    sizes: tuple[float, ...]
    control: tuple[float, float] | None  # and its error
    value: tuple[float, float] | None = None
    reason: str | None = None
    samples: Array | None = None  # [batch] of resampled curves, NaN where there is none

    @property
    def size(self) -> float:
        """The geometric mean of the sizes."""
        return float(np.exp(np.mean(np.log(self.sizes))))


def crossing(first: SampledCurve, second: SampledCurve) -> Located:
    """The crossing of two curves that separate most clearly on both of its sides."""
    sizes = (first.size, second.size)
    low = max(first.control.min(), second.control.min())
    high = min(first.control.max(), second.control.max())
    if not low < high:
        return Located(sizes, None, reason="the curves share no range of the control parameter")
    grid = _grid(low, high)
    curves = [_smooth(curve, grid) for curve in (first, second)]
    batch = min(len(curve) for curve in curves)
    difference = curves[1][:batch] - curves[0][:batch]  # the curves themselves are row 0
    roots = _sign_changes(grid, difference[0])
    if not len(roots):
        return Located(sizes, None, reason="the curves do not cross")
    rise = max(float(np.ptp(curve[0])) for curve in curves)
    separation = np.where(
        _separation(np.abs(difference[0]) / rise, grid, roots) > RELEVANT,
        _separation(np.abs(difference[0]) / _spread(difference[1:]), grid, roots), 0.0,
    )  # fmt: skip
    if separation.max() < CLEAR:
        return Located(
            sizes, None,
            reason=f"the curves do not separate by {CLEAR:g} errors and {RELEVANT:.0%} of their "
            "rise on both sides of any crossing",
        )  # fmt: skip
    central = roots[separation.argmax()]
    found = np.array([_nearest(_sign_changes(grid, row), central) for row in difference[1:]])
    if np.isnan(found).mean() > MOST_LOST:
        return Located(sizes, None, reason="within their errors the curves need not cross")
    return Located(sizes, (float(central), float(half_width(found))), samples=found)


def peak(curve: SampledCurve) -> Located:
    """The maximum of a curve of positive values with equal relative errors, such as a variance.

    Not determined if it lies at an end of the range.
    """
    grid = _grid(curve.control.min(), curve.control.max())
    smooth = _smooth_logarithms(curve, grid)
    top = smooth.argmax(axis=1)
    inside = (top > 0) & (top < GRID - 1)
    if not inside[0]:
        return Located((curve.size,), None, reason="the largest value is at an end of the range")
    if inside[1:].mean() < 1 - MOST_LOST:
        return Located((curve.size,), None, reason="within its errors the curve need not peak")
    spread = half_width(grid[top[1:]][inside[1:]])
    return Located(
        (curve.size,),
        (float(grid[top[0]]), float(spread)),
        (float(smooth[0].max()), float(half_width(smooth.max(axis=1)[1:]))),
    )


def extrapolate(
    crossings: list[Located], low: float, high: float
) -> tuple[tuple[float, float] | None, str | None]:
    """The crossings' limit at infinite size, p(L) = p_inf + a / L, weighted with their errors.

    The error is the larger of that of the line and that of lines through resampled crossings. None
    and the reason with fewer than three crossings, or if the line leaves the range of the control.
    """
    known = [item for item in crossings if item.control and item.control[1] > 0]
    if len(known) < 3:
        return None, f"{len(known)} crossings with errors: three are needed"
    value, error = np.array([item.control for item in known], dtype=float).T
    inverse = np.array([1 / item.size for item in known])
    limit, own_error = weighted_line(inverse, value, error)[0]
    if not low <= limit <= high:
        return None, f"the line ends at {limit:.3g}, outside the measured range"
    # Neighbouring crossings have one curve in common, so that their errors are correlated.
    if all(item.samples is not None for item in known):
        draws = np.stack([item.samples for item in known if item.samples is not None])
        limits = [
            weighted_line(inverse, row, error)[0][0] for row in draws.T if np.isfinite(row).all()
        ]
        own_error = max(own_error, float(half_width(limits)))
    return (limit, own_error), None


def size_exponent(peaks: list[Located]) -> tuple[float, float] | None:
    """d ln(height) / d ln(size) of the peaks: gamma / nu for a susceptibility."""
    known = [item for item in peaks if item.value and item.value[0] > 0 and item.value[1] > 0]
    if len(known) < 2:
        return None
    height, error = np.array([item.value for item in known], dtype=float).T
    return weighted_line(np.log([item.size for item in known]), np.log(height), error / height)[1]


def _smooth_logarithms(curve: SampledCurve, grid: Array) -> Array:
    """Smoothed logarithms, since values of equal relative errors have equal errors there."""
    rows = np.vstack([curve.values, curve.samples])
    rows = np.log(np.maximum(rows, SMALLEST * rows.max()))
    error = np.full(len(curve.control), rows[1:].std(axis=0).mean())
    logarithms = SampledCurve(curve.size, curve.control, rows[0], error, rows[1:])
    smooth: Array = np.exp(_smooth(logarithms, grid))
    return smooth


def _smooth(curve: SampledCurve, grid: Array) -> Array:
    """Curve and samples [1 + batch, grid] as cubic splines.

    Their number minimizes the Bayesian information criterion, plus MORE_FLEXIBLE: with more of them
    noise makes crossings, with fewer a crossing shifts by more than its error.
    """
    position = _position(curve.control, curve.control)
    rows = np.vstack([curve.values, curve.samples]) / curve.error
    limit = max(FEWEST_SPLINES, min(MOST_SPLINES, len(position) // 2))

    def fit(count: int, values: Array) -> tuple[Array, Array]:
        splines = cubic_splines(position, count) / curve.error[:, None]
        coefficients = np.asarray(np.linalg.lstsq(splines, values, rcond=None)[0], np.float64)
        return coefficients, splines @ coefficients

    def criterion(count: int) -> float:  # of the measured curve; its samples take as many
        chi2 = ((rows[0] - fit(count, rows[0])[1]) ** 2).sum()
        return float(chi2 + count * np.log(len(position)))

    best = min(range(FEWEST_SPLINES, limit + 1), key=criterion)
    count = min(best + MORE_FLEXIBLE, limit)
    return (cubic_splines(_position(grid, curve.control), count) @ fit(count, rows.T)[0]).T


def _separation(distance: Array, grid: Array, roots: Array) -> Array:
    """Largest distance [grid] of the curves between a root and its neighbours [roots].

    The smaller one of the two sides counts.
    """
    ends = np.searchsorted(grid, roots)
    stretches = np.array([piece.max(initial=0.0) for piece in np.split(distance, ends)])
    return np.minimum(stretches[:-1], stretches[1:])


def _spread(differences: Array) -> Array:
    """Standard deviation of resampled differences, infinite where they do not vary."""
    error = differences.std(axis=0)
    return np.where(error > 0, error, np.inf)


def _logarithmic(low: float, high: float) -> bool:
    return low > 0 and high / low > SPREAD_OUT


def _grid(low: float, high: float) -> Array:
    return (np.geomspace if _logarithmic(low, high) else np.linspace)(low, high, GRID)


def _position(control: Array, whole: Array) -> Array:
    """Position of ``control`` in [0, 1] among the values of ``whole``, a smooth function of it.

    Neighbouring values of ``whole`` are equally far apart. Otherwise splines would swing where
    values are scarce beside a finely measured region.
    """
    places = np.unique(whole)
    if _logarithmic(places[0], places[-1]):
        control, places = np.log(control), np.log(places)
    position = PchipInterpolator(places, np.linspace(0, 1, len(places)))
    return np.asarray(position(np.clip(control, places[0], places[-1])), dtype=np.float64)


def _sign_changes(grid: Array, difference: Array) -> Array:
    """Zeros of a curve, interpolated linearly."""
    index = np.flatnonzero(difference[:-1] * difference[1:] < 0)
    fraction = difference[index] / (difference[index] - difference[index + 1])
    return grid[index] + fraction * (grid[index + 1] - grid[index])


def _nearest(roots: Array, centre: float) -> float:
    return float(roots[np.abs(roots - centre).argmin()]) if len(roots) else np.nan

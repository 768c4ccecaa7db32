"""Evolution metric: movement of the surviving weights between two snapshots."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pruning_phases.observables.registry import WEIGHTS, Observable

OBSERVABLES = (
    Observable(
        "evolution_metric", "evolution metric", WEIGHTS, scale="log", colour="indigo", marker="H"
    ),
)
WHOLE = "all"  # name of the rows of the whole network


def evolution_metric(
    num_surviving: ArrayLike,
    target_sum: ArrayLike,
    target_square_sum: ArrayLike,
    residual_square_sum: ArrayLike,
) -> NDArray[np.float64]:
    """EM(t, t') = 1 - adjusted R^2: the earlier weights w predict the later weights w'.

    Over the n weights that survive at t': RSS = sum (w' - w)^2, TSS = sum w'^2 - (sum w')^2 / n,
    R^2 = 1 - RSS/TSS, adjusted R^2 = 1 - (1 - R^2)(n - 1)/(n - 2) for one regressor, so
    EM = (RSS/TSS)(n - 1)/(n - 2). Dimensionless, 0 where nothing moved, not bounded above.
    Undefined for n <= 2 or TSS = 0: NaN. Arguments are float64 sums of any equal shape.
    arXiv 2602.15224, the definitions of adjusted R^2 and of the evolution metric.
    """
    n, total, squares, residual = (
        np.asarray(part, dtype=np.float64)
        for part in (num_surviving, target_sum, target_square_sum, residual_square_sum)
    )
    spread = squares - total**2 / np.maximum(n, 1)
    # A spread of the size of the rounding error is 0.
    defined = (n > 2) & (spread > 1e-14 * squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(defined, residual / spread * (n - 1) / (n - 2), np.nan)


def movement_sums(surviving: NDArray[np.bool_], later: NDArray, earlier: NDArray) -> NDArray:
    """Sums that ``evolution_metric`` takes: n, sum w', sum w'^2, sum (w' - w)^2, float64.

    They run over the surviving weights of one network; the arrays have one shape.
    """
    places = surviving.ravel().nonzero()[0]  # several times faster as an index than the mask
    target, before = (one.ravel()[places].astype(np.float64) for one in (later, earlier))
    moved = target - before
    return np.array([len(target), target.sum(), (target**2).sum(), (moved**2).sum()])

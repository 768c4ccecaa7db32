"""The evolution metric against scikit-learn and the definition of the adjusted R^2."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from pruning_phases.observables.evolution import evolution_metric


def metric(earlier, later):
    later, earlier = np.asarray(later, float), np.asarray(earlier, float)
    return float(
        evolution_metric(len(later), later.sum(), (later**2).sum(), ((later - earlier) ** 2).sum())
    )


@pytest.mark.parametrize("num_weights", [3, 4, 10, 1000])
@pytest.mark.parametrize("noise", [0.0, 0.01, 3.0])
def test_the_metric_agrees_with_scikit_learn(num_weights, noise):
    rng = np.random.default_rng(num_weights)
    earlier = rng.normal(size=num_weights)
    later = earlier + noise * rng.normal(size=num_weights)
    adjusted = 1 - (1 - r2_score(later, earlier)) * (num_weights - 1) / (num_weights - 2)
    assert metric(earlier, later) == pytest.approx(1 - adjusted, abs=1e-12)


def test_the_metric_by_hand():
    # RSS = 1 + 0 + 1 = 2; mean 8/3, TSS = 4/9 + 4/9 + 16/9 = 8/3; EM = (3/4)(3 - 1)/(3 - 2).
    assert metric([1, 2, 3], [2, 2, 4]) == pytest.approx(1.5)


def test_the_metric_is_not_symmetric():
    assert metric([1, 2, 3], [2, 2, 4]) != pytest.approx(metric([2, 2, 4], [1, 2, 3]))


@pytest.mark.parametrize("later", [[], [0.3], [0.3, -0.1], [0.5, 0.5, 0.5], [0.1, 0.1, 0.1]])
def test_an_undefined_metric_is_nan(later):
    assert np.isnan(metric(np.zeros(len(later)), later))


def test_three_surviving_weights_suffice():
    assert metric([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]) == 0

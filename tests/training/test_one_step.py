"""One step of the first layer, then ridge regression of the second."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from pruning_phases.training.one_step import (
    RidgeSums,
    after_step,
    features,
    gradient_sums,
    initial_weights,
)


@pytest.fixture
def examples():
    generator = np.random.default_rng(0)
    return generator.standard_normal((80, 6)), generator.standard_normal(80), generator


def test_initial_weights_are_uniform_on_the_sphere():
    weights = initial_weights(np.random.default_rng(0), 20_000, 3)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=1), 1)
    # Archimedes: each coordinate is uniform on [-1, 1].
    counts, _ = np.histogram(weights[:, 1], bins=10, range=(-1, 1))
    assert np.abs(counts / 2000 - 1).max() < 0.1


def test_slopes_are_those_of_autograd(examples):
    x, y, generator = examples
    weights, biases = generator.standard_normal((4, 6)), generator.standard_normal(4)
    w = torch.tensor(np.concatenate([weights, weights]), requires_grad=True)
    a = torch.tensor([1.0] * 4 + [-1.0] * 4, dtype=torch.float64)
    b = torch.tensor(np.concatenate([biases, biases]))
    output = torch.relu(torch.tensor(x) @ w.T + b) @ a
    assert output.abs().max() < 1e-12
    (gradients,) = torch.autograd.grad(((output - torch.tensor(y)) ** 2).mean() / 2, w)
    found = gradient_sums(x, y, weights, biases) / len(y)
    np.testing.assert_allclose(gradients[:4], found, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(gradients[4:], -found, rtol=1e-10, atol=1e-14)
    parts = sum(gradient_sums(x[i], y[i], weights, biases) for i in np.split(np.arange(80), 4))
    np.testing.assert_allclose(parts, gradient_sums(x, y, weights, biases), rtol=1e-10)


def test_the_step_forgets_the_initial_weights_and_has_mean_square_norm_1():
    gradients = np.random.default_rng(0).standard_normal((5, 6))
    new = after_step(gradients)
    assert np.mean(np.sum(new**2, axis=1)) == pytest.approx(1)
    np.testing.assert_array_equal(new[5:], -new[:5])
    assert (new[:5] * gradients <= 0).all()
    np.testing.assert_array_equal(after_step(np.zeros((2, 3))), 0)


@pytest.mark.parametrize("penalty", [1e-6, 1e-2, 3.0])
def test_ridge_regression_is_scikit_learns(examples, penalty):
    x, y, generator = examples
    hidden = features(x, generator.standard_normal((7, 6)), generator.standard_normal(7))
    sums = RidgeSums(7)
    for part in np.split(np.arange(80), 4):
        sums.add(hidden[part], y[part])
    coefficients, intercept = sums.fit(penalty)
    theirs = Ridge(alpha=penalty * 80).fit(hidden, y)
    np.testing.assert_allclose(coefficients, theirs.coef_, rtol=1e-7, atol=1e-10)
    assert intercept == pytest.approx(theirs.intercept_, rel=1e-7)

"""Probes: gradients by autograd and finite differences, truncation, support of easy features."""

import numpy as np
import pytest
import torch

from pruning_phases.data.sparse_features import directions, response
from pruning_phases.pruning.probes import even_and_odd, probe_sums, support, truncated
from tests.support.slow_cases import slow


def planted(seed, num_examples, num_inputs=40, num_relevant=4, exponent=2):
    generator = np.random.default_rng(seed)
    v = directions(generator, num_inputs, num_relevant, 1)
    x = generator.standard_normal((num_examples, num_inputs))
    return x, response(x, v, exponent), generator.standard_normal(num_inputs), v


def slopes_of_probes(x, y, biases, sign):
    """By autograd: gradients of mean (f - y)^2 / 2, where two neurons with weights sign e_j and
    output weights 1 and -1 give f = 0, in the weights of the first."""
    x, y, biases = (torch.tensor(part) for part in (x, y, biases))
    first = (sign * torch.eye(x.shape[1], dtype=torch.float64)).requires_grad_()
    total = 0.0
    for j in range(x.shape[1]):
        one = torch.relu(x @ first[j] + biases[j])
        other = torch.relu(x @ first[j].detach() + biases[j])
        total = total + ((one - other - y) ** 2).mean() / 2
    (gradients,) = torch.autograd.grad(total, first)
    return gradients.numpy()


def test_even_and_odd_slopes_are_those_of_autograd():
    x, y, biases, _ = planted(0, 60, 7)
    plus, minus = (slopes_of_probes(x, y, biases, sign) for sign in (1.0, -1.0))
    even, odd = even_and_odd(probe_sums(x, y, biases), len(x))
    np.testing.assert_allclose(even, (plus - minus) / 2, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(odd, (plus + minus) / 2, rtol=1e-12, atol=1e-15)


def test_slopes_are_finite_differences():
    x, y, biases, _ = planted(1, 60, 5)
    even, odd = even_and_odd(probe_sums(x, y, biases), len(x))
    step = 1e-6
    for probe, coordinate in ((0, 0), (2, 4), (4, 1)):

        def loss(shift, probe=probe, coordinate=coordinate):
            w = np.eye(5)[probe]
            moved = w.copy()
            moved[coordinate] += shift
            f = np.maximum(x @ moved + biases[probe], 0) - np.maximum(x @ w + biases[probe], 0)
            return np.mean((f - y) ** 2) / 2

        by_hand = (loss(step) - loss(-step)) / (2 * step)
        assert (even + odd)[probe, coordinate] == pytest.approx(by_hand, rel=1e-4, abs=1e-6)


def test_sums_of_parts_add_up():
    x, y, biases, _ = planted(2, 50, 6)
    parts = [probe_sums(x[a:b], y[a:b], biases) for a, b in ((0, 13), (13, 50))]
    for whole, *others in zip(probe_sums(x, y, biases), *parts, strict=True):
        np.testing.assert_allclose(sum(others), whole, rtol=1e-12)


def test_truncation_keeps_the_largest_magnitudes_of_each_row():
    rows = np.array([[3.0, -5.0, 1.0, 2.0], [0.1, 0.2, -0.4, 0.3]])
    expected = [[3.0, -5.0, 0, 0], [0, 0, -0.4, 0.3]]
    np.testing.assert_array_equal(truncated(rows, 2), expected)
    np.testing.assert_array_equal(truncated(rows, 4), rows)


@pytest.mark.parametrize(("exponent", "num_examples"), [(1, 6000), (2, 6000), *slow((3, 100_000))])
def test_the_support_of_easy_features_is_found(exponent, num_examples):
    """40 planted responses: at least 99% of the relevant inputs, among 3 (s + 2) chosen ones."""
    found, chosen = [], []
    for seed in range(40):
        x, y, biases, v = planted(seed, num_examples, exponent=exponent)
        inputs = support(*even_and_odd(probe_sums(x, y, biases), len(x)), 6)
        relevant = np.flatnonzero(v[:, 0])
        found.append(np.isin(relevant, inputs).mean())
        chosen.append(len(inputs))
    assert np.mean(found) >= 0.99
    assert max(chosen) <= 18


def test_even_responses_are_in_the_even_slopes_and_odd_ones_in_the_odd_slopes():
    for exponent in (1, 2, 3):
        x, y, biases, _ = planted(0, 200_000, 6, 3, exponent)
        norms = [np.abs(one).max() for one in even_and_odd(probe_sums(x, y, biases), len(x))]
        own, other = norms if exponent % 2 == 0 else norms[::-1]
        assert own > 4 * other


def test_the_support_of_noise_is_found_by_chance_alone():
    found = []
    for seed in range(40):
        x, y, biases, v = planted(seed, 2000)
        np.random.default_rng(seed).shuffle(y)
        inputs = support(*even_and_odd(probe_sums(x, y, biases), len(x)), 6)
        found.append(np.isin(np.flatnonzero(v[:, 0]), inputs).mean())
    assert np.mean(found) < 0.45 + 0.1  # at most 18 of 40 inputs are chosen

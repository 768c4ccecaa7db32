"""Phases of planted losses: exponents, boundaries and crossings lie within their errors."""

import numpy as np
import pytest

from pruning_phases.analysis.common.losses import Losses
from pruning_phases.analysis.phase_diagram.fit import (
    PHASES,
    UNDECIDED,
    ability_ends,
    learning_ends,
    phase_of,
    probabilities,
    slopes,
)
from pruning_phases.statistics.phases import scaling_exponent

SIZES = np.array([128.0, 512, 2048, 8192, 32768])
CONTROL = np.array([0.0, 0.4, 0.8])


def planted(alphas, heights, seed=0, replicas=5, noise=0.05, num_classes=10, control=CONTROL):
    """L = height (N / 128)^-alpha with relative noise; alphas and heights [p_train, control]."""
    generator = np.random.default_rng(seed)
    alphas, heights = np.asarray(alphas, float), np.asarray(heights, float)
    mean = heights[..., None] * (SIZES / 128) ** -alphas[..., None]
    # The losses of networks that learn nothing have little scatter.
    scatter = noise * np.where((alphas == 0) & (np.abs(heights - 2.3) < 0.1), 0.1, 1.0)
    deviation = generator.normal(size=(*mean.shape, replicas))
    values = mean[..., None] * np.exp(scatter[..., None, None] * deviation)
    p_train = np.linspace(0, 0.99, len(alphas))
    return Losses(p_train, control[: alphas.shape[1]], SIZES, values, num_classes)


def phases(losses, least_alpha=0.05, least_gain=0.05, confidence=0.95):
    chances = probabilities(losses, slopes(losses), least_alpha, least_gain)
    return [
        [phase_of(chances[:, row, column], confidence) for column in range(chances.shape[2])]
        for row in range(chances.shape[1])
    ]


def test_the_exponent_of_an_exact_power_is_exact():
    assert scaling_exponent(SIZES, 3 * SIZES**-0.37) == pytest.approx(0.37)
    assert scaling_exponent(SIZES, np.full(5, 2.3)) == pytest.approx(0)


def test_errors_cover_planted_exponents_as_often_as_they_say():
    pulls, totals = [], []
    for seed in range(150):
        losses = planted([[0.45, 0.1, 0.0]], [[1.0, 2.0, 9.0]], seed, replicas=6)
        found = slopes(losses)
        off = found.alpha - [[0.45, 0.1, 0.0]]
        pulls += (off / found.statistical).ravel().tolist()
        totals += (off / found.error).ravel().tolist()
    # Student's t with 5 degrees of freedom has 63.7% within one standard error.
    assert (np.abs(pulls) < 1).mean() == pytest.approx(0.637, abs=0.08)
    assert (np.abs(totals) < 3).mean() > 0.97


LEARNING = ([[0.45, 0.3, 0.0], [0.4, 0.35, 0.1], [0.0, 0.0, 0.0]],
            [[1.0, 1.5, 9.0], [1.2, 1.5, 2.5], [2.303, 2.303, 2.31]])  # fmt: skip


def test_planted_phases_are_recovered():
    wrong = 0
    for seed in range(40):
        found = phases(planted(*LEARNING, seed=seed))
        assert found[2] == ["amentia"] * 3
        expected = ["eumentia", "eumentia", "dementia"]
        wrong += sum(a not in (b, UNDECIDED) for a, b in zip(found[0], expected, strict=True))
        assert found[0][:2] == expected[:2] and found[1][0] == "eumentia"
    assert wrong <= 2


def test_a_point_on_the_threshold_is_undecided():
    """No phase may be claimed more often than the confidence admits."""
    claimed = [
        phases(planted([[0.45, 0.05]], [[1.0, 9.0]], seed, noise=0.1))[0][1] for seed in range(100)
    ]
    assert claimed.count(UNDECIDED) >= 80
    few = planted([[0.45, 0.0]], [[1.0, 9.0]], replicas=2, noise=0.3)
    assert phases(few)[0][1] == UNDECIDED


def test_a_small_loss_that_no_longer_falls_is_not_dementia():
    """At the best p_eval alpha is 0 because the networks have learned everything."""
    assert phases(planted([[0.0, 0.0]], [[0.05, 0.05]]))[0] == [UNDECIDED, UNDECIDED]


def test_every_threshold_has_an_effect():
    losses = planted(*LEARNING)
    assert phases(losses)[0][:2] == ["eumentia", "eumentia"]
    assert phases(losses, least_alpha=0.4)[0][1] == "dementia"
    assert phases(losses, least_gain=0.99)[0] == ["amentia"] * 3
    assert phases(losses, confidence=1 - 1e-12)[0][2] == UNDECIDED


def test_losses_far_above_ln_c_are_not_amentia():
    far = planted([[0.0, 0.0]], [[9.0, 12.0]])
    assert phases(far)[0] == [UNDECIDED, UNDECIDED]
    assert "above ln C" in ability_ends(far, 0.05).reason


def test_the_error_of_a_boundary_follows_from_that_of_alpha():
    control = np.array([0.0, 0.1, 0.2, 0.3])
    mean = (SIZES / 128) ** -(0.11 - 0.4 * control)[:, None]
    noise = np.exp(0.2 * np.random.default_rng(0).normal(size=(1, 4, 5, 6)))
    losses = Losses(np.zeros(1), control, SIZES, mean[None, ..., None] * noise, 10)
    found = slopes(losses)
    boundary = learning_ends(losses, found, 0, 0.05)
    # alpha falls by 0.4 per unit of the control: an error of 0.04 in alpha shifts it by 0.1.
    assert boundary.error > 0.7 * found.error.mean() / 0.4 > 0.05


def test_the_parts_of_a_boundary_s_error_are_its_shifts_by_each_source():
    # Exact powers that bend at the largest size, and replicas that scatter by a common factor.
    control = np.linspace(0, 1, 101)
    mean = (SIZES / 128) ** -(0.3 - 0.4 * control)[:, None]
    bent = mean * np.array([1, 1, 1, 1, 1.1])
    for values, large, small in (
        (bent[..., None] * np.ones(3), "sizes", "replicas"),
        (mean[..., None] * SIZES[:, None] ** [-0.02, 0.0, 0.02], "replicas", "sizes"),
    ):
        losses = Losses(np.zeros(1), control, SIZES, values[None], 10)
        found = slopes(losses)
        parts = learning_ends(losses, found, 0, 0.05).parts
        errors = {"sizes": found.systematic[0, 60], "replicas": found.statistical[0, 60]}
        assert parts[large] == pytest.approx(errors[large] / 0.4, rel=1e-3) and parts[large] > 0.02
        assert parts[small] < 1e-6 and parts["interpolation"] == pytest.approx(0.01 / np.sqrt(12))


def test_three_sizes_that_bend_have_a_wide_error():
    values = np.array([1.0, 0.99, 0.5])[None, None, :, None] * np.array([0.99, 1.0, 1.01])
    found = slopes(Losses(np.zeros(1), CONTROL[:1], SIZES[:3], values, 10))
    assert found.error > 0.2


def test_networks_without_scatter_have_finite_probabilities():
    values = (SIZES[None, None, :, None] ** -0.4) * np.ones((1, 2, 1, 3))
    losses = Losses(np.zeros(1), CONTROL[:2], SIZES, values, 10)
    assert np.isfinite(probabilities(losses, slopes(losses), 0.05, 0.05)).all()
    assert phases(losses)[0] == ["eumentia", "eumentia"]


def test_a_dip_of_alpha_is_no_boundary():
    alphas = [[0.4, 0.02, 0.3]]
    losses = planted(alphas, [[1.0, 1.0, 1.0]], noise=0.01)
    assert "at the last point" in learning_ends(losses, slopes(losses), 0, 0.05).reason


def test_probabilities_lie_between_0_and_1():
    losses = planted(*LEARNING)
    chances = probabilities(losses, slopes(losses), 0.05, 0.05)
    assert chances.shape == (len(PHASES), 3, 3)
    assert (chances >= 0).all() and (chances.sum(axis=0) <= 1 + 1e-12).all()


def test_boundaries_lie_at_the_crossings_of_the_thresholds():
    # alpha falls linearly: 0.45 - 0.5 control crosses 0.05 at 0.8 exactly, between grid points.
    control = np.array([0.0, 0.3, 0.6, 0.9])
    pulls = []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        mean = (SIZES / 128) ** -(0.45 - 0.5 * control)[:, None]
        noise = np.exp(0.05 * generator.normal(size=(1, 4, 5, 6)))
        losses = Losses(np.zeros(1), control, SIZES, mean[None, ..., None] * noise, 10)
        found = learning_ends(losses, slopes(losses), 0, 0.05)
        assert found.bracket == (0.6, 0.9)
        pulls.append((found.value - 0.8) / found.error)
    assert (np.abs(pulls) < 2).mean() >= 0.95
    never = planted([[0.4, 0.4, 0.4]], [[1.0, 1.0, 1.0]])
    ends = learning_ends(never, slopes(never), 0, 0.05)
    assert ends.value is None and "above 0.05 at all points" in ends.reason
    amentia = ability_ends(planted(*LEARNING), 0.05)
    assert amentia.bracket == (pytest.approx(0.495), pytest.approx(0.99))
    assert 0.495 < amentia.value < 0.99 and amentia.error > 0.1

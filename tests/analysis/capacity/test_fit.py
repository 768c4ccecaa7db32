"""Capacities planted into curves of training accuracy are recovered within their errors."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.capacity.fit import capacities, mean_capacity, memories, noise_curve
from pruning_phases.errors import UserError

SIZES = 100 * 2.0 ** np.arange(8)


def planted(capacity, scatter=0.1, seed=0, replicas=8):
    """Accuracy 1 up to near a replica's capacity, 0.99 at it, then falling linearly in ln n."""
    generator = np.random.default_rng(seed)
    own = capacity * np.exp(scatter * generator.normal(size=(replicas, 1)))
    return np.clip(0.99 - 0.08 * np.log(SIZES / own), None, 1.0), own[:, 0]


def test_capacities_of_exact_curves_are_interpolated_in_ln_n():
    accuracy = np.array([[1, 1, 0.98, 0.5], [1, 1, 1, 1], [0.9, 0.8, 0.7, 0.6], [1, 0.98, 1, 0.9]])
    found = capacities(np.array([10.0, 20, 40, 80]), accuracy, 0.99)
    np.testing.assert_allclose(found, [20 * 2**0.5, np.inf, 0, 10 * 2**0.5])


@pytest.mark.parametrize("truth", [300.0, 1234.0, 5000.0])
def test_planted_capacities_are_covered(truth):
    pulls = []
    for seed in range(100):
        accuracy, own = planted(truth, seed=seed)
        (mean, error), reason = mean_capacity(SIZES, accuracy, 0.99)
        assert reason is None
        pulls.append((mean - truth * np.exp(0.1**2 / 2)) / error)
        # The kink at an accuracy of 1 lies between two sizes: the error includes this.
        assert abs(mean - own.mean()) < 3 * error < mean
    assert (np.abs(pulls) < 2).mean() >= 0.85


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        (20.0, "all replicas fit less than 99% of 100 examples: add smaller"),
        (1e6, "8 of 8 replicas fit 99% of 12800 examples: add larger"),
    ],
)
def test_a_capacity_outside_the_sizes_is_not_determined(truth, expected):
    capacity, reason = mean_capacity(SIZES, planted(truth)[0], 0.99)
    assert capacity is None and expected in reason


def test_a_replica_below_the_smallest_size_adds_half_of_it_to_the_error():
    accuracy, _ = planted(1000.0)
    accuracy[0] = 0.9
    own = capacities(SIZES, accuracy, 0.99)
    own[0] = 50
    shifts = []
    for first in (0, 1):
        half = capacities(SIZES[first::2], accuracy[:, first::2], 0.99)
        half[0] = SIZES[first] / 2
        shifts.append(abs(half.mean() - own.mean()))
    (mean, error), _ = mean_capacity(SIZES, accuracy, 0.99)
    assert mean == pytest.approx(own.mean())
    scatter = own.std(ddof=1) / 8**0.5
    assert error == pytest.approx(np.sqrt(scatter**2 + (max(shifts) / 2) ** 2 + (50 / 8) ** 2))


def test_one_replica_above_the_largest_size_leaves_the_mean_open():
    accuracy, _ = planted(1000.0)
    accuracy[3] = 1.0
    capacity, reason = mean_capacity(SIZES, accuracy, 0.99)
    assert capacity is None
    assert reason == "1 of 8 replicas fit 99% of 12800 examples: add larger training sets"


def table():
    accuracy, _ = planted(800.0)
    index = pd.MultiIndex.from_product([[1.0, 0.1], range(8), SIZES.astype(int)])
    frame = index.set_names(["density", "replica", "train_size"]).to_frame(index=False)
    values = np.concatenate([np.ones(accuracy.size), accuracy.ravel()])
    step = (frame["density"] < 1).astype(int)
    return frame.assign(train_accuracy=values, noise_correlation=0.1, num_kept=9, step=step)


def training():
    """Noise correlation that rises with the updates at the largest size and not at the other."""
    index = pd.MultiIndex.from_product([[0, 1], range(8), [100, 12800], [10, 20, 40]])
    frame = index.set_names(["step", "replica", "train_size", "update"]).to_frame(index=False)
    noise = frame["update"] / 100 * (frame["train_size"] == 12800) + 0.01 * frame["replica"]
    return frame.assign(noise_correlation=noise.where(frame["update"] != 20))


def test_every_density_has_its_own_capacity_or_a_reason():
    dense, pruned = memories(table(), training(), 0.99, "here")
    assert (dense.density, pruned.density) == (1.0, 0.1)
    assert dense.capacity is None and "add larger" in dense.reason
    assert pruned.capacity[0] == pytest.approx(800, abs=3 * pruned.capacity[1])
    with pytest.raises(
        UserError, match=r"no train_accuracy: .* training\.measure_on_train_set=true"
    ):
        memories(table().drop(columns="train_accuracy"), training(), 0.99, "here")
    with pytest.raises(UserError, match="1 replicas and 8 training-set sizes"):
        memories(table().query("replica == 0"), training(), 0.99, "here")


def test_noise_correlation_over_training_is_that_of_the_largest_set():
    _, pruned = memories(table(), training(), 0.99, "here")
    noise = pruned.over_training
    assert noise.updates.tolist() == [10, 40]  # none was measured at 20
    np.testing.assert_allclose(noise.mean, [0.1 + 0.035, 0.4 + 0.035])
    np.testing.assert_allclose(noise.error, np.std(np.arange(8), ddof=1) * 0.01 / np.sqrt(8))
    without = training().assign(noise_correlation=np.nan)
    assert memories(table(), without, 0.99, "here")[0].over_training is None
    assert noise_curve(training().drop(columns="noise_correlation")) is None

"""Schedules: exact counts, falling densities, and messages that name the key."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.errors import UserError
from pruning_phases.pruning.schedules import (
    counts_of,
    kept_counts,
    kept_densities,
    lowest_density,
)

DEFAULTS = {
    "steps": 5, "final_density": 0.0, "switch_density": 0.02, "coarse_steps": 3, "densities": None
}  # fmt: skip


def schedule(name: str, **given_values) -> list[float]:
    return kept_densities(name, **(DEFAULTS | given_values))


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(["linear", "geometric", "cubic", "two_stage"]),
    steps=st.integers(1, 60),
    final=st.floats(0.0, 0.5),
    num_weights=st.integers(10, 1000),
)
def test_schedules_fall_to_their_end_or_say_what_is_wrong(name, steps, final, num_weights):
    try:
        densities = schedule(name, steps=steps, final_density=final, switch_density=0.6)
        counts = kept_counts(densities, num_weights)
    except UserError as error:
        assert "pruner" in str(error)
        return
    assert counts[-1] == round(final * num_weights)
    assert all(a > b for a, b in zip([num_weights, *counts], counts, strict=False))


def test_each_schedule_has_its_steps():
    linear = schedule("linear", steps=5000)
    np.testing.assert_allclose(np.diff([1, *linear]), -1 / 5000, atol=1e-12)
    geometric = np.array(schedule("geometric", steps=10, final_density=0.001))
    np.testing.assert_allclose(geometric[1:] / geometric[:-1], 0.001**0.1)
    cubic = schedule("cubic", steps=4, final_density=0.2)
    np.testing.assert_allclose(cubic, [0.5375, 0.3, 0.2125, 0.2])
    two_stage = np.array(schedule("two_stage", steps=5000, final_density=0.001, coarse_steps=4))
    assert two_stage[3] == pytest.approx(0.02)
    np.testing.assert_allclose(np.diff(two_stage[3:]), -1 / 5000, atol=1e-12)
    assert schedule("list", densities=[0.5, 0.1]) == [0.5, 0.1]


@pytest.mark.parametrize("densities", [[0.5, 0.6], [1.0, 0.5], [0.5, 0.5], [-0.1], []])
def test_densities_that_do_not_fall_are_refused(densities):
    with pytest.raises(UserError, match=r"pruner\.densities"):
        schedule("list", densities=densities)


def test_counts_are_numbers_of_weights_whatever_the_network(configure):
    words = ["pruner.schedule=counts", "pruner.counts=[60,37,15]"]
    config = configure(*words).pruner
    assert counts_of(config, 100) == counts_of(config, 131840) == [60, 37, 15]
    assert lowest_density(config) == 0
    with pytest.raises(UserError, match=r"pruner\.counts=\[60, 37, 15\]: .* below the 60 prunable"):
        counts_of(config, 60)
    rising = configure("pruner.schedule=counts", "pruner.counts=[15,37]").pruner
    with pytest.raises(UserError, match="in falling order"):
        counts_of(rising, 100)


@pytest.mark.parametrize("words", [["pruner.schedule=counts"], ["pruner.counts=[5]"]])
def test_counts_and_their_schedule_are_given_together(configure, words):
    with pytest.raises(UserError, match=r"give both pruner\.schedule=counts and"):
        configure(*words)

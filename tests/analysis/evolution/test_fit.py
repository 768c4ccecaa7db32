"""The evolution metric of jumps and over density: layers, replicas, undefined values."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.evolution.fit import evolution, num_surviving, over_density
from pruning_phases.analysis.evolution.read import Jump, Snapshot
from pruning_phases.observables.evolution import WHOLE

GENERATOR = np.random.default_rng(0)
SHAPES = {"a": (3, 40), "b": (3, 25)}
EARLIER = {name: GENERATOR.normal(size=shape) for name, shape in SHAPES.items()}
MASKS = {name: GENERATOR.random(shape) < 0.5 for name, shape in SHAPES.items()}


def jump(later, masks=None):
    masks = masks or MASKS
    everything = {name: np.ones(shape, dtype=bool) for name, shape in SHAPES.items()}
    later = {name: weights * masks[name] for name, weights in later.items()}
    return Jump(Snapshot(1.0, EARLIER, everything), Snapshot(0.5, later, masks))


def test_weights_that_rest_have_a_metric_of_zero():
    for values in evolution(jump(EARLIER)).values():
        np.testing.assert_allclose(values, 0)


def test_pruned_weights_do_not_enter():
    moved = {name: weights + 0.1 for name, weights in EARLIER.items()}
    expected = evolution(jump(moved))
    noise = {
        name: np.where(MASKS[name], weights, 1e6 * GENERATOR.normal(size=weights.shape))
        for name, weights in EARLIER.items()
    }
    everything = {name: np.ones_like(mask) for name, mask in MASKS.items()}
    later = {name: weights * MASKS[name] for name, weights in moved.items()}
    found = evolution(Jump(Snapshot(1.0, noise, everything), Snapshot(0.5, later, MASKS)))
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name])


@pytest.mark.parametrize("factor", [1e-3, 1.0, 50.0])
def test_the_unit_of_the_weights_does_not_matter(factor):
    found = jump({name: 1.2 * weights for name, weights in EARLIER.items()})
    scaled = Jump(*(
        Snapshot(one.density, {name: factor * w for name, w in one.weights.items()}, one.masks)
        for one in (found.earlier, found.later)
    ))  # fmt: skip
    for name, values in evolution(scaled).items():
        np.testing.assert_allclose(values, evolution(found)[name])


def test_the_whole_network_is_measured_over_the_weights_of_all_layers():
    moved = {name: weights + 0.2 * (name == "a") for name, weights in EARLIER.items()}
    joined = jump(moved)
    one = {"all of them": np.concatenate([joined.later.weights[n] for n in SHAPES], axis=1)}
    before = {"all of them": np.concatenate([EARLIER[n] for n in SHAPES], axis=1)}
    mask = {"all of them": np.concatenate([MASKS[n] for n in SHAPES], axis=1)}
    single = Jump(Snapshot(1.0, before, mask), Snapshot(0.5, one, mask))
    np.testing.assert_allclose(evolution(joined)[WHOLE], evolution(single)["all of them"])


def test_surviving_weights_are_counted_per_replica():
    found = jump(EARLIER)
    np.testing.assert_array_equal(num_surviving(found, "a"), MASKS["a"].sum(axis=1))
    total = MASKS["a"].sum(axis=1) + MASKS["b"].sum(axis=1)
    np.testing.assert_array_equal(num_surviving(found, WHOLE), total)


def test_a_layer_of_which_one_replica_has_too_few_weights_is_undefined_for_it_alone():
    masks = {name: mask.copy() for name, mask in MASKS.items()}
    masks["b"][1] = False
    found = evolution(jump({n: w + 0.1 for n, w in EARLIER.items()}, masks))
    assert np.isnan(found["b"]).tolist() == [False, True, False]
    assert np.isfinite(found["a"]).all() and np.isfinite(found[WHOLE]).all()


def test_over_density_means_and_errors_are_over_the_replicas_that_define_the_metric():
    values = np.array([[0.1, 0.2, np.nan], [0.4, np.nan, np.nan]])  # [steps, replicas]
    layers = pd.DataFrame(
        [{"step": step, "replica": r, "layer": "a", "evolution_metric": metric}
         for step, row in enumerate([[9.0] * 3, *values.tolist()]) for r, metric in enumerate(row)]
    )  # fmt: skip
    observables = layers[["step", "replica"]].assign(density=0.5 ** layers["step"])
    table = over_density(observables, layers).set_index("step")
    assert table.index.tolist() == [1, 2]  # step 0 has no weights before it
    assert table["density"].tolist() == [0.5, 0.25]
    assert table["mean"].tolist() == pytest.approx([0.15, 0.4])
    assert table["error"][1] == pytest.approx(0.05) and np.isnan(table["error"][2])
    assert table["num_replicas"].tolist() == [2, 1]

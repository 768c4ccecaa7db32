"""Sparse features: orthonormal directions, moments of the response, classes, refusals."""

import numpy as np
import pytest

from pruning_phases.data.sparse_features import (
    SparseFeaturesConfig,
    directions,
    load,
    response,
)
from pruning_phases.errors import UserError


@pytest.mark.parametrize(("relevant", "rank"), [(8, 1), (8, 2), (7, 3)])
def test_directions_are_orthonormal_and_sparse(relevant, rank):
    v = directions(np.random.default_rng(0), 50, relevant, rank)
    np.testing.assert_allclose(v.T @ v, np.eye(rank), atol=1e-12)
    assert (np.abs(v).sum(axis=1) > 0).sum() == relevant


@pytest.mark.parametrize("exponent", [1, 2, 3])
@pytest.mark.parametrize("rank", [1, 3])
def test_the_response_has_mean_0_variance_1_and_its_information_exponent(exponent, rank):
    generator = np.random.default_rng(0)
    v = directions(generator, 12, 6, rank)
    x = generator.standard_normal((400_000, 12))
    y = response(x, v, exponent)
    assert np.mean(y) == pytest.approx(0, abs=0.01)
    assert np.var(y) == pytest.approx(1, abs=0.05)
    z = x @ v[:, 0]
    lower = [1 + 0 * z, z, (z**2 - 1) / 2**0.5, (z**3 - 3 * z) / 6**0.5]
    for degree, polynomial in enumerate(lower):
        expected = rank**-0.5 if degree == exponent else 0
        assert np.mean(y * polynomial) == pytest.approx(expected, abs=0.03)


def test_classes_are_halves_and_follow_the_seed():
    config = SparseFeaturesConfig("sparse_features", num_inputs=20, num_train=1000, num_test=300)
    first, again, other = load(config, "", 0), load(config, "", 0), load(config, "", 1)
    assert first.train_labels.mean() == pytest.approx(0.5, abs=0.002)
    assert 0.4 < first.test_labels.mean() < 0.6
    assert first.digest == again.digest != other.digest
    assert first.train_images.shape == (1000, 1, 1, 20)


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_inputs", 30), ("num_relevant", 3), ("rank", 2), ("information_exponent", 1),
     ("noise", 2.0), ("num_train", 90), ("num_test", 40)],
)  # fmt: skip
def test_every_key_changes_the_data(name, value):
    keys = {"num_inputs": 20, "num_train": 100, "num_test": 50}
    one, other = (
        load(SparseFeaturesConfig("sparse_features", **some), "", 0)
        for some in (keys, keys | {name: value})
    )
    assert one.digest != other.digest


@pytest.mark.parametrize(
    "words", [["dataset.num_relevant=2000"], ["dataset.rank=20"], ["dataset.num_inputs=8"]]
)
def test_more_relevant_inputs_than_inputs_are_refused(configure, words):
    with pytest.raises(UserError, match=r"^dataset\.num_relevant=\d+: give at least"):
        configure("dataset=sparse_features", *words)


def test_a_network_learns_the_classes(configure):
    from tests.support.runs import make

    record = make(configure(
        "dataset=sparse_features", "dataset.num_inputs=16", "dataset.num_relevant=2",
        "dataset.train_size=4000", "model.outputs=1", "pruner=none",
        "training.budget.rule=updates", "training.budget.amount=600",
    ))  # fmt: skip
    assert (record.observables()["accuracy"] > 0.85).all()

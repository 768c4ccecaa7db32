"""Evaluation: independent of the batch size, with each replica's own dropout and examples."""

from functools import partial

import numpy as np
import pytest
import torch

from pruning_phases.ensemble.images import Images
from pruning_phases.streams import derive
from pruning_phases.training import evaluate as evaluation
from pruning_phases.training.evaluate import (
    MaskDraw,
    evaluate,
    evaluate_draws,
    evaluation_mode,
    train_set_observables,
)

SIZES = ["dataset.train_sizes=[50,130]", "training.budget.rule=updates", "dropout_phase=fixed"]
RATES = torch.tensor([0.0, 0.5, 0.0, 0.5], dtype=torch.float64)


@pytest.fixture
def module_of(module_of):
    return partial(module_of, *SIZES)


def measured(module, rates=None, draw=0):
    return evaluate(module, module.data.test, module.data.test_y, MaskDraw(rates, draw))


@pytest.mark.parametrize("size", [7, 10_000])
def test_a_measurement_does_not_depend_on_the_batch_size(module_of, monkeypatch, size):
    module = module_of("dataset.label_noise=0.3")
    whole, own = measured(module), train_set_observables(module)
    monkeypatch.setattr(evaluation, "EXAMPLES_PER_CALL", size)
    for name, values in measured(module).items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-5, atol=1e-7)
    for name, values in train_set_observables(module).items():
        np.testing.assert_allclose(values, own[name], rtol=1e-5, atol=1e-7)


def test_dropout_acts_at_evaluation_on_the_replicas_with_a_rate(module_of):
    module = module_of()
    exact, first, again, other = (
        measured(module, *with_rates)["loss"] for with_rates in ((), (RATES,), (RATES,), (RATES, 1))
    )
    np.testing.assert_array_equal(first[::2], exact[::2])
    assert (first[1::2] != exact[1::2]).all() and (first[1::2] != other[1::2]).all()
    np.testing.assert_array_equal(first, again)


def test_only_active_replicas_are_evaluated(module_of):
    module = module_of()
    whole, some = (
        evaluate(module, module.data.test, module.data.test_y, MaskDraw(RATES), active=active)[
            "loss"
        ]
        for active in (None, [False, True, True, False])
    )
    np.testing.assert_array_equal(some[1:3], whole[1:3])
    assert np.isnan(some[[0, 3]]).all() and np.isfinite(whole).all()


@pytest.mark.parametrize("options", [(), ("model=cnn",), ("model.widths=[8,8,8]",)])
def test_several_mask_draws_at_once_equal_each_alone_to_the_byte(module_of, monkeypatch, options):
    """The dense form; convolutions; the sparse form, which small networks always take."""
    module = module_of(*options)
    monkeypatch.setattr(evaluation, "EXAMPLES_PER_CALL", 128)
    draws = [MaskDraw(), MaskDraw(RATES), MaskDraw(RATES, 1), MaskDraw(1.5 * RATES)]
    data, done = (module.data.test, module.data.test_y), []
    together = evaluate_draws(module, *data, draws, on_network=lambda: done.append(1))
    for draw, found in zip(draws, together, strict=True):
        alone = evaluate(module, *data, draw)
        for name, values in found.items():
            dropped = draw.rates is not None
            np.testing.assert_allclose(values, alone[name], rtol=0 if dropped else 1e-12)
    assert len(done) == 4 and len({tuple(one["loss"]) for one in together}) == 4


def test_examples_beyond_one_call_meet_other_dropout_masks(module_of, monkeypatch):
    module = module_of()
    x = Images(module.data.test.numbers[:1].expand(8, -1, -1, -1))
    y = module.data.test_y[:1].expand(8)
    monkeypatch.setattr(evaluation, "EXAMPLES_PER_CALL", 4)
    one = evaluate(module, x.part(slice(4)), y[:4], MaskDraw(RATES))["loss"]
    two = evaluate(module, x, y, MaskDraw(RATES))["loss"]
    assert (one[1::2] != two[1::2]).all()
    np.testing.assert_allclose(one[::2], two[::2], rtol=1e-6)


def test_networks_train_again_after_an_evaluation(module_of):
    module = module_of("dropout_phase.p_train=0.3")
    with evaluation_mode(module):
        assert not any(part.training for part in module.replicas.modules())
    assert all(part.training for part in module.replicas.modules())
    x, y = torch.randn(4, 6, 1, 8, 8), torch.zeros(4, 6, dtype=torch.int64)
    module.replicas.set_dropout_draw(derive(module.stream("dropout_train"), 0))
    dropped = module.replicas.backward(x, y)
    module.replicas.set_dropout_draw(derive(module.stream("dropout_train"), 1))
    assert (module.replicas.backward(x, y) != dropped).all()


def test_each_network_is_measured_on_its_own_training_examples(module_of):
    module = module_of("dataset.label_noise=0.3")
    found = train_set_observables(module)
    for row, size in enumerate(module.data.sizes.tolist()):
        own = module.data.subset[row, :size]
        x, y = module.data.train_images(own), module.data.train_y[own]
        expected = evaluate(module, Images(x), y)["accuracy"][row]
        assert found["train_accuracy"][row] == pytest.approx(expected)
        clean = module.data.clean_y[own]
        assert (found["noise_correlation"][row] == 0) == bool((clean == y).all())


def test_noise_correlation_is_undefined_without_noise(module_of):
    found = train_set_observables(module_of())
    assert np.isnan(found["noise_correlation"]).all() and np.isfinite(found["train_accuracy"]).all()

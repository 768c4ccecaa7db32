"""Observables of the outputs against scipy and scikit-learn, in batches of any size."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from sklearn import metrics

from pruning_phases.observables.outputs import class_order, fitted, output_sums, prediction_entropy

RNG = np.random.default_rng(0)


def observed(logits, labels, batch):
    parts = [
        output_sums(
            torch.from_numpy(logits[:, i : i + batch]), torch.from_numpy(labels[i : i + batch])
        )
        for i in range(0, len(labels), batch)
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total.observables()


@settings(max_examples=30, deadline=None)
@given(
    batch=st.integers(1, 130),
    num_examples=st.integers(2, 130),
    num_classes=st.integers(2, 10),
    scale=st.sampled_from([0.0, 0.1, 3.0, 100.0]),
    seed=st.integers(0, 2**31),
)
def test_observables_agree_with_scipy_and_sklearn(batch, num_examples, num_classes, scale, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, scale, (3, num_examples, num_classes))
    labels = rng.integers(0, num_classes, num_examples)
    ours = observed(logits, labels, batch)
    for r in range(3):
        p = special.softmax(logits[r], axis=1)
        prediction = logits[r].argmax(axis=1)
        assert ours["accuracy"][r] == pytest.approx(metrics.accuracy_score(labels, prediction))
        loss = -special.log_softmax(logits[r], axis=1)[np.arange(num_examples), labels].mean()
        assert ours["loss"][r] == pytest.approx(loss)
        if scale < 100:
            reference = metrics.log_loss(labels, p, labels=range(num_classes))
            assert ours["loss"][r] == pytest.approx(reference, rel=1e-9, abs=1e-12)
        fractions = np.bincount(prediction, minlength=num_classes) / num_examples
        assert ours["prediction_entropy"][r] == pytest.approx(stats.entropy(fractions), abs=1e-12)
        entropies = stats.entropy(p, axis=1)
        assert ours["outcome_entropy"][r] == pytest.approx(entropies.mean(), abs=1e-12)
        uniform = np.full(num_classes, 1 / num_classes)
        order = [
            stats.entropy(p[labels == y].mean(axis=0), uniform) / np.log(num_classes)
            for y in np.unique(labels)
        ]
        assert ours["class_order"][r] == pytest.approx(np.mean(order), abs=1e-12)


def test_limits_of_the_order_parameters():
    assert prediction_entropy(np.array([7.0, 0.0, 0.0])) == 0
    assert prediction_entropy(np.array([7.0, 7.0, 7.0])) == pytest.approx(np.log(3))
    assert class_order(np.eye(10)) == pytest.approx(1)
    assert class_order(np.full((10, 10), 0.1)) == pytest.approx(0, abs=1e-15)


def test_the_short_last_batch_counts_no_more_than_its_examples():
    logits, labels = RNG.normal(size=(1, 101, 10)), RNG.integers(0, 10, 101)
    whole, split = observed(logits, labels, 101), observed(logits, labels, 100)
    for name in whole:
        np.testing.assert_allclose(whole[name], split[name], rtol=1e-12)


def test_correctness_and_noise_correlation_on_training_examples():
    """Against explicit sums, and in the limits: all noise memorized, or none."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 40, 5, generator=generator)
    clean = torch.randint(5, (2, 40), generator=generator)
    noisy = torch.where(torch.rand(2, 40, generator=generator) < 0.3, (clean + 2) % 5, clean)
    correct, noise = fitted(logits, noisy, clean)
    for r in range(2):
        p = torch.softmax(logits[r].double(), dim=-1).numpy()
        units = np.eye(5)
        expected = (p * (units[noisy[r]] - units[clean[r]])).sum(axis=1)
        np.testing.assert_allclose(noise[r].numpy(), expected)
        assert correct[r].mean() == (p.argmax(axis=1) == noisy[r].numpy()).mean()
    certain = 100 * torch.nn.functional.one_hot(noisy, 5).double()
    fraction = (noisy != clean).double().mean(dim=1)
    torch.testing.assert_close(fitted(certain, noisy, clean)[1].mean(dim=1), fraction)
    certain = 100 * torch.nn.functional.one_hot(clean, 5).double()
    torch.testing.assert_close(fitted(certain, noisy, clean)[1].mean(dim=1), -fraction)
    assert (fitted(logits, clean, clean)[1] == 0).all()


def test_classes_that_a_network_excludes_have_no_entropy():
    logits = torch.tensor([[[0.0, 0.0, -torch.inf], [1.0, 2.0, -torch.inf]]])
    found = output_sums(logits, torch.tensor([0, 1])).observables()
    p = special.softmax(logits.double().numpy(), axis=-1)
    assert found["outcome_entropy"] == pytest.approx(stats.entropy(p[0], axis=1).mean())
    assert np.isfinite(found["loss"]).all() and np.isfinite(found["class_order"]).all()


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float64])
def test_outputs_of_any_floating_type(kind):
    logits, labels = torch.randn(2, 20, 4).to(kind), torch.arange(20) % 4
    found = output_sums(logits, labels).observables()
    expected = output_sums(logits.float(), labels).observables()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, err_msg=name)

"""Training subsets and data order of each replica."""

import numpy as np
import pytest
import torch

from pruning_phases.data.dataset import Dataset
from pruning_phases.ensemble.data_order import DataOrder
from pruning_phases.ensemble.device_data import device_data
from pruning_phases.errors import UserError
from pruning_phases.streams import key_words, stream_key


def keys(purpose: str, count: int) -> torch.Tensor:
    return key_words([stream_key(0, r, purpose) for r in range(count)])


def small_data(sizes, num_train=100):
    images = np.arange(num_train * 4, dtype=np.uint8).reshape(num_train, 1, 2, 2)
    labels = np.arange(num_train, dtype=np.int64) % 10
    dataset = Dataset(images, labels, images[:10], labels[:10], 10)
    return device_data(dataset, 0.1, keys("v", 1)[0], keys("s", len(sizes)), sizes)


def test_every_replica_sees_exactly_its_n_distinct_examples():
    sizes = [1, 7, 64, 90, None]
    data = small_data(sizes)
    order = DataOrder(data, batch_size=16)
    order.start(keys("order", 5))
    seen = order.updates(0, 50)
    assert data.sizes.tolist() == [1, 7, 64, 90, 90]
    for r, size in enumerate(data.sizes.tolist()):
        assert len(seen[:, r].unique()) == size
        assert not np.isin(seen[:, r].numpy(), data.validation.numpy()).any()
    assert len(set(data.validation.tolist())) == 10


def test_every_example_comes_once_before_any_comes_again():
    data = small_data([7, 64])
    order = DataOrder(data, batch_size=16)
    order.start(keys("order", 2))
    stream = order.updates(0, 28).permute(1, 0, 2).reshape(2, -1)
    for r, size in enumerate([7, 64]):
        epochs = stream[r].view(-1, size)
        assert torch.equal(
            epochs.sort(dim=1).values, data.subset[r, :size].sort().values.expand_as(epochs)
        )
        assert len({tuple(epoch.tolist()) for epoch in epochs}) == len(epochs)


def test_order_does_not_depend_on_how_it_is_cut_into_chunks():
    data = small_data([7, 64])
    whole, parts = DataOrder(data, 16), DataOrder(data, 16)
    for order in (whole, parts):
        order.start(keys("order", 2))
    pieces = [parts.updates(0, 3), parts.updates(3, 1), parts.updates(4, 16)]
    assert torch.equal(whole.updates(0, 20), torch.cat(pieces))


def test_images_are_standardized_by_the_training_set():
    data = small_data([None])
    assert data.train.numbers.mean().abs() < 1e-5
    assert (data.train.numbers.std() - 1).abs() < 1e-5


@pytest.mark.parametrize("size", [91, 1000])
def test_more_examples_than_there_are_is_an_error(size):
    with pytest.raises(UserError, match=r"dataset\.train_size=.*1 to 90"):
        small_data([size])

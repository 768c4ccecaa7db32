"""Data on the device: standardized images, disjoint splits, nested training sets."""

import numpy as np
import pytest
import torch

from pruning_phases.data.dataset import Dataset
from pruning_phases.ensemble.device_data import _Same, actual_sizes, device_data, num_validation
from pruning_phases.ensemble.images import Images
from pruning_phases.errors import UserError
from pruning_phases.streams import key_words, stream_key

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 255, (80, 3, 2, 4), dtype=np.uint8)
TEST_IMAGES = GENERATOR.integers(100, 200, (20, 3, 2, 4), dtype=np.uint8)
DATASET = Dataset(IMAGES, np.arange(80) % 10, TEST_IMAGES, np.arange(20) % 10, 10)


def words(*numbers):
    return key_words([stream_key("data", number) for number in numbers])


def data_of(sizes, replicas=None, dataset=DATASET, validation=0):
    keys = words(*(range(len(sizes)) if replicas is None else replicas))
    return device_data(dataset, 0.1, words(validation)[0], keys, sizes)


def test_test_images_are_standardized_by_the_training_images():
    data = data_of([None])
    mean, deviation = IMAGES.mean(dtype=float), IMAGES.std(dtype=float, ddof=1)
    for found, images in ((data.train.numbers, IMAGES), (data.test.numbers, TEST_IMAGES)):
        np.testing.assert_allclose(found.numpy(), (images - mean) / deviation, atol=1e-5)


def test_selected_images_are_those_of_their_indices_with_channels_innermost():
    data = data_of([None])
    indices = torch.tensor([[5, 0], [79, 5]])
    found = data.train_images(indices)
    assert torch.equal(found, data.train.numbers[indices])
    assert found.shape == (2, 2, 3, 2, 4) and found.stride(-3) == 1


def test_validation_and_training_examples_are_all_examples_once():
    data = data_of([None] * 20)
    assert len(data.validation) == 8
    for subset in data.subset:
        assert sorted(torch.cat([data.validation, subset]).tolist()) == list(range(80))
    assert not torch.equal(data_of([None], validation=1).validation, data.validation)


def test_a_smaller_training_set_is_the_beginning_of_the_larger_one():
    small, large = data_of([7], [4]), data_of([40], [4])
    assert torch.equal(small.subset[0, :7], large.subset[0, :7])


def test_a_replica_s_examples_depend_on_its_key_alone():
    together, alone = data_of([30, 30, 30], [1, 2, 3]), data_of([30], [2])
    assert torch.equal(together.subset[1], alone.subset[0])
    assert len(together.subset.unique(dim=0)) == 3


def test_labels_before_the_noise_are_the_given_ones_without_noise():
    assert torch.equal(data_of([5]).clean_y, data_of([5]).train_y)
    noisy = Dataset(IMAGES, np.zeros(80, int), TEST_IMAGES, DATASET.test_labels, 10,
                    DATASET.train_labels)  # fmt: skip
    found = data_of([5], dataset=noisy)
    assert found.train_y.sum() == 0 and torch.equal(found.clean_y, data_of([5]).train_y)


def test_every_tensor_is_moved_to_a_device():
    moved = data_of([5]).to(torch.device("meta"))
    tensors = [one.numbers if isinstance(one, Images) else one for one in vars(moved).values()]
    assert all(tensor.is_meta for tensor in tensors)


def test_bytes_stand_for_the_standardized_numbers_exactly():
    data = data_of([5])
    for images in (data.train, data.test):
        assert images.bytes is not None
        numbers = (images.bytes.numpy().astype(np.float32) - images.mean) * images.scale
        np.testing.assert_array_equal(numbers, images.numbers)


def test_equal_images_in_another_array_are_another_cache_entry():
    one, other = _Same(IMAGES), _Same(IMAGES.copy())
    assert one == _Same(IMAGES) and hash(one) == hash(_Same(IMAGES)) and one != other


@pytest.mark.parametrize(("fraction", "count"), [(0.1, 8), (0.01, 1), (1e-6, 1), (0.5, 40)])
def test_at_least_one_example_is_held_out_for_validation(fraction, count):
    assert num_validation(80, fraction) == count
    assert actual_sizes(80, fraction, [None, 3]) == [80 - count, 3]


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([73], r"dataset\.train_size=73: 72 training examples are left beside the 8 .* 1 to 72"),
        ([10, 73], r"dataset\.train_sizes=73: "),
        ([0, 10], r"dataset\.train_sizes=0: "),
    ],
)
def test_a_size_that_does_not_fit_is_refused_under_its_own_key(sizes, said):
    with pytest.raises(UserError, match=said):
        actual_sizes(80, 0.1, sizes)

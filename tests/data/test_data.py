"""Who sees which examples, and in which order."""

import gzip
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from pruning_phases.data import registry as datasets
from pruning_phases.data.dataset import Dataset
from pruning_phases.ensemble.data import device_data
from pruning_phases.ensemble.order import DataOrder
from pruning_phases.errors import UserError
from pruning_phases.streams import key_words, stream_key
from pruning_phases.training.rounds import RoundSource


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


def test_a_round_is_its_chunks_and_an_empty_round_is_one_empty_chunk():
    order = DataOrder(small_data([64]), 16)
    order.start(keys("order", 1))
    source = RoundSource(order, chunk_size=4)
    source.first, source.count = 3, 9
    assert [len(chunk) for chunk in source] == [4, 4, 1]
    assert torch.equal(torch.cat(list(source)), order.updates(3, 9))
    source.first, source.count = 0, 0
    assert [chunk.shape for chunk in source] == [(0, 1, 16)]


def test_images_are_standardized_by_the_training_set():
    data = small_data([None])
    assert data.train_x.mean().abs() < 1e-5
    assert (data.train_x.std() - 1).abs() < 1e-5


@pytest.mark.parametrize("size", [91, 1000])
def test_more_examples_than_there_are_is_an_error(size):
    with pytest.raises(UserError, match=r"dataset\.train_size=.*1 to 90"):
        small_data([size])


def test_digits_are_whole_and_split_once():
    digits = datasets.load("digits", "nowhere")
    assert len(digits.train_labels) + len(digits.test_labels) == 1797
    assert digits.input_shape == (1, 8, 8)
    joined = np.concatenate([digits.train_images, digits.test_images]).reshape(1797, -1)
    from sklearn.datasets import load_digits

    assert sorted(map(tuple, joined)) == sorted(map(tuple, load_digits().data.astype(np.uint8)))


def test_mnist_is_the_published_split(data_dir):
    mnist = datasets.load("mnist", data_dir)
    assert mnist.train_images.shape == (60000, 1, 28, 28)
    assert mnist.test_images.shape == (10000, 1, 28, 28)
    assert np.bincount(mnist.test_labels).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]


# -- damaged and missing files -------------------------------------------------------------------


def write_idx(folder: Path, stem: str, array: np.ndarray) -> Path:
    header = struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape)
    path = folder / f"{stem}-ubyte"
    path.write_bytes(header + array.astype(np.uint8).tobytes())
    return path


@pytest.fixture
def small_mnist(tmp_path):
    folder = tmp_path / "data" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for stem, count in (("train", 30), ("t10k", 10)):
        write_idx(
            folder, f"{stem}-images-idx3", np.arange(count * 784).reshape(count, 28, 28) % 256
        )
        write_idx(folder, f"{stem}-labels-idx1", np.arange(count) % 10)
    return folder


def test_a_small_set_in_the_right_format_is_read(small_mnist):
    assert len(datasets.load("mnist", str(small_mnist.parents[1])).train_labels) == 30


@pytest.mark.parametrize("keep", [0, 3, 4, 10, 16, 100, -1])
def test_a_truncated_file_is_named_with_the_cure(small_mnist, keep):
    path = small_mnist / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte is truncated.*delete it"):
        datasets.load("mnist", str(small_mnist.parents[1]))


def test_a_file_that_is_no_idx_file_is_named(small_mnist):
    (small_mnist / "t10k-labels-idx1-ubyte").write_bytes(gzip.compress(b"labels"))
    with pytest.raises(UserError, match="t10k-labels-idx1-ubyte"):
        datasets.load("mnist", str(small_mnist.parents[1]))


def test_missing_data_without_network_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    def no_network(*args, **kwargs):
        Path(args[0], "MNIST", "raw").mkdir(parents=True)
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz\nand more")

    monkeypatch.setattr(MNIST, "__init__", lambda self, *a, **k: no_network(*a, **k))
    with pytest.raises(
        UserError, match=r"dataset=mnist: not in data_dir=.*data_dir=FOLDER"
    ) as error:
        datasets.load("mnist", str(tmp_path / "nowhere"))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "nowhere").exists()
    shutil.rmtree(tmp_path)


def test_gaussian_inputs_are_standard_normal_and_made_from_the_seed(configure):
    first, again, other = (
        datasets.load_for(configure("dataset=gaussian", f"seed={seed}")) for seed in (0, 0, 1)
    )
    assert first.digest == again.digest != other.digest
    assert first.train_images.shape == (10000, 1, 8, 8) and len(first.test_images) == 2000
    images = first.train_images
    assert abs(images.mean()) < 0.01 and abs(images.std() - 1) < 0.01
    counts = np.bincount(first.train_labels)
    assert len(counts) == 2 and abs(counts - 5000).max() < 250
    # Random labels have nothing to do with the inputs.
    means = [images[first.train_labels == label].mean(axis=0) for label in (0, 1)]
    assert np.abs(means[0] - means[1]).max() < 5 * np.sqrt(2 / 5000)


def test_a_teacher_s_labels_can_be_learned_and_all_classes_occur(configure):
    taught = ["dataset=gaussian", "dataset.labels=teacher", "dataset.num_classes=3"]
    data = datasets.load_for(configure(*taught))
    assert np.bincount(data.train_labels).min() > 300
    from sklearn.linear_model import LogisticRegression

    flat = data.train_images.reshape(len(data.train_images), -1)
    model = LogisticRegression(max_iter=200).fit(flat, data.train_labels)
    score = model.score(data.test_images.reshape(len(data.test_images), -1), data.test_labels)
    assert score > np.bincount(data.test_labels).max() / len(data.test_labels) + 0.05


def test_label_noise_is_exact_wrong_seeded_and_kept(configure):
    clean = datasets.load("digits", "")
    noisy, again, other = (
        datasets.load_for(configure("dataset.label_noise=0.3", f"seed={seed}"))
        for seed in (0, 0, 1)
    )
    changed = noisy.train_labels != clean.train_labels
    assert changed.sum() == round(0.3 * len(changed))
    np.testing.assert_array_equal(noisy.clean_labels, clean.train_labels)
    np.testing.assert_array_equal(noisy.test_labels, clean.test_labels)
    assert noisy.digest == again.digest != other.digest
    shift = (noisy.train_labels - clean.train_labels)[changed] % 10
    assert set(shift) == set(range(1, 10))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("dataset.label_noise=1", r"dataset\.label_noise=1\.0: give a share from 0 to below 1"),
        ("dataset=gaussian dataset.num_classes=1", r"dataset\.num_classes=1: give 2 or more"),
        ("dataset=gaussian dataset.side=0", r"dataset\.side=0: give 1 or more"),
        ("dataset=gaussian dataset.name=mnist", r"dataset\.name=mnist: choose the option itself"),
    ],
)
def test_data_that_cannot_be_is_refused(configure, override, said):
    with pytest.raises(UserError, match=said):
        configure(*override.split())

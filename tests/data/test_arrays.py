"""A NumPy file of one's own: shapes, types, classes, and every contradiction in one line."""

import os

import numpy as np
import pytest
import torch

from pruning_phases.errors import UserError
from pruning_phases.training.run import architecture_of
from tests.support.data_files import loaded

RANDOM = np.random.default_rng(0)
GRAY = RANDOM.integers(256, size=(30, 8, 8), dtype=np.uint8)
FLOAT = RANDOM.standard_normal((30, 8, 8))
LABELS = np.arange(30) % 4
GOOD = {
    "train_images": GRAY, "train_labels": LABELS,
    "test_images": GRAY[:10], "test_labels": LABELS[:10],
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    """read(train_images=...): the data set of a file with these arrays beside good ones."""

    def written(**arrays):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.npz"
        np.savez(path, **{k: v for k, v in {**GOOD, **arrays}.items() if v is not None})
        return loaded("arrays", file=str(path))

    return written


def both(images):
    return {"train_images": images, "test_images": images[:10]}


@pytest.mark.parametrize(
    ("images", "shape"),
    [
        (GRAY, (1, 8, 8)),
        (GRAY.reshape(30, 4, 4, 4), (4, 4, 4)),
        (GRAY.reshape(30, 64), (1, 1, 64)),
        (FLOAT, (1, 8, 8)),
        (FLOAT.astype(np.float16), (1, 8, 8)),
        (FLOAT.astype(">f4"), (1, 8, 8)),
        (np.asfortranarray(FLOAT), (1, 8, 8)),
    ],
    ids=lambda value: f"{value.dtype}{value.shape}" if isinstance(value, np.ndarray) else "",
)
def test_images_of_all_shapes_and_types_are_read(images, shape, read):
    found = read(**both(images))
    assert found.input_shape == shape and found.num_classes == 4
    np.testing.assert_array_equal(found.train_images.reshape(images.shape), images)
    assert torch.as_tensor(found.train_images).float().isfinite().all()


def test_inputs_and_classes_decide_the_size_of_the_network(read, configure):
    layers = architecture_of(configure("dataset=arrays"), read()).layers
    assert layers["fc1"][1] == 64 and layers["fc4"][0] == 4


def test_the_number_of_classes_is_one_more_than_the_largest_label_of_both_sets(read):
    assert read(test_labels=np.full(10, 8)).num_classes == 9
    assert read(train_labels=np.where(LABELS == 3, 40, LABELS).astype(np.uint8)).num_classes == 41


def test_another_file_gives_other_data(read):
    assert read().digest != read(**both(GRAY[::-1])).digest


CONTRADICTIONS = [
    ({"train_labels": LABELS[:29]}, "train_labels has 29 labels and .*train_images 30 images"),
    ({"test_labels": LABELS}, "test_labels has 30 labels and .*test_images 10 images"),
    ({"train_labels": None}, "has no array train_labels \\(it has train_images, test_images, "),
    ({"train_labels": LABELS - 1}, "train_labels: label -1 is negative"),
    ({"train_labels": LABELS.astype(float)}, "train_labels: type float64 and shape 30: give"),
    ({"train_labels": np.eye(4)[LABELS]}, "train_labels: type float64 and shape 30x4: give"),
    ({"train_labels": np.eye(4, dtype=int)[LABELS]}, "train_labels: type int64 and shape 30x4"),
    ({"train_labels": LABELS > 1}, "train_labels: type bool"),
    ({"train_labels": LABELS.astype(str)}, "train_labels: type <U"),
    ({"train_labels": LABELS.astype(object)}, "train_labels cannot be read \\(Object arrays"),
    ({"test_images": GRAY.astype(object)}, "test_images cannot be read \\(Object arrays"),
    ({"train_labels": LABELS * 0, "test_labels": LABELS[:10] * 0}, "all labels are 0"),
    ({"train_labels": LABELS * 10**9}, "3000000001 classes, and 30 training examples"),
    ({"train_images": GRAY[:0], "train_labels": LABELS[:0]}, "train_images: 0 images, and 2 or"),
    ({"train_images": GRAY[:1], "train_labels": LABELS[:1]}, "train_images: 1 images, and 2 or"),
    ({"test_images": GRAY[:0], "test_labels": LABELS[:0]}, "test_images: 0 images, and 1 or"),
    (both(GRAY[:, :0]), "train_images: images of 0x8 pixels"),
    ({"test_images": GRAY[:10, :7]}, "test_images of shape 1x7x8"),
    ({"test_images": FLOAT[:10]}, "of type uint8 and .*test_images of type float64"),
    (both(GRAY.astype(np.int32)), "train_images: pixels of type int32, not uint8 or float"),
    (both(FLOAT + 0j), "train_images: pixels of type complex128"),
    (both(np.where(FLOAT > 2, np.nan, FLOAT)), "train_images: pixels that are NaN"),
    ({"train_images": FLOAT, "test_images": np.full((10, 8, 8), np.inf)}, "test_images: pixels"),
    (both(FLOAT * 1e19), "train_images: pixels that are NaN, infinite or beyond 1e\\+18"),
    (both(FLOAT * 1e-25), "train_images: all pixels are equal in float32"),
    (both(FLOAT * 1e-9 + 1), "train_images: all pixels are equal in float32 \\(1 to 1\\)"),
    (both(GRAY * 0), "train_images: all pixels are equal in float32 \\(0 to 0\\)"),
    (both(GRAY.reshape(-1)), "train_images has the shape 1920: give"),
    (both(np.ones((30, 1, 1, 8, 8))), "train_images has the shape 30x1x1x8x8: give"),
    (both(np.ones((30, 32, 32, 3))), "train_images has the shape 30x32x32x3, with the channels"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arrays", "said"), CONTRADICTIONS, ids=[said for _, said in CONTRADICTIONS]
)
def test_a_contradiction_is_one_line_that_names_file_and_array(arrays, said, read):
    with pytest.raises(UserError, match=said) as error:
        read(**arrays)
    assert ".npz" in str(error.value) and "\n" not in str(error.value)


def test_a_damaged_file_gives_one_line_or_good_data(tmp_path):
    """Bytes of the file are changed at random, and the file is truncated everywhere."""
    np.savez_compressed(tmp_path / "good.npz", **GOOD)
    content = (tmp_path / "good.npz").read_bytes()
    path = tmp_path / "damaged.npz"
    generator = np.random.default_rng(1)
    refused = 0
    for trial in range(100):
        damaged = bytearray(content[: generator.integers(len(content))] if trial % 2 else content)
        for _ in range(generator.integers(1, 4)):
            if damaged:
                damaged[generator.integers(len(damaged))] = generator.integers(256)
        path.write_bytes(damaged)
        try:
            loaded("arrays", file=str(path))
        except UserError as error:
            refused += 1
            assert str(path) in str(error) and "\n" not in str(error)
    assert refused > 80


def test_files_of_other_kinds_are_refused(tmp_path):
    path = tmp_path / "one.npy"
    np.save(path, GRAY)
    with pytest.raises(UserError, match="has no array train_images .it has one array without"):
        loaded("arrays", file=str(path))
    path.write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(UserError, match=r"one.npy cannot be read .*pickled \(object\) data\)"):
        loaded("arrays", file=str(path))


def test_a_path_is_relative_to_the_working_directory_or_to_home(tmp_path, monkeypatch):
    np.savez(tmp_path / "mine.npz", **GOOD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    for path in ("mine.npz", "~/mine.npz"):
        assert loaded("arrays", file=str(path)).num_classes == 4


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"^dataset\.file has no value: give a \.npz file"):
        loaded("arrays")
    with pytest.raises(UserError, match=f"no file {tmp_path}/no.npz: give a .npz file of train_im"):
        loaded("arrays", file=f"{tmp_path}/no.npz")

"""Data files damaged in every way: read as they are, or refused in one line that names the file."""

import gzip
import io
from collections.abc import Iterator

import numpy as np
import pytest

from pruning_phases.errors import UserError
from tests.support.data_files import loaded, write_idx

GENERATOR = np.random.default_rng(0)
IMAGES = {name: GENERATOR.integers(0, 256, (n, 3, 3)) for name, n in (("train", 6), ("t10k", 4))}
VALUES = (0, 1, 2, 3, 4, 9, 11, 13, 14, 127, 128, 255)  # among them the codes of IDX's types
OTHER_TYPES = ("bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64",
               "datetime64[s]", "U3", "S2", "O")  # fmt: skip


@pytest.fixture
def idx(tmp_path):
    for name, images in IMAGES.items():
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", images)
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte", np.arange(len(images)) % 3)
    return tmp_path


def changed(content: bytes, position: int, value: int) -> bytes:
    return content[:position] + bytes([value]) + content[position + 1 :]


def truncated(content: bytes) -> Iterator[bytes]:
    """The content cut off at every length, and one that is longer."""
    yield from (content[:length] for length in range(len(content)))
    yield content + b"\0"


def with_other_headers(content: bytes, length: int) -> Iterator[bytes]:
    for position in range(length):
        yield from (changed(content, position, value) for value in VALUES)


def faults(path, contents, **keys) -> list[str]:
    """Load the set with each content of the file at ``path``; return the refusals."""
    refusals = []
    for content in contents:
        path.write_bytes(content)
        try:
            loaded(**keys)
        except UserError as error:
            refusals.append(str(error))
    assert [line for line in refusals if "\n" in line or len(line) >= 600] == []
    assert [line for line in refusals if str(path) not in line and path.stem not in line] == []
    return refusals


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["images-idx3", "labels-idx1"])
@pytest.mark.parametrize("name", ["train", "t10k"])
def test_an_idx_file_of_any_length(name, kind, packed, idx):
    file = idx / f"{name}-{kind}-ubyte"
    content = file.read_bytes()
    if packed:
        file.unlink()
        file, content = file.with_name(f"{file.name}.gz"), gzip.compress(content)
    refusals = faults(file, truncated(content), option="idx", folder=str(idx))
    # gzip takes zeros behind its end for padding.
    assert len(refusals) == len(content) + (not packed)


@pytest.mark.parametrize("kind", ["images-idx3", "labels-idx1"])
def test_an_idx_file_with_any_header(kind, idx):
    file = idx / f"train-{kind}-ubyte"
    content = file.read_bytes()
    length = 16 if "images" in kind else 8
    headers = list(with_other_headers(content, length))
    refusals = faults(file, headers, option="idx", folder=str(idx))
    assert len(refusals) == sum(header != content for header in headers)


def test_idx_files_whose_counts_disagree(idx):
    file = idx / "train-labels-idx1-ubyte"
    plain = file.read_bytes()
    for count in (n for n in range(20) if n != 6):
        write_idx(file, np.arange(count) % 3)
        assert len(faults(file, [file.read_bytes()], option="idx", folder=str(idx))) == 1
    for label in (10, 26, 255):
        file.write_bytes(changed(plain, 8, label))
        loaded_or_refused = faults(file, [file.read_bytes()], option="idx", folder=str(idx))
        assert loaded_or_refused == []  # the largest label counts the classes


@pytest.fixture
def arrays():
    parts = {}
    for name, images in (("train", IMAGES["train"]), ("test", IMAGES["t10k"])):
        parts[f"{name}_images"] = images.astype(np.uint8)
        parts[f"{name}_labels"] = np.arange(len(images)) % 3
    return parts


def archive(arrays, **others) -> bytes:
    file = io.BytesIO()
    np.savez(file, **{**arrays, **others})
    return file.getvalue()


def test_an_archive_of_arrays_of_any_length(arrays, tmp_path):
    file = tmp_path / "own.npz"
    content = archive(arrays)
    lengths = list(truncated(content))[:-1]
    refusals = faults(file, lengths, option="arrays", file=str(file))
    assert len(refusals) == len(content)


def test_an_archive_of_arrays_with_any_byte(arrays, tmp_path):
    file = tmp_path / "own.npz"
    content = archive(arrays)
    positions = range(0, len(content), 3)
    damaged = [changed(content, position, content[position] ^ 0x55) for position in positions]
    assert len(faults(file, damaged, option="arrays", file=str(file))) > len(damaged) / 4


@pytest.mark.parametrize("name", ["train_images", "train_labels", "test_images", "test_labels"])
def test_arrays_of_any_type_shape_and_count(name, arrays, tmp_path):
    file = tmp_path / "own.npz"
    part = arrays[name]
    others = [part.astype(kind) for kind in OTHER_TYPES]
    others += [part.reshape(shape) for shape in ((1, *part.shape), (*part.shape, 1), (-1,))]
    others += [part[:count] for count in range(len(part))] + [part[0], np.float64(1.0)]
    others += [np.full(part.shape, value) for value in (np.nan, np.inf, -np.inf, 1e300)]
    refusals = faults(
        file, [archive(arrays, **{name: other}) for other in others], option="arrays",
        file=str(file),
    )  # fmt: skip
    assert len(refusals) >= 15

"""Rows and tiles of images: the same numbers in another order."""

import numpy as np
import pytest
import torch

from pruning_phases.ensemble.images import Images

BYTES = torch.randint(0, 256, (100, 3, 4, 5), generator=torch.Generator().manual_seed(0)).byte()
MEAN, SCALE = np.float32(30.3), np.float32(0.013)
NUMBERS = ((BYTES.float() - MEAN) * SCALE).movedim(1, -1).contiguous().movedim(-1, 1)


@pytest.mark.parametrize("images", [Images(NUMBERS), Images(NUMBERS, BYTES, MEAN, SCALE)])
def test_tiles_and_rows_hold_the_images(images):
    def numbers(array):
        return torch.from_numpy((array.astype(np.float32) - images.mean) * images.scale)

    tiles = numbers(images.tiles)
    assert tiles.shape == (2, 60, 64)
    examples = tiles.transpose(1, 2).reshape(128, 3, 4, 5)
    assert torch.equal(examples[:100], NUMBERS)
    assert torch.equal(numbers(images.rows), NUMBERS.movedim(1, -1).flatten(1))
    assert torch.equal(numbers(images.part(slice(7, 80)).tiles)[1, :, 8], NUMBERS[79].flatten())

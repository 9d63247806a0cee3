"""Blocks along one axis that become blocks along another."""

import numpy as np
import pytest

from pympr.collectives.transpose import transpose
from pympr.collectives.world import world

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


@pytest.mark.parametrize("dtype", ["f8", "i2", "S3", "c16", [("a", "i1"), ("b", "f4")]])
def test_every_pair_of_axes(dtype):
    here = world()
    for shape in [(7, 5), (3, 9, 2), (1, 2), (0, 4)]:
        raw = np.random.default_rng(5).integers(49, 57, (*shape, np.dtype(dtype).itemsize), np.uint8)
        whole = raw.view(dtype).reshape(shape)
        for split in range(len(shape)):
            for into in range(len(shape)):
                mine = np.array_split(whole, here.size, split)[here.rank]
                if split != into:
                    result = transpose(mine, split, into - len(shape))
                    expected = np.array_split(whole, here.size, into)[here.rank]
                    assert result.shape == expected.shape and result.tobytes() == expected.tobytes()


def test_blocks_of_given_lengths():
    here = world()
    whole = np.arange(60).reshape(6, 10)
    bounds = [0, *np.linspace(0, 6, here.size + 1).astype(int)[1:]]
    lengths = [10] + [0] * (here.size - 1)
    mine = transpose(whole[bounds[here.rank] : bounds[here.rank + 1]], 0, 1, here.comm, lengths[::-1])
    assert np.array_equal(mine, whole if here.rank == here.size - 1 else whole[:, :0])


def test_a_mistake_of_one_rank_is_the_same_error_on_all():
    is_wrong = world().rank == world().size - 1
    with pytest.raises(ValueError, match="different axes"):
        transpose(np.zeros((2, 2)), 0, -2 if is_wrong else 1)
    with pytest.raises(ValueError, match="into must be an axis"):
        transpose(np.zeros((2, 2)), 0, 2 if is_wrong else 1)
    with pytest.raises(ValueError, match="lengths must be"):
        transpose(np.zeros((2, 2)), 0, 1, lengths=[7] * world().size)
    if world().size > 1:
        with pytest.raises(ValueError, match="the ranks must agree"):
            transpose(np.zeros((2, 3 if is_wrong else 2)), 0, 1)

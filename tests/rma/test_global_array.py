"""Global arrays by every way against a NumPy array of the whole."""

import numpy as np
import pytest

from pympr.collectives.gather import allgather
from pympr.collectives.world import world
from pympr.rma.global_array import GlobalArray

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]

WAYS = ["one-sided", "two-sided"]


def draw(rank, length, rows):
    return np.random.default_rng(rank).integers(0, length, rows)


@pytest.mark.parametrize("way", [None, *WAYS])
@pytest.mark.parametrize(
    ("dtype", "trailing"), [("i8", ()), ("f4", (3,)), ("S3", ()), ([("a", "i2"), ("b", "f8")], (2,))]
)
def test_what_is_put_is_got(way, dtype, trailing):
    here, length = world(), 23
    raw = np.random.default_rng(0).integers(49, 57, (length, *trailing, np.dtype(dtype).itemsize), np.uint8)
    whole = raw.view(dtype).reshape(length, *trailing)
    with GlobalArray((length, *trailing), dtype, way=way) as array:
        assert len(array.local) == array.stop - array.start and not array.local.view(np.uint8).any()
        mine = np.arange(length)[:: -here.size][: length // here.size] - here.rank
        mine = mine[mine >= 0]
        array.put(mine, whole[mine])
        every = np.sort(allgather(here, mine)[0])
        wanted = draw(here.rank, length, 40)
        expected = np.zeros_like(whole)
        expected[every] = whole[every]
        assert array.get(wanted).tobytes() == expected[wanted].tobytes()
        assert array.local.tobytes() == expected[array.start : array.stop].tobytes()
        assert array.get([]).shape == (0, *trailing)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", ["i4", "f8"])
def test_nothing_that_is_accumulated_gets_lost(way, dtype):
    here, length = world(), 11
    with GlobalArray((length, 2), dtype, way=way) as sums, GlobalArray(length, dtype, here.comm, way) as least:
        least.local[:] = 1000
        with sums.epoch() as epoch:
            for turn in range(3):
                index = draw(here.rank + 100 * turn, length, 30)
                epoch.accumulate(index, np.stack([index, np.ones(30)], axis=1).astype(dtype))
        with least.epoch() as epoch:
            epoch.accumulate(draw(here.rank, length, 30), np.arange(30, dtype=dtype) + here.rank, "min")
        with sums.epoch() as epoch, least.epoch() as other:
            found, minima = epoch.get(range(length)), other.get(np.arange(length))
        every = np.concatenate([draw(rank + 100 * turn, length, 30) for rank in range(here.size) for turn in range(3)])
        assert found[:, 1].tolist() == np.bincount(every, minlength=length).tolist()
        assert found[:, 0].tolist() == np.bincount(every, every, minlength=length).tolist()
        expected = np.full(length, 1000)
        for rank in range(here.size):
            np.minimum.at(expected, draw(rank, length, 30), np.arange(30) + rank)
        assert minima.tolist() == expected.tolist()


@pytest.mark.parametrize("way", WAYS)
def test_of_equal_indices_the_last_counts_and_scalars_spread(way):
    with GlobalArray(world().size + 1, "i8", way=way) as array:
        array.put([world().rank, world().rank], [1, 2])
        array.accumulate([world().size], 5, "max")
        assert array.get(np.arange(len(array))).tolist() == [2] * world().size + [5]


@pytest.mark.parametrize("way", [None, *WAYS])
def test_a_mistake_of_one_rank_is_the_same_error_on_all(way):
    is_wrong = world().rank == world().size - 1
    with GlobalArray(5, "i8", way=way) as array:
        with pytest.raises(IndexError, match="index 5 is not in an array of 5 items"):
            array.get([1, 5] if is_wrong else [1])
        with pytest.raises(TypeError, match="without loss of kind"):
            array.put([0], [0.5] if is_wrong else [1])
        with pytest.raises(ValueError, match="do not fit"):
            array.put([0], [1, 2] if is_wrong else [1])
        with pytest.raises(ValueError, match="unknown operation"):
            array.accumulate([0], 1, "xor" if is_wrong else "sum")
        with pytest.raises(ZeroDivisionError if world().size == 1 else Exception, match="division"):
            with array.epoch() as epoch:
                epoch.put([0], 1 // (0 if is_wrong else 1))
        assert array.get([1]).tolist() == [0]
    with pytest.raises(ValueError, match="was freed"):
        array.get([1])
    with pytest.raises(TypeError, match="no place"):
        GlobalArray(5, object if is_wrong else "i8")

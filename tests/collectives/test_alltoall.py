"""Rows from all ranks to all ranks, in one call and in rounds."""

import numpy as np
import pytest

from pympr.collectives import alltoall
from pympr.collectives.alltoall import alltoallv
from pympr.collectives.world import world

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]


def count(source, target):
    return (3 * source + 5 * target) % 4


def rows(source, target, dtype, shape):
    """What `source` sends to `target`: recognisable bytes."""
    items = count(source, target) * int(np.prod(shape, dtype=int)) * np.dtype(dtype).itemsize
    return (np.arange(items) * 7 + 16 * source + target).astype(np.uint8).view(dtype).reshape(-1, *shape)


def check(dtype, shape):
    here = world()
    ranks = range(here.size)
    array = np.concatenate([rows(here.rank, target, dtype, shape) for target in ranks])
    received, counts = alltoallv(here, array, [count(here.rank, target) for target in ranks])
    expected = np.concatenate([rows(source, here.rank, dtype, shape) for source in ranks])
    assert received.dtype == array.dtype and received.shape == expected.shape
    assert received.tobytes() == expected.tobytes()
    assert counts.tolist() == [count(source, here.rank) for source in ranks]


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "complex128", "S7", [("a", "i2"), ("b", "f8")]])
@pytest.mark.parametrize("shape", [(), (3, 2)])
def test_any_dtype(dtype, shape):
    check(dtype, shape)


@pytest.mark.parametrize("round_bytes", [1, 7, 64])
@pytest.mark.parametrize("peers", [1, 2, 64])
def test_rounds(monkeypatch, round_bytes, peers):
    monkeypatch.setattr(alltoall, "_ONE_CALL_BYTES", 0)
    monkeypatch.setattr(alltoall, "ROUND_BYTES", round_bytes)
    monkeypatch.setattr(alltoall, "_PEERS_AT_ONCE", peers)
    check("int32", (3,))


def test_nothing_at_all():
    received, counts = alltoallv(world(), np.empty((0, 2)), [0] * world().size)
    assert received.shape == (0, 2) and not counts.any()


def test_rows_may_start_anywhere_and_go_twice():
    here = world()
    array = np.arange(10) + 100 * here.rank
    received, _ = alltoallv(here, array, [2] * here.size, starts=[3 + here.rank % 2] * here.size)
    expected = [[100 * rank + 3 + rank % 2 + step for step in (0, 1)] for rank in range(here.size)]
    assert received.reshape(-1, 2).tolist() == expected


def test_what_does_not_fit_is_refused():
    size = world().size
    with pytest.raises(ValueError, match="one entry a rank"):
        alltoallv(world(), np.arange(3), [1] * (size + 1))
    with pytest.raises(ValueError, match="leave an array of 3 rows"):
        alltoallv(world(), np.arange(3), [4] + [0] * (size - 1))
    with pytest.raises(TypeError, match="Python objects"):
        alltoallv(world(), np.array([None]), [0] * size)


def test_ranks_that_differ_in_kind_are_an_error_everywhere():
    if world().size == 1:
        pytest.skip("one rank agrees with itself")
    with pytest.raises(ValueError, match="differ in dtype"):
        alltoallv(world(), np.zeros(0, "int64" if world().rank else "int32"), [0] * world().size)


@pytest.mark.slow
def test_displacements_beyond_31_bits():
    """Few bytes from far apart: the untouched pages of zeros take no memory."""
    here, far = world(), (1 << 31) + 4096
    array = np.zeros(far + 1000, np.uint8)
    array[far : far + 10] = here.rank + 1
    counts, starts = [10] * here.size, [far] * here.size
    received, _ = alltoallv(here, array, counts, starts)
    assert received.reshape(-1, 10).tolist() == [[rank + 1] * 10 for rank in range(here.size)]


@pytest.mark.slow
def test_more_than_2_gib_in_one_message():
    here, large = world(), (1 << 31) + 5000
    if here.size != 2:
        pytest.skip("two ranks are enough for the memory it takes")
    sent = large if here.rank == 0 else 3
    array = np.zeros(sent, np.uint8)
    array[-3:] = 7, 8, 9
    received, counts = alltoallv(here, array, [0, sent] if here.rank == 0 else [sent, 0])
    assert counts.sum() == (3 if here.rank == 0 else large)
    assert received[-3:].tolist() == [7, 8, 9] and not received[:-3].any()

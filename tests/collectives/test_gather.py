"""Rows and objects of all ranks."""

import numpy as np
import pytest

from pympr.collectives import wire
from pympr.collectives.gather import allgather, allgather_objects, gather, gather_objects
from pympr.collectives.world import world
from pympr.errors import RankError

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]

DTYPES = ["int64", "float32", "complex128", "S5", "bool", "M8[s]", [("a", "i4"), ("b", "f8")]]


def rows(rank, dtype, shape=()):
    """Rank r has r % 3 rows."""
    count = rank % 3
    raw = np.arange(count * int(np.prod(shape, dtype=int)) * np.dtype(dtype).itemsize) + rank
    return (raw % 2).astype(np.uint8).view(dtype).reshape(count, *shape)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (2, 3)])
def test_rows_of_different_lengths(dtype, shape):
    size = world().size
    expected = np.concatenate([rows(rank, dtype, shape) for rank in range(size)])
    mine = rows(world().rank, dtype, shape)
    array, counts = allgather(world(), mine)
    assert array.dtype == mine.dtype and np.array_equal(array, expected)
    assert counts.tolist() == [rank % 3 for rank in range(size)]
    found = gather(world(), mine, root=size - 1)
    assert (found is None) == (world().rank != size - 1)
    assert found is None or np.array_equal(found[0], expected)


@pytest.mark.parametrize("limit", [1, 100])
def test_more_than_one_call_can_carry(monkeypatch, limit):
    """With a small limit the pieces go one by one, as they would above 1 GiB."""
    monkeypatch.setattr(wire, "CHUNK_BYTES", limit)
    mine = np.arange(40, dtype=np.int16) * (world().rank + 1)
    expected = np.concatenate([np.arange(40, dtype=np.int16) * (rank + 1) for rank in range(world().size)])
    assert np.array_equal(allgather(world(), mine)[0], expected)
    found = gather(world(), mine, root=0)
    assert found is None or np.array_equal(found[0], expected)


def test_rows_that_differ_in_kind_are_an_error_everywhere():
    if world().size == 1:
        pytest.skip("one rank agrees with itself")
    mine = np.zeros(3, "int64" if world().rank else "int32")
    with pytest.raises(ValueError, match="differ in dtype"):
        allgather(world(), mine)
    with pytest.raises(TypeError, match="gather_objects"):
        allgather(world(), np.array([None]))
    for call in (allgather, gather):
        with pytest.raises(TypeError, match="rank 1 .* gather_objects"):
            call(world(), np.array([None]) if world().rank == 1 else np.zeros(3))


def test_objects():
    size = world().size
    expected = [{"rank": rank, "text": "x" * rank * 1000} for rank in range(size)]
    assert allgather_objects(world(), expected[world().rank]) == expected
    found = gather_objects(world(), expected[world().rank], root=size - 1)
    assert found == (expected if world().rank == size - 1 else None)


def test_an_object_that_cannot_be_pickled_is_an_error_everywhere():
    if world().size == 1:
        pytest.skip("nothing is pickled")
    value = (number for number in "x") if world().rank == 1 else 0
    for collective in (allgather_objects, gather_objects):
        with pytest.raises(TypeError if world().rank == 1 else RankError, match="cannot pickle"):
            collective(world(), value)

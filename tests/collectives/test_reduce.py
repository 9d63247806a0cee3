"""Typed reductions against NumPy, the tree against functools."""

import functools

import numpy as np
import pytest

from pympr.collectives.reduce import allreduce, reduce_tree
from pympr.collectives.world import world
from pympr.errors import RankError

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]

COMBINE = {"sum": np.add, "prod": np.multiply, "min": np.minimum, "max": np.maximum}
BITWISE = {"and": np.bitwise_and, "or": np.bitwise_or}


def all_values(make):
    return [make(rank) for rank in range(world().size)]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint32", "int64", "uint64", "float32", "float64"])
@pytest.mark.parametrize("operation", COMBINE)
def test_numbers(dtype, operation):
    def make(rank):
        return np.array([[1 + rank % 2, 1], [1 + (rank == 1), rank % 3]], dtype)

    result = allreduce(world(), make(world().rank), operation)
    expected = functools.reduce(COMBINE[operation], all_values(lambda rank: make(rank).astype(object)))
    assert result.dtype == dtype and (result == expected).all()


@pytest.mark.parametrize("operation", BITWISE)
@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_bits(dtype, operation):
    def make(rank):
        return np.array([rank, 255 - rank % 128, 6], dtype) % 128

    expected = functools.reduce(BITWISE[operation], all_values(make))
    assert (allreduce(world(), make(world().rank), operation) == expected).all()


def test_truth():
    mine = np.array([True, world().rank == 0, False])
    alone = world().size == 1
    assert allreduce(world(), mine, "and").tolist() == [True, alone, False]
    assert allreduce(world(), mine, "or").tolist() == [True, True, False]
    assert allreduce(world(), mine, "sum").tolist() == [world().size, 1, 0]
    assert allreduce(world(), mine, "max").tolist() == [True, True, False]


def test_sums_beyond_32_bits_are_exact():
    size = world().size
    big = np.array([2**40 + 1, -(2**62) // size, 2**31], np.int64)
    assert allreduce(world(), big, "sum").tolist() == [size * int(item) for item in big]
    unsigned = np.array([2**64 // size - 1], np.uint64)
    assert int(allreduce(world(), unsigned, "sum")[0]) == size * (2**64 // size - 1)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("operation", ["sum", "prod"])
def test_what_does_not_fit_is_an_error_everywhere(operation, sign):
    if world().size == 1:
        pytest.skip("one value always fits")
    with pytest.raises(OverflowError, match="does not fit int64"):
        allreduce(world(), np.array([0, sign * (2**63 - 1)]), operation)
    with pytest.raises(OverflowError, match="does not fit uint8"):
        allreduce(world(), np.full((), 200, np.uint8), operation)


def test_shapes_and_empty_arrays():
    assert allreduce(world(), np.float64(2.0), "sum").shape == ()
    assert allreduce(world(), np.empty((0, 3)), "sum").shape == (0, 3)
    strided = np.arange(10)[::2]
    assert (allreduce(world(), strided, "max") == strided).all()


def test_what_has_no_meaning_is_refused():
    with pytest.raises(ValueError, match="unknown operation 'mean'"):
        allreduce(world(), np.arange(3), "mean")
    with pytest.raises(TypeError, match="no meaning"):
        allreduce(world(), np.array(["a"]), "sum")
    with pytest.raises(TypeError, match="no meaning"):
        allreduce(world(), np.array([1.0]), "and")


def test_a_raw_communicator_will_do():
    from mpi4py import MPI

    assert allreduce(MPI.COMM_WORLD, np.array([1]), "sum")[0] == MPI.COMM_WORLD.size


def test_the_tree_keeps_the_order_of_ranks():
    assert reduce_tree(world(), [world().rank], lambda left, right: left + right) == list(range(world().size))


def test_the_tree_takes_large_values():
    result = reduce_tree(world(), np.full(100_000, world().rank), np.add)
    assert (result == sum(range(world().size))).all()


@pytest.mark.parametrize("guilty", [0, 1])
def test_an_exception_in_the_function_reaches_all(guilty):
    if world().size == 1:
        pytest.skip("nothing to combine")

    def combine(left, right):
        if world().rank == 2 * guilty or world().size < 4:
            raise ZeroDivisionError("no more")
        return left

    with pytest.raises((RankError, ZeroDivisionError), match="no more") as caught:
        reduce_tree(world(), 1, combine)
    assert caught.type is RankError or world().rank in (0, 2)
    assert reduce_tree(world(), 1, lambda left, right: left + right) == world().size


def test_a_value_that_cannot_be_pickled_reaches_all():
    if world().size == 1:
        pytest.skip("nothing is pickled")
    last = world().size - 1
    value = (number for number in "x") if world().rank == last else 0
    with pytest.raises(RankError if world().rank != last else TypeError, match="cannot pickle"):
        reduce_tree(world(), value, lambda left, right: left)


@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_result_in_an_array_that_is_there(dtype):
    size = world().size
    mine = np.arange(6, dtype=dtype) + world().rank
    expected = np.arange(6) * size + sum(range(size))
    other = np.empty(6, dtype)
    assert allreduce(world(), mine, "sum", out=other) is other and other.tolist() == expected.tolist()
    strided = np.zeros((6, 2), dtype)[:, 0]
    assert allreduce(world(), mine, "sum", out=strided) is strided and strided.tolist() == expected.tolist()
    assert allreduce(world(), mine, "sum", out=mine) is mine and mine.tolist() == expected.tolist()
    with pytest.raises(ValueError, match="out is bool of shape"):
        allreduce(world(), mine, "sum", out=np.zeros(6, bool))

"""Grouping over ranks against NumPy on the gathered whole: group_reduce, unique and bincount."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pympr.collectives.bincount import bincount
from pympr.collectives.gather import allgather
from pympr.collectives.group_reduce import group_reduce
from pympr.collectives.unique import unique
from pympr.collectives.world import world

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


def whole(array):
    return allgather(world(), array)[0]


def same(left, right):
    return left.dtype == right.dtype and np.array_equal(left, right, equal_nan=left.dtype.kind in "fc")


def check_groups(keys, values, operation, expected_dtype):
    found = [whole(part) for part in group_reduce(keys, values, operation)]
    all_keys, all_values = whole(keys), whole(values)
    expected_keys, group = np.unique(all_keys, return_inverse=True)
    rows = [all_values[group == number] for number in range(len(expected_keys))]
    functions = {"sum": np.sum, "min": np.min, "max": np.max, "mean": np.mean, "count": lambda part, axis: len(part)}
    expected = [functions[operation](part, axis=0) for part in rows]
    assert same(found[0], expected_keys) and found[1].dtype == expected_dtype
    # Shares of the groups differ at most by what a key brings from every rank.
    assert np.allclose(found[1].astype(float), np.array(expected, float).reshape(found[1].shape), equal_nan=True)


def test_every_operation():
    random = np.random.default_rng(world().rank)
    keys = random.integers(0, 20, 100)
    check_groups(keys, random.integers(-9, 9, 100, np.int8), "sum", np.int64)
    check_groups(keys, random.integers(0, 9, (100, 2), np.uint8), "sum", np.uint64)
    check_groups(keys, random.random(100) < 0.5, "sum", np.int64)
    check_groups(keys.astype("U3"), random.random(100).astype(np.float32), "sum", np.float32)
    check_groups(keys.astype(float), np.where(keys == 3, np.nan, random.random(100)), "max", np.float64)
    check_groups(keys.astype("S2"), random.integers(-9, 9, 100, np.int16), "min", np.int16)
    check_groups(keys, random.random((100, 2, 2)), "mean", np.float64)
    check_groups(keys[:0], random.random(0), "mean", np.float64)
    check_groups(keys, keys, "count", np.int64)


@given(st.data())
@settings(max_examples=3)
def test_unique_of_any_floats(data):
    item = st.sampled_from([0.0, 1.0, 1.5, float("nan"), float("inf"), -7.0])
    rows = data.draw(st.lists(st.lists(item, max_size=12), min_size=8, max_size=8))
    mine = np.array(rows[world().rank], float)
    values, counts = (whole(part) for part in unique(mine, return_counts=True))
    expected, expected_counts = np.unique(whole(mine), return_counts=True)
    assert same(values, expected) and same(counts, expected_counts)
    assert same(whole(unique(mine)), expected)


def test_distinct_values_are_spread():
    mine = np.arange(3000) * 2 + 1
    assert len(unique(mine)) <= 1.05 * 3000 / world().size + world().size


def test_bins():
    rank = world().rank
    mine = np.array([rank, 5, 5, 2 * rank], np.uint16)
    assert same(bincount(mine), np.bincount(whole(mine)))
    assert same(bincount(mine, minlength=40), np.bincount(whole(mine), minlength=40))
    assert same(bincount([]), np.bincount(np.empty(0, np.int64)))
    weights = np.array([0.5, 1, 2, rank])
    assert np.allclose(bincount(mine, weights), np.bincount(whole(mine), whole(weights)))


def test_a_mistake_of_one_rank_is_the_same_error_on_all():
    is_wrong = world().rank == world().size - 1
    with pytest.raises(ValueError, match="no negative integers, got -4"):
        bincount([-4] if is_wrong else [4])
    with pytest.raises(TypeError, match="must hold integers"):
        bincount([0.5] if is_wrong else [4])
    with pytest.raises(ValueError, match="3 keys, but values of shape"):
        group_reduce([1, 2, 3], [1] if is_wrong else [1, 2, 3])
    with pytest.raises(TypeError, match="no meaning here for values of <U1"):
        group_reduce([1], ["a"] if is_wrong else [1])
    with pytest.raises(ValueError, match="unknown operation 'median'"):
        group_reduce([1], [1], "median")

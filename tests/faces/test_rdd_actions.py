"""Actions give every rank the same value."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


@given(
    values=st.lists(st.one_of(st.integers(), st.floats(-1e9, 1e9)), min_size=1, max_size=30), count=st.integers(1, 6)
)
def test_reductions(sc, values, count):
    rdd = sc.parallelize(values, count)
    assert rdd.count() == len(values)
    assert rdd.max() == max(values) and rdd.min() == min(values)
    assert rdd.reduce(add) == pytest.approx(reduce(add, values))


def test_a_sum_of_floats_does_not_depend_on_the_ranks(sc):
    values = [0.1 * i for i in range(1000)]
    parts = [values[i * 250 : (i + 1) * 250] for i in range(4)]
    expected = reduce(add, (reduce(add, part) for part in parts))
    assert sc.parallelize(values, 4).sum() == expected


def test_sums_of_integers_are_exact(sc):
    assert sc.parallelize([2**62] * 10, 3).sum() == 10 * 2**62
    assert sc.range(2**62, 2**62 + 1000, numSlices=3).sum() == sum(range(2**62, 2**62 + 1000))


def test_empty(sc):
    empty = sc.emptyRDD()
    assert empty.isEmpty() and empty.count() == 0 and empty.collect() == [] and empty.sum() == 0
    for call in (lambda: empty.reduce(add), empty.first, empty.max):
        with pytest.raises(ValueError):
            call()


@given(values=st.lists(st.integers(-9, 9), max_size=40), count=st.integers(1, 8), number=st.integers(0, 45))
def test_take_and_order(sc, values, count, number):
    rdd = sc.parallelize(values, count)
    assert rdd.take(number) == values[:number]
    assert rdd.takeOrdered(number) == sorted(values)[:number]
    assert rdd.takeOrdered(number, key=lambda x: -x) == sorted(values, key=lambda x: -x)[:number]
    assert rdd.top(number) == sorted(values, reverse=True)[:number]


def test_take_computes_only_what_it_needs(sc):
    seen = []
    sc.parallelize(range(100), 50).map(lambda x: seen.append(x) or x).take(1)
    assert len(seen) <= 2


def test_lookup_and_fold(sc):
    pairs = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 2)
    assert pairs.lookup("a") == [1, 3] and pairs.lookup("z") == []
    assert pairs.collectAsMap() == {"a": 3, "b": 2}
    assert sc.parallelize([1, 2, 3], 2).fold(0, add) == 6


def test_foreach_runs_where_the_records_are(sc):
    seen = []
    sc.parallelize(range(10), 5).foreach(seen.append)
    from pympr.collectives.gather import allgather_objects

    everyone = allgather_objects(sc._session.world, seen)
    assert sorted(x for part in everyone for x in part) == list(range(10))


def test_numpy_in_and_out(sc):
    rank, size = sc._session.world.rank, sc._session.world.size
    local = np.arange(5) + 10 * rank
    rdd = sc.fromNumpy(local)
    assert rdd.getNumPartitions() == size
    assert rdd.collect() == [10 * r + i for r in range(size) for i in range(5)]
    assert rdd.toNumpy().tolist() == local.tolist()
    doubled = rdd.mapBlocks(lambda x: x * 2.0).toNumpy()
    assert doubled.dtype == np.float64 and doubled.tolist() == (local * 2.0).tolist()


def test_numpy_pairs(sc):
    size = sc._session.world.size
    rdd = sc.fromNumpy((np.arange(100) % 7, np.ones(100)))
    assert dict(rdd.reduceByKey(add).collect()) == {k: float(size * len(range(k, 100, 7))) for k in range(7)}
    swapped = rdd.mapBlocks(lambda k, v: (v, k))
    assert swapped.first() == (1.0, 0)
    with pytest.raises(ValueError, match="lengths"):
        sc.fromNumpy((np.arange(3), np.arange(4)))
    with pytest.raises(ValueError, match="1-d"):
        sc.fromNumpy(np.zeros((2, 2)))


def test_numpy_strings(sc):
    names = np.array([b"b", b"", b"abc", b"b"])
    counted = sc.fromNumpy((names, np.ones(4, np.int64))).reduceByKey(add)
    assert dict(counted.collect()) == {b"b": 2 * sc.size, b"": sc.size, b"abc": sc.size}
    assert sc.fromNumpy(np.array(["x", "é"])).collect() == ["x", "é"] * sc.size


def test_sorting_does_not_touch_the_users_array(sc):
    local = np.array([3, 1, 2])
    sc.fromNumpy(local).sortBy(lambda x: x).count()
    assert local.tolist() == [3, 1, 2]


def test_divergence_is_an_error_on_all_ranks(sc):
    if sc._session.world.size == 1:
        pytest.skip("one rank cannot diverge")
    from pympr.errors import DivergenceError

    with pytest.raises(DivergenceError, match=r"test_rdd_actions.py:\d+"):
        sc.range(10).count() if sc._session.world.rank == 0 else sc.range(10).collect()
    with pytest.raises(DivergenceError):
        sc.parallelize([sc._session.world.rank]).collect()
    assert sc.range(3).count() == 3


def test_ordered_by_a_number_that_ranks_in_columns(sc):
    numbers = [(i * 7919) % 101 - 50 for i in range(3000)]
    pairs = [(f"w{i % 997}", number) for i, number in enumerate(numbers)]
    rdd = sc.parallelize(pairs, 4).map(lambda pair: (pair[0], pair[1]))
    for key in (lambda pair: -pair[1], lambda pair: (-pair[1], pair[0]), lambda pair: pair[1], None):
        for number in (0, 1, 40, 3000, 4000):
            assert rdd.takeOrdered(number, key=key) == sorted(pairs, key=key)[:number]
            assert rdd.top(number, key=key) == sorted(pairs, key=key, reverse=True)[:number]


@pytest.mark.parametrize("values", [[-(2**63), 1, 2**63 - 1], [0.0, -0.0, 1.5, float("-inf")], [True, False, True]])
def test_ordered_by_extremes(sc, values):
    rdd = sc.parallelize(values * 50, 3).map(lambda x: x)
    for key in (lambda x: -x, lambda x: (-x, x), None):
        assert list(map(repr, rdd.takeOrdered(60, key=key))) == list(map(repr, sorted(values * 50, key=key)[:60]))


def test_a_sum_computes_its_elements_once(sc):
    seen = sc.parallelize(range(9), 3).map(lambda x: (calls.append(x), x)[1])
    calls = []
    assert seen.sum() == 36 and len(calls) <= 9
    assert sc.emptyRDD().sum() == 0

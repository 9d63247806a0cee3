"""Statistics, histograms and samples, against the standard library."""

import statistics
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]
NUMBERS = st.lists(st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6)), min_size=2, max_size=40)


@given(values=NUMBERS, count=st.integers(1, 6))
def test_stats(sc, values, count):
    rdd = sc.parallelize(values, count)
    found = rdd.stats()
    assert found.count() == len(values) and found.min() == min(values) and found.max() == max(values)
    assert rdd.mean() == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert rdd.variance() == pytest.approx(statistics.pvariance(map(float, values)), rel=1e-6, abs=1e-6)
    assert rdd.sampleStdev() == pytest.approx(statistics.stdev(map(float, values)), rel=1e-6, abs=1e-6)


def test_stats_of_little(sc):
    nothing = sc.emptyRDD().stats()
    assert (nothing.count(), nothing.mean(), nothing.max()) == (0, 0.0, float("-inf"))
    assert nothing.variance() != nothing.variance()
    assert sc.parallelize([1.0, float("nan")], 2).stats().max() != sc.parallelize([3]).max()
    arrays = sc.parallelize([np.array([1.0, 5.0]), np.array([3.0, 1.0])], 2).stats()
    assert arrays.mean().tolist() == [2.0, 3.0] and arrays.max().tolist() == [3.0, 5.0]


def test_sum_of_what_is_no_number(sc):
    with pytest.raises(TypeError, match="unsupported operand"):
        sc.parallelize(["a", "b"], 2).sum()
    assert sc.parallelize([True, False, 2.5], 2).sum() == 3.5 and sc.parallelize([]).sum() == 0


@given(values=st.lists(st.integers(-50, 50), min_size=1, max_size=60), count=st.integers(1, 5), n=st.integers(1, 8))
def test_histogram_counts_all(sc, values, count, n):
    rdd = sc.parallelize(values, count)
    borders, counts = rdd.histogram(n)
    assert sum(counts) == len(values) and borders[0] == min(values) and borders[-1] == max(values)
    if len(borders) > 2 and all(isinstance(border, int) for border in borders):
        assert counts == np.histogram(values, borders)[0].tolist()
    uneven = [-20, -3, 0, 1, 30]
    assert rdd.histogram(uneven) == (uneven, np.histogram(values, uneven)[0].tolist())


@pytest.mark.parametrize(
    "buckets, kind, words",
    [
        (0, ValueError, ">= 1"),
        ([1], ValueError, "more than one"),
        ([2, 1], ValueError, "sorted"),
        ([1, 1, 2], ValueError, "duplicated"),
        ([1, None], ValueError, "None or NaN"),
        ("ab", TypeError, "list or tuple"),
    ],
)
def test_histogram_refuses(sc, buckets, kind, words):
    with pytest.raises(kind, match=words):
        sc.parallelize([1, 2]).histogram(buckets)


def test_histogram_of_odd_elements(sc):
    assert sc.parallelize([1, None, float("nan"), 3], 2).histogram(2) == ([1, 2, 3], [1, 1])
    with pytest.raises(ValueError, match="empty"):
        sc.parallelize([None]).histogram(2)
    with pytest.raises(TypeError, match="non-number"):
        sc.parallelize(["a", "b"]).histogram(2)
    with pytest.raises(ValueError, match="infinite"):
        sc.parallelize([1.0, float("inf")]).histogram(2)


def test_approximate_actions_are_exact(sc):
    rdd = sc.range(1000, numSlices=10)
    assert rdd.countApprox(1, 0.5) == 1000 and rdd.sumApprox(1) == 499500 and rdd.meanApprox(1).low == 499.5


@pytest.mark.parametrize("distinct", [0, 1, 20, 1000, 50000])
@pytest.mark.parametrize("kind", [int, str, lambda x: (x, float(x))], ids=["int", "str", "tuple"])
def test_count_approx_distinct(sc, distinct, kind):
    rdd = sc.range(2 * distinct, numSlices=3).map(lambda x: kind(x % max(distinct, 1)))
    assert rdd.countApproxDistinct(0.02) == pytest.approx(distinct, rel=0.08)
    with pytest.raises(ValueError, match="relativeSD"):
        rdd.countApproxDistinct(0.00001)


# What PySpark 4.3 gives for the same seeds and partitions.
def test_samples_are_those_of_pyspark(sc):
    rdd = sc.range(100, numSlices=4)
    assert rdd.sample(False, 0.1, 81).collect() == [4, 26, 39, 41, 42, 52, 63, 76, 80, 86, 97]
    first, second = sc.range(20, numSlices=1).randomSplit([2, 3], 17)
    assert sorted(first.collect() + second.collect()) == list(range(20))
    assert len(rdd.takeSample(False, 30, 5)) == 30 == len(set(rdd.takeSample(False, 30, 5)))
    assert rdd.takeSample(True, 300, 5) == rdd.takeSample(True, 300, 5)
    assert sorted(rdd.takeSample(False, 1000)) == list(range(100)) and rdd.takeSample(False, 0) == []


def test_samples_without_a_seed_are_one_sample(sc):
    rdd = sc.range(1000, numSlices=4)
    kept = rdd.sample(False, 0.5)
    assert kept.collect() == kept.collect()
    assert rdd.sample(False, 0.5).collect() != kept.collect()
    twice = rdd.sample(True, 25.0, 3).count()
    assert 23000 < twice < 27000


def test_sampling_refuses(sc):
    rdd = sc.parallelize([(1, 1)])
    for call, kind in (
        (lambda: rdd.sample(False, -0.1), ValueError),
        (lambda: rdd.randomSplit([-1, 2]), ValueError),
        (lambda: rdd.randomSplit([0, 0]), ValueError),
        (lambda: rdd.takeSample(False, -1), ValueError),
        (lambda: rdd.sampleByKey(False, {1: -1.0}), AssertionError),
    ):
        with pytest.raises(kind):
            call()
    with pytest.raises(KeyError):
        rdd.sampleByKey(False, {2: 0.5}).collect()


@given(values=st.lists(st.integers(), min_size=1, max_size=40), count=st.integers(1, 30), depth=st.integers(1, 4))
def test_trees(sc, values, count, depth):
    rdd = sc.parallelize(values, count)
    assert rdd.treeReduce(add, depth) == sum(values)
    assert rdd.treeAggregate(
        (0, 0), lambda c, v: (c[0] + v, c[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1]), depth
    ) == (
        sum(values),
        len(values),
    )


def test_trees_refuse(sc):
    with pytest.raises(ValueError, match="Depth"):
        sc.range(3).treeReduce(add, 0)
    with pytest.raises(ValueError, match="Cannot reduce empty"):
        sc.parallelize([], 3).treeReduce(add)


@given(a=st.lists(st.integers(0, 9), max_size=20), b=st.lists(st.integers(0, 9), max_size=20))
def test_sets(sc, a, b):
    left, right = sc.parallelize(a, 3), sc.parallelize(b, 2)
    assert sorted(left.intersection(right).collect()) == sorted(set(a) & set(b))
    assert sorted(left.subtract(right).collect()) == sorted(x for x in a if x not in b)
    pairs = left.map(lambda x: (x % 4, x))
    found = pairs.subtractByKey(right.map(lambda x: (x % 4, 0)))
    assert sorted(found.values().collect()) == sorted(x for x in a if x % 4 not in {y % 4 for y in b})
    assert pairs.foldByKey(0, add).collectAsMap() == pairs.reduceByKeyLocally(add)


def test_pipe(sc):
    rdd = sc.parallelize(["b", "a", "", "c\n"], 2)
    assert rdd.pipe("cat").collect() == ["b", "a", "", "c"]
    assert rdd.pipe("sort", checkCode=True).collect() == ["a", "b", "", "c"]
    assert sc.parallelize(range(200000), 2).pipe("head -n 1").collect() == ["0", "100000"]
    assert rdd.pipe("sh -c 'echo $X'", {"X": "7"}).collect() == ["7", "7"]
    assert sc.range(300000, numSlices=1).pipe("cat").count() == 300000
    assert rdd.pipe("false").collect() == []
    with pytest.raises(RuntimeError, match="error code 3"):
        rdd.pipe("sh -c 'exit 3'", checkCode=True).collect()
    with pytest.raises(FileNotFoundError):
        rdd.pipe("no-such-program").collect()
    with pytest.raises(ZeroDivisionError):
        rdd.map(lambda x: 1 / 0).pipe("cat").collect()


def test_results_that_cannot_be_pickled_fail_alike(sc):
    class Stubborn:
        def __reduce__(self):
            raise OSError("not to be pickled")

    rdd = sc.range(4, numSlices=4).map(lambda x: Stubborn())
    if sc.size == 1:
        assert len(rdd.collect()) == 4
        return
    for call in (rdd.collect, lambda: rdd.take(4)):
        with pytest.raises(OSError, match="not to be pickled"):
            call()
    assert sc.range(4).count() == 4

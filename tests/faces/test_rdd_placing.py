"""Zip, Cartesian products, and other numbers of partitions."""

from collections import Counter
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


def shuffled(rdd):
    """The same elements, partition by partition, on other ranks."""
    return rdd.map(lambda x: (x, x)).partitionBy(rdd.getNumPartitions(), lambda x: x).keys()


@given(values=st.lists(st.integers(), max_size=30), count=st.integers(1, 6))
def test_zip_of_any_two_that_have_the_same_partitions(sc, values, count):
    rdd = sc.parallelize(values, count)
    kept, other = rdd.map(str).cache(), rdd.map(lambda x: [x]).cache()
    expected = [(x, str(x)) for x in values]
    assert rdd.zip(rdd.map(str)).collect() == rdd.zip(kept).collect() == expected
    assert kept.zip(rdd).collect() == [(y, x) for x, y in expected]
    assert kept.zip(other).map(lambda pair: pair[1]).collect() == [[x] for x in values]
    assert kept.zip(kept.map(int)).collect() == [(y, x) for x, y in expected]
    kept.unpersist(), other.unpersist()


def test_zip_of_shuffled_kept_and_local_rows(sc):
    rdd = sc.range(24, numSlices=5)
    moved = shuffled(rdd)
    found = moved.collect()
    assert moved.zip(moved.map(str)).collect() == [(x, str(x)) for x in found]
    assert moved.zip(moved.map(str).cache()).collect() == [(x, str(x)) for x in found]
    union = sc.union([moved, rdd])
    assert union.zip(union.map(str)).collect() == [(x, str(x)) for x in [*found, *range(24)]]
    assert union.zip(sc.union([moved, rdd]).cache()).collect() == [(x, x) for x in [*found, *range(24)]]


def test_zip_refuses_what_does_not_match(sc):
    with pytest.raises(ValueError, match="same number of partitions"):
        sc.range(4, numSlices=2).zip(sc.range(4, numSlices=3))
    for left, right in ((3, 4), (4, 3)):
        with pytest.raises(ValueError, match="same number of elements"):
            sc.range(left, numSlices=1).zip(sc.range(right, numSlices=1)).collect()


@given(left=st.lists(st.integers(), max_size=8), right=st.lists(st.text(max_size=2), max_size=8), n=st.integers(1, 4))
def test_cartesian_has_every_pair(sc, left, right, n):
    a, b = sc.parallelize(left, n), sc.parallelize(right, 5 - n)
    product = a.cartesian(b)
    assert product.getNumPartitions() == n * (5 - n)
    assert Counter(product.collect()) == Counter((x, y) for x in left for y in right)
    kept = a.cache().cartesian(b.map(lambda y: (y, 1)).reduceByKey(add, 2))
    assert Counter(kept.collect()) == Counter((x, (y, c)) for x in left for y, c in Counter(right).items())


def test_coalesce_joins_neighbours(sc):
    rdd = sc.range(10, numSlices=5)
    expected = [[0, 1, 2, 3], [4, 5, 6, 7, 8, 9]]
    assert rdd.coalesce(2).glom().collect() == expected
    assert rdd.map(lambda x: x).cache().coalesce(2).glom().collect() == expected
    assert rdd.coalesce(9).getNumPartitions() == 5
    parts = shuffled(rdd).glom().collect()
    merged = shuffled(rdd).coalesce(3).glom().collect()
    assert merged == [parts[0], parts[1] + parts[2], parts[3] + parts[4]]
    with pytest.raises(ValueError, match="must be positive"):
        rdd.coalesce(0)


@given(values=st.lists(st.integers(), max_size=50), before=st.integers(1, 5), after=st.integers(1, 9))
def test_repartition_deals_evenly(sc, values, before, after):
    parts = sc.parallelize(values, before).repartition(after).glom().collect()
    assert len(parts) == after and Counter(x for part in parts for x in part) == Counter(values)
    sizes = list(map(len, parts))
    assert max(sizes) - min(sizes) <= before
    assert parts == sc.parallelize(values, before).map(lambda x: x).cache().repartition(after).glom().collect()


def test_numbers_of_elements(sc):
    rdd = sc.range(20, numSlices=7).filter(lambda x: x % 3 == 0)
    assert rdd.zipWithIndex().collect() == [(x, i) for i, x in enumerate(range(0, 20, 3))]
    kept = rdd.cache()
    assert kept.zipWithIndex().collect() == rdd.zipWithIndex().collect()
    assert len(dict(map(reversed, rdd.zipWithUniqueId().collect()))) == 7


def records(sc, action):
    """The stages of the last action that moved something."""
    return [stage for stage in sc._session.records[-1].stages if stage.variant or stage.messages or stage.rows_sent]


def test_join_of_rows_that_are_partitioned_alike_moves_nothing(sc):
    def by(key):
        return key * 7

    left = sc.range(100, numSlices=3).map(lambda x: (x, x)).partitionBy(4, by).cache()
    right = sc.range(50, numSlices=2).map(lambda x: (x, -x)).partitionBy(4, by).cache()
    assert left.count() + right.count() == 150
    for joined in (left.join(right), left.join(right, 4), left.cogroup(right), left.subtractByKey(right)):
        assert joined.getNumPartitions() == 4
        joined.count()
        assert records(sc, "count") == []
    assert sorted(left.join(right).collect()) == [(x, (x, -x)) for x in range(50)]
    assert left.mapValues(str).reduceByKey(add).count() == 100 and records(sc, "count") == []
    assert left.partitionBy(4, by).count() == 100 and records(sc, "count") == []
    assert left.join(right, 5).count() == 50 and records(sc, "count") != []


def test_one_side_lies_already(sc):
    left = sc.range(100).map(lambda x: (x, x)).partitionBy(4, lambda key: key).cache()
    left.count()
    assert left.join(sc.range(50).map(lambda x: (x, 1)), 4).count() == 50
    assert len(records(sc, "count")) == 1


def test_partitioner(sc):
    from pympr.rdd.partitioner import portable_hash

    pairs = sc.parallelize([(1, 2), (3, 4)], 2)
    assert pairs.partitioner is None

    def by(key):
        return key

    placed = pairs.partitionBy(3, by)
    assert placed.partitioner(5) == 2 and placed.partitioner == pairs.partitionBy(3, by).partitioner
    assert pairs.partitionBy(3).partitioner == pairs.partitionBy(3, portable_hash).partitioner != placed.partitioner
    assert placed.lookup(3) == [4] and placed.lookup(9) == [] and pairs.partitionBy(3).lookup(1) == [2]


def test_marks_hold_for_plans_made_before(sc):
    calls = []
    rdd = sc.range(4, numSlices=2).map(lambda x: calls.append(x) or x)
    above = rdd.map(lambda x: x + 1)
    rdd.cache()
    assert above.sum() == 10 and above.sum() == 10 and len(calls) <= 4
    rdd.unpersist()
    before = len(calls)
    above.sum(), above.sum()
    from pympr.collectives.reduce import reduce_tree

    assert reduce_tree(sc._session.world, len(calls) - before, add) == 8


def test_coalesce_of_no_partitions(sc):
    nothing = sc.emptyRDD()
    assert nothing.coalesce(1).collect() == nothing.coalesce(2, shuffle=True).collect() == []
    assert nothing.cartesian(sc.parallelize([1])).coalesce(3).collect() == []


def test_sort_key_that_fails_only_where_rows_arrive_fails_everywhere(sc):
    """The key is computed again behind the exchange; no rank may go on to the next action alone."""
    last = sc.rank == sc.size - 1
    mine = np.arange(100 * sc.size).reshape(sc.size, 100)[::-1][sc.rank]

    def key(x):
        if last and x >= 100 * (sc.size - 1):
            raise LookupError(f"no key for {x}")
        return f"{x:05d}"

    with pytest.raises(LookupError, match="no key for"):
        sc.fromNumpy(mine).sortBy(key, numPartitions=3 * sc.size).collect()
    assert sc.range(10).count() == 10

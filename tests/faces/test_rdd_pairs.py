"""Grouping, joining and sorting, against plain Python."""

import math
from collections import Counter, defaultdict
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.config import Config
from pympr.data.keyhash import hash_keys

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]

KEYS = st.one_of(st.integers(-3, 3), st.text("ab", max_size=2), st.none(), st.booleans(), st.sampled_from([1.0, 0.5]))
SAME_KIND = st.one_of(
    st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-9, 9)), max_size=30),
    st.lists(st.tuples(st.text("abé", max_size=20), st.integers(-9, 9)), max_size=30),
    st.lists(st.tuples(st.tuples(st.integers(0, 2), st.text("x", max_size=2)), st.floats(-9, 9)), max_size=30),
    st.lists(st.tuples(KEYS, st.integers(-9, 9)), max_size=30),
)


def grouped(pairs):
    groups = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


@given(pairs=SAME_KIND, count=st.integers(1, 5), parts=st.integers(1, 5))
def test_reduce_by_key_is_the_sum_of_each_group(sc, pairs, count, parts):
    rdd = sc.parallelize(pairs, count)
    expected = {key: sum(values) for key, values in grouped(pairs).items()}
    for function in (add, lambda a, b: b + a):
        found = rdd.reduceByKey(function, parts).collect()
        assert len(found) == len(expected)
        assert all(math.isclose(dict(found)[key], value, abs_tol=1e-9) for key, value in expected.items())


@given(pairs=SAME_KIND, count=st.integers(1, 5), parts=st.integers(1, 5))
def test_group_by_key_keeps_the_order_of_values(sc, pairs, count, parts):
    found = sc.parallelize(pairs, count).groupByKey(parts).mapValues(list).collect()
    assert len(found) == len(grouped(pairs)) and dict(found) == grouped(pairs)


@given(left=SAME_KIND, right=SAME_KIND, count=st.integers(1, 4))
@pytest.mark.parametrize("how", ["join", "leftOuterJoin", "rightOuterJoin", "fullOuterJoin"])
def test_joins_pair_every_match(sc, left, right, count, how):
    a, b = grouped(left), grouped(right)
    expected = [(k, (v, w)) for k in a.keys() & b.keys() for v in a[k] for w in b[k]]
    if how in ("leftOuterJoin", "fullOuterJoin"):
        expected += [(k, (v, None)) for k in a.keys() - b.keys() for v in a[k]]
    if how in ("rightOuterJoin", "fullOuterJoin"):
        expected += [(k, (None, w)) for k in b.keys() - a.keys() for w in b[k]]
    found = getattr(sc.parallelize(left, count), how)(sc.parallelize(right, 2)).collect()
    assert Counter(map(repr_of_pair, found)) == Counter(map(repr_of_pair, expected))


@pytest.mark.parametrize("how", ["leftOuterJoin", "rightOuterJoin", "fullOuterJoin"])
def test_outer_joins_of_tuple_values_give_none_for_a_missing_one(sc, how):
    small, large = [(1, ("a", 2))], [(1, 0.5), (2, 1.5)]
    left, right = (small, large) if how == "rightOuterJoin" else (large, small)
    found = getattr(sc.parallelize(left, 2), how)(sc.parallelize(right, 2)).collect()
    both = [(1, (dict(left)[1], dict(right)[1])), (2, (dict(left).get(2), dict(right).get(2)))]
    assert sorted(found) == both


def repr_of_pair(record):
    key, values = record
    return (key, tuple(map(repr, values)))


@given(
    values=st.one_of(
        st.lists(st.integers()),
        st.lists(st.integers(-(2**63), 2**63 - 1)),
        st.lists(st.floats(allow_nan=False)),
        st.lists(st.text(max_size=12)),
        st.lists(st.binary(max_size=12)),
    ),
    count=st.integers(1, 5),
    parts=st.integers(1, 5),
    ascending=st.booleans(),
)
def test_sort_is_stable_and_complete(sc, values, count, parts, ascending):
    tagged = [(value, position) for position, value in enumerate(values)]
    expected = sorted(tagged, key=lambda pair: pair[0], reverse=not ascending)
    assert sc.parallelize(tagged, count).sortByKey(ascending, parts).collect() == expected
    found = sc.parallelize(values, count).sortBy(lambda x: x, ascending, parts)
    assert found.collect() == sorted(values, reverse=not ascending)
    assert found.getNumPartitions() == parts


def test_sort_by_a_python_key_of_mixed_shape(sc):
    words = "the quick Brown fox Jumps over the Lazy dog".split()
    assert sc.parallelize(words, 3).sortBy(lambda w: (len(w), w.lower())).collect() == sorted(
        words, key=lambda w: (len(w), w.lower())
    )


def test_order_after_reduce_by_key_depends_on_nothing_but_the_keys(sc):
    pairs = [(f"word{i % 50}", 1) for i in range(1000)]
    orders = {
        tuple(sc.parallelize(pairs, count).reduceByKey(add, parts).keys().collect())
        for count in (1, 3, 7)
        for parts in (1, 2, 5, 9)
    }
    assert len(orders) == 1
    assert sorted(orders.pop()) == sorted({key for key, _ in pairs})


@pytest.mark.parametrize("key_of", [int, str, float, lambda i: (i, str(i)), lambda i: (i, None)[i % 7 == 0]])
@pytest.mark.parametrize("merge", [add, lambda a, b: a + b + 0 * a], ids=["typed", "python"])
def test_reduced_keys_come_in_the_order_of_their_hashes(sc, key_of, merge):
    pairs = [(key_of(i % 3001), i) for i in range(20_000)]
    expected = {}
    for key, value in pairs:
        expected[key] = expected.get(key, 0) + value
    found = sc.parallelize(pairs, 3).reduceByKey(merge, 4).collect()
    assert found == [(key, expected[key]) for key, _ in found] and len(found) == len(expected)
    hashes = hash_keys([key for key, _ in found], Config().hash_seed)
    assert (hashes[1:] > hashes[:-1]).all()


@pytest.mark.parametrize("key_of", [int, str, float, lambda i: (i, "x"), lambda i: [i, str(i)][i % 2]])
def test_order_after_a_join_depends_on_nothing_but_the_rows(sc, key_of):
    left = [(key_of(i % 70), i) for i in range(300)]
    right = [(key_of(i % 90), -i) for i in range(200)]
    orders = {
        tuple(sc.parallelize(left, count).join(sc.parallelize(right, other), parts).collect())
        for count, other in ((1, 4), (3, 1), (7, 2))
        for parts in (1, 2, 5, 9)
    }
    assert len(orders) == 1
    joined = orders.pop()
    assert Counter(joined) == Counter((k, (v, w)) for k, v in left for other, w in right if k == other)
    for key in {key for key, _ in left}:
        assert [pair for k, pair in joined if k == key] == sorted((pair for k, pair in joined if k == key), key=_order)


def _order(pair):
    return pair[0], -pair[1]


def test_joins_of_many_rows_are_right(sc):
    """Enough rows for a scatter by key group, values of every kind."""
    count = 30_000
    left = [((i * 7919) % 20_011, (i, str(i), i / 2, i % 3 == 0)) for i in range(count)]
    right = [((i * 104_729) % 25_013, None if i % 5 == 0 else str(-i)) for i in range(count)]
    by_key = {}
    for key, value in right:
        by_key.setdefault(key, []).append(value)
    a, b = sc.parallelize(left, 4), sc.parallelize(right, 3)
    expected = [(k, (v, w)) for k, v in left for w in by_key.get(k, [])]
    assert sorted(a.join(b, 3).collect(), key=repr) == sorted(expected, key=repr)
    expected = [(k, (v, w)) for k, v in left for w in by_key.get(k, [None])]
    assert sorted(a.leftOuterJoin(b, 3).collect(), key=repr) == sorted(expected, key=repr)


def test_sums_beyond_64_bits_are_exact(sc):
    big = 2**62
    pairs = sc.parallelize([("a", big), ("a", big), ("a", big), ("b", -big), ("b", -big), ("b", -big), ("c", 1)], 3)
    assert dict(pairs.reduceByKey(add).collect()) == {"a": 3 * big, "b": -3 * big, "c": 1}


def test_keys_that_are_equal_in_python_are_one_key(sc):
    found = sc.parallelize([(1, 1), (True, 1), (1.0, 1), (-0.0, 1), (0, 1), ("1", 1), (b"1", 1)], 3).reduceByKey(add)
    assert dict(found.collect()) == {1: 3, 0: 2, "1": 1, b"1": 1}


def test_nan_is_one_key(sc):
    pairs = [(float("nan"), 1), (float("nan"), 2), (1.5, 4)]
    for values in (pairs, [*pairs, ("x", 8)]):
        found = sc.parallelize(values, 2).reduceByKey(add).collect()
        assert sorted(value for _, value in found) == sorted([3, 4] + [8] * (len(values) - 3))


def test_distinct_and_counts(sc):
    values = [3, 1, 3, 2, 1, 1]
    rdd = sc.parallelize(values, 3)
    assert sorted(rdd.distinct().collect()) == [1, 2, 3]
    assert rdd.countByValue() == Counter(values)
    assert rdd.map(lambda x: (x, None)).countByKey() == Counter(values)


def test_partition_by_places_by_the_users_function(sc):
    rdd = sc.parallelize(range(20), 4).map(lambda x: (x, x * x)).partitionBy(3, lambda k: k + 1)
    assert rdd.glom().map(lambda part: sorted(k for k, _ in part)).collect() == [
        [x for x in range(20) if (x + 1) % 3 == index] for index in range(3)
    ]


def test_a_join_of_rows_placed_alike_sends_nothing(sc):
    a = sc.parallelize([(i, i) for i in range(50)], 3).partitionBy(4)
    b = sc.parallelize([(i, -i) for i in range(50)], 3).reduceByKey(add, 4)
    assert sorted(a.join(b).collect()) == [(i, (i, -i)) for i in range(50)]
    stages = sc._session.records[-1].stages
    assert len(stages) == 3  # two inputs placed, one join in place


def test_aggregate_by_key_does_not_share_its_zero(sc):
    def append(part, value):
        part.append(value)
        return part

    pairs = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 2)
    found = pairs.aggregateByKey([], append, lambda x, y: x + y).collect()
    assert dict(found) == {"a": [1, 3], "b": [2]}


def test_records_that_are_no_pairs_are_named(sc):
    with pytest.raises(TypeError, match=r"expected \(key, value\) records, got"):
        sc.parallelize([1, 2, 3], 2).groupByKey().collect()


def test_keys_without_a_hash_of_their_own_are_refused(sc):
    with pytest.raises(TypeError, match="unhashable"):
        sc.parallelize([([1], 1)], 1).reduceByKey(lambda a, b: a).collect()
    with pytest.raises(TypeError, match="no hash that is the same on every rank"):
        sc.parallelize([(object(), 1)], 1).groupByKey().collect()


def test_more_partitions_and_ranks_than_records(sc):
    rdd = sc.parallelize([("a", 1)], 11)
    assert rdd.reduceByKey(add, 13).collect() == [("a", 1)]
    assert rdd.sortByKey(numPartitions=9).collect() == [("a", 1)]
    assert sc.parallelize([], 5).map(lambda x: (x, x)).groupByKey().collect() == []


@pytest.mark.parametrize("kind", [int, float])
def test_combining_steps_aside_when_keys_hardly_repeat(sc, kind):
    rank, size = sc._session.world.rank, sc._session.world.size
    rows = 150_000
    keys = np.arange(rows) + rows * rank
    keys[-100:] = -1
    counted = sc.fromNumpy((keys, np.ones(rows, kind))).reduceByKey(add)
    assert counted.count() == size * (rows - 100) + 1
    if size > 1:
        sent = sc._session.records[-1].stages[0].bytes_sent
        assert sent == pytest.approx(16 * rows * (size - 1) / size, rel=0.1)
    assert dict(counted.filter(lambda pair: pair[0] == -1).collect()) == {-1: kind(100 * size)}


def test_inputs_that_look_alike_are_not_confused(sc):
    rank = sc._session.world.rank
    a = sc.fromNumpy((np.arange(3) + 3 * rank, np.zeros(3, np.int64)))
    b = sc.fromNumpy((np.arange(3) + 3 * rank, np.ones(3, np.int64)))
    assert {value for _, value in a.join(b).collect()} == {(0, 1)}
    long = [(i, 0) for i in range(1000)]
    other = [*long[:500], (500, 1), *long[501:]]
    joined = dict(sc.parallelize(long, 2).join(sc.parallelize(other, 2)).collect())
    assert joined[500] == (0, 1)


def test_functions_that_look_alike_are_not_confused(sc):
    tables = [{0: "a"}, {0: "b"}]
    parts = [sc.parallelize([(0, 0)], 1).mapValues(lambda v, table=table: table[v]) for table in tables]
    assert parts[0].join(parts[1]).collect() == [(0, ("a", "b"))]
    places = [[0], [1]]
    by = [lambda key, place=place: place[0] for place in places]
    placed = sc.parallelize([(7, 7)], 1).partitionBy(2, by[0]).partitionBy(2, by[1])
    assert placed.glom().collect() == [[], [(7, 7)]]


def test_an_rdd_joined_with_itself_is_computed_once(sc):
    rdd = sc.parallelize([(1, 2), (3, 4)], 2).reduceByKey(add)
    assert sorted(rdd.join(rdd).collect()) == [(1, (2, 2)), (3, (4, 4))]
    assert len(sc._session.records[-1].stages) == 2


def test_tuples_are_merged_item_by_item(sc):
    """In columns and in Python alike, beyond 64 bits too."""

    def merge(a, b):
        return (a[0] + b[0], min(a[1], b[1]), a[2] + b[2])

    def in_python(a, b):
        return [(x[0] + y[0], min(x[1], y[1]), x[2] + y[2]) for x, y in ((a, b),)][0]

    for large in (1, 2**62):
        pairs = sc.parallelize([(key % 7, (large, -key, 0.1 * key)) for key in range(300)], 5)
        merged = pairs.reduceByKey(merge, 3)
        assert repr(merged.collect()) == repr(pairs.reduceByKey(in_python, 3).collect())
        assert ("operation=('sum', 'min', 'sum')" in merged.explain()) and len(merged.collect()) == 7
    mixed = sc.parallelize([(0, (1, 2, 3)), (0, (1, 2)), (1, (5, 6))], 1)
    with pytest.raises(IndexError):
        mixed.reduceByKey(merge).collect()

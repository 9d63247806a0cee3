"""Transformations that move nothing, against plain Python."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.mpi

VALUES = st.one_of(
    st.integers(), st.floats(allow_nan=False), st.text(max_size=5), st.booleans(), st.none(), st.binary(max_size=3)
)


def cut(values, count):
    return [values[i * len(values) // count : (i + 1) * len(values) // count] for i in range(count)]


@given(values=st.lists(VALUES, max_size=30), count=st.integers(1, 7))
def test_parallelize_and_glom_cut_as_pyspark_does(sc, values, count):
    rdd = sc.parallelize(values, count)
    assert rdd.getNumPartitions() == count
    assert rdd.glom().collect() == cut(values, count)
    assert rdd.collect() == values


@given(values=st.lists(st.integers(-50, 50), max_size=40), count=st.integers(1, 5))
def test_a_chain_of_functions_is_the_same_as_in_python(sc, values, count):
    rdd = sc.parallelize(values, count).map(lambda x: x * 3).filter(lambda x: x % 2 == 0).flatMap(lambda x: [x, -x])
    expected = list(chain.from_iterable([x * 3, -x * 3] for x in values if x * 3 % 2 == 0))
    assert rdd.collect() == expected


def test_types_survive_exactly(sc):
    values = [True, 1, 1.0, -0.0, "a", b"a", None, (1, ("x", None)), 2**70, "\ud800", [1], {"k": (1,)}, 1j]
    found = sc.parallelize(values, 3).map(lambda x: x).collect()
    assert [(type(a), repr(a)) for a in found] == [(type(a), repr(a)) for a in values]


def test_map_partitions_sees_the_partition_number(sc):
    rdd = sc.parallelize(range(10), 4).mapPartitionsWithIndex(lambda i, items: ((i, x) for x in items))
    assert rdd.collect() == [(i, x) for i, part in enumerate(cut(list(range(10)), 4)) for x in part]


def test_union_keeps_partitions_in_order(sc):
    a, b = sc.parallelize([1, 2], 2), sc.parallelize([3, 4, 5], 3)
    both = a.union(b).union(a)
    assert both.getNumPartitions() == 7
    assert both.collect() == [1, 2, 3, 4, 5, 1, 2]


def test_values_of_pairs_can_be_mapped(sc):
    rdd = sc.parallelize([("a", [1, 2]), ("b", [])], 2)
    assert rdd.mapValues(len).collect() == [("a", 2), ("b", 0)]
    assert rdd.flatMapValues(lambda v: v).collect() == [("a", 1), ("a", 2)]
    assert rdd.keys().collect() == ["a", "b"] and rdd.values().collect() == [[1, 2], []]


def test_a_cached_rdd_is_computed_once(sc):
    calls = []
    rdd = sc.parallelize(range(6), 3).map(lambda x: calls.append(x) or x).cache()
    assert rdd.collect() == rdd.collect() == list(range(6))
    assert len(calls) == len(set(calls))


def test_an_error_in_a_function_reaches_all_ranks_with_its_record(sc):
    with pytest.raises(ZeroDivisionError) as caught:
        sc.parallelize([4, 2, 0, 1], 4).map(lambda x: 1 / x).collect()
    text = str(caught.value) + "".join(getattr(caught.value, "__notes__", []))
    assert "partition 2" in text and "division by zero" in text
    assert sc.parallelize([1], 1).collect() == [1]

"""Sums, minima and maxima by key of one or several things, against the same functions in plain Python."""

from functools import wraps
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]

NAN, INFINITY = float("nan"), float("inf")
INTS = st.one_of(st.integers(-9, 9), st.sampled_from([2**63 - 1, -(2**63), 2**62]))
FLOATS = st.one_of(st.sampled_from([0.0, -0.0, NAN, INFINITY, -INFINITY, 0.1, 1e308]), st.floats(-9, 9))
MIXED = st.one_of(INTS, FLOATS, st.booleans(), st.just(2**63))
ALIKE = st.one_of(*(st.lists(st.tuples(st.integers(1, 3), one), max_size=60) for one in (INTS, FLOATS, st.booleans())))
# Partitions of ints are merged before others: what 1 and 1.0 make is told of one partition.
PAIRS = st.one_of(
    st.tuples(ALIKE, st.integers(1, 4)),
    st.tuples(st.lists(st.tuples(st.integers(1, 3), MIXED), max_size=40), st.just(1)),
)
MERGES = {
    "add": add,
    "turned": lambda a, b: b + a,
    "max": max,
    "min": min,
    "greater": lambda a, b: a if a > b else b,
    "lesser": lambda a, b: b if a >= b else a,
}
ADDED = {
    "sum and count": ((0, 0), lambda t, x: (t[0] + x, t[1] + 1)),
    "float and square": ((0.0, 0), lambda t, x: (t[0] + x, t[1] + x * x)),
    "beside zero": ((-0.0, 0), lambda t, x: (t[0] + x, 1 + t[1])),
    "positive": ((0, 0), lambda t, x: (t[0] + (x > 0), t[1] + 1)),
    "some": ((0, 0), lambda t, x: (t[0] + x if x > 0 else t[0], t[1] + (1 if x < 5 else 0))),
    "some floats": ((0.0, -0.0), lambda t, x: (t[0] + x if x > 0 else t[0], t[1] if x > 0 else t[1] + x)),
    "felt": ((1, 0.5), lambda t, x: (t[0] + x, t[1] + 1)),
}
EXTREMES = {
    "around": ((INFINITY, -INFINITY), lambda t, x: (min(t[0], x), max(t[1], x))),
    "near zero": ((0, 0), lambda t, x: (min(t[0], x), max(t[1], x))),
    "some ends": ((0, 9), lambda t, x: (min(t[0], x) if x > -5 else t[0], max(t[1], x))),
    "by if": ((0.0, 0.0), lambda t, x: (t[0] if t[0] < x else x, x if x >= t[1] else t[1])),
}


def both(a, b):
    return (a[0] + b[0], a[1] + b[1])


def ends(a, b):
    return (min(a[0], b[0]), max(a[1], b[1]))


def python_of(function):
    """The same, in a form that is not read."""

    @wraps(function)
    def call(*arguments):
        return function(*arguments)

    return call


def same(columns, python):
    """Equal to the last bit, in equal order; a sum of floats is added in the order of its partition in both."""
    assert repr(columns.collect()) == repr(python.collect())


@given(records=PAIRS)
@pytest.mark.parametrize("name", MERGES)
def test_plain_values(sc, records, name):
    pairs = sc.parallelize(*records)
    merge = MERGES[name]
    same(pairs.reduceByKey(merge, 2), pairs.reduceByKey(python_of(merge), 2))
    same(pairs.foldByKey(0, merge, 2), pairs.foldByKey(0, python_of(merge), 2))


@given(records=PAIRS)
@pytest.mark.parametrize("name", [*ADDED, *EXTREMES])
def test_tuples_from_a_zero_value(sc, records, name):
    pairs = sc.parallelize(*records)
    zero, merge_value = {**ADDED, **EXTREMES}[name]
    merge = both if name in ADDED else ends
    python = pairs.aggregateByKey(zero, python_of(merge_value), python_of(merge), 2)
    same(pairs.aggregateByKey(zero, merge_value, merge, 2), python)


@given(records=PAIRS)
def test_tuples_from_the_first_value(sc, records):
    pairs = sc.parallelize(*records)
    functions = (lambda x: (x, 1), lambda t, x: (t[0] + x, t[1] + 1), both)
    python = pairs.combineByKey(*map(python_of, functions), 2)
    same(pairs.combineByKey(*functions, 2), python)
    same(pairs.mapValues(lambda x: (x, 1)).reduceByKey(both, 2), python)


@pytest.mark.parametrize("values", [["a", "b", "c"], [(1, 2)] * 3, [None] * 3, [(1, 2), (1, 2, 3), (1,)]])
def test_values_that_are_no_numbers(sc, values):
    pairs = sc.parallelize([(7, value) for value in values], 2)
    with pytest.raises(TypeError):
        pairs.aggregateByKey((0, 0), lambda t, x: (t[0] + x, t[1] + 1), both).collect()
    assert pairs.reduceByKey(python_of(max)).count() == 1 if None not in values else True


def test_sums_beyond_64_bits_are_exact_in_every_item(sc):
    pairs = sc.parallelize([(key % 3, 2**62) for key in range(90)], 4)
    summed = pairs.combineByKey(lambda x: (x, -x, 1), lambda t, x: (t[0] + x, t[1] - x * 1, t[2] + 1), add)
    exact = pairs.mapValues(lambda x: (x, -x, 1)).reduceByKey(lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2]))
    assert sorted(exact.collect()) == [(key, (30 * 2**62, -30 * 2**62, 30)) for key in range(3)]
    assert "columns: (sum, sum, sum)" in exact.explain() and "do not agree" in summed.explain()


def test_a_global_that_is_rebound_counts(sc):
    space = {}
    exec("STEP = 1\ndef count(t, x): return t + STEP", space)
    pairs = sc.parallelize([(key % 3, key) for key in range(90)], 2)
    counted = pairs.aggregateByKey(0, space["count"], add)
    assert "columns: sum" in counted.explain()
    assert dict(counted.collect()) == {0: 30, 1: 30, 2: 30}
    space["STEP"] = 2
    assert dict(counted.collect()) == {0: 60, 1: 60, 2: 60}


def test_many_rows_and_keys(sc):
    """More than one piece of a block, and so many keys that merging before the exchange steps aside."""
    few, many = (lambda i: (i % 5, i)), (lambda i: (i * 7919 % 400_000, i))
    for function, keys in ((few, 5), (many, 400_000)):
        pairs = sc.range(0, 400_000, 1, 2).map(function)
        summed = pairs.aggregateByKey((0, 0.0), lambda t, x: (t[0] + x, t[1] + x / 3), both, 3)
        assert "columns: (sum, sum)" in summed.explain()
        found = summed.collect()
        assert len(found) == keys and sum(total for _, (total, _) in found) == 400_000 * 399_999 // 2

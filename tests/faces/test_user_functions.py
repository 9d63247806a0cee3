"""What users' functions may do: raise StopIteration, change their input, call the engine, be of local classes."""

from operator import add

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


def stops(value):
    return next(iter(())) if value == 4 else [value]


@pytest.mark.parametrize("records", [[1, 4, 2], [1, 2, 4]], ids=["midway", "at the end"])
@pytest.mark.parametrize("step", ["map", "filter", "flatMap"])
def test_stop_iteration_of_a_function_loses_no_records(sc, step, records):
    with pytest.raises(RuntimeError, match="StopIteration"):
        getattr(sc.parallelize(records, 1), step)(stops).collect()


def extend(left, right):
    left.extend(right)
    return left


def test_records_are_not_changed_by_functions_that_change_theirs(sc):
    own = [(1, [position]) for position in range(6)]
    merged = sc.parallelize(own, 4).reduceByKey(extend)
    assert [sorted(merged.collect()[0][1]) for _ in range(3)] == [list(range(6))] * 3
    assert own == [(1, [position]) for position in range(6)]
    kept = sc.parallelize(own, 4).groupByKey().mapValues(list).cache()
    lengths = kept.mapValues(lambda values: values.append(9) or len(values))
    assert [lengths.collect() for _ in range(3)] == [[(1, 7)]] * 3


def test_the_callers_list_may_change_afterwards(sc):
    batch = [1, 2, 3]
    rdd = sc.parallelize(batch, 2)
    batch.clear()
    assert rdd.collect() == [1, 2, 3]


def test_an_action_in_a_function_is_an_error_and_the_session_goes_on(sc):
    from pympr.errors import PymprError

    for inner in (lambda x: sc.range(3).count(), lambda x: sc.parallelize([x])):
        with pytest.raises(PymprError, match="inside a function of another action"):
            sc.parallelize([1, 2], 2).map(inner).collect()
        assert sc.parallelize([1, 2, 3], 2).map(lambda x: x).cache().count() == 3


def test_map_that_keeps_the_partitioning_gets_the_whole_record(sc):
    pairs = sc.parallelize([("ab", "x"), ("c", "y")], 2)
    first = lambda pair: (pair[0], 1)  # noqa: E731
    assert pairs.map(first, True).collect() == [("ab", 1), ("c", 1)]
    assert pairs.map(lambda pair: (*pair,)).map(first, preservesPartitioning=True).collect() == [("ab", 1), ("c", 1)]
    mixed = sc.parallelize([("ab", [1]), ("c", None)], 1)
    assert mixed.map(first, True).collect() == [("ab", 1), ("c", 1)]


def test_values_are_items_0_and_1_in_columns_and_in_python(sc):
    triples = sc.parallelize([(1, 2, 3)], 1)
    assert triples.mapValues(lambda v: v).collect() == triples.mapValues(lambda v: v + 0).collect() == [(1, 2)]


def test_methods_of_two_objects_are_two_partition_functions(sc):
    pairs = sc.parallelize([(key, key) for key in range(6)], 2)
    same, turned = {key: key for key in range(6)}, {key: 5 - key for key in range(6)}
    joined = pairs.partitionBy(3, same.get).join(pairs.partitionBy(3, turned.get), 3)
    assert sorted(joined.collect()) == [(key, (key, key)) for key in range(6)]
    grouped = pairs.partitionBy(3, same.get).groupByKey(3, turned.get).keys().glom().collect()
    assert [sorted(keys) for keys in grouped] == [[2, 5], [1, 4], [0, 3]]


def test_nan_in_a_tuple_is_one_key_too(sc):
    nan = float("nan")
    pairs = sc.parallelize([((nan, 1), value) for value in range(6)], 6)
    assert [value for _, value in pairs.reduceByKey(add, 2).collect()] == [15]
    assert [value for _, value in pairs.groupByKey(2).mapValues(list).collect()] == [list(range(6))]
    assert pairs.reduceByKey(lambda a, b: a - b, 1).count() == 1
    assert pairs.mapValues(str).join(pairs.filter(lambda pair: pair[1] < 2).mapValues(lambda v: [v]), 3).count() == 12


def test_the_key_that_came_first_stands_for_its_equals(sc):
    for keys in ([0.0, -0.0], [-0.0, 0.0], [True, 1.0], [1.0, True]):
        for _ in range(5):
            found = sc.parallelize([(key, 1) for key in keys * 4], 8).reduceByKey(add, 1).collect()
            assert repr(found) == repr([(keys[0], 8)])


def test_objects_of_local_classes_are_exchanged(sc):
    class Local:
        def __init__(self, value):
            self.value = value

    groups = sc.parallelize(range(6), 3).map(lambda x: (x % 2, Local(x))).groupByKey(2)
    assert sorted(groups.mapValues(lambda items: [item.value for item in items]).collect()) == [
        (0, [0, 2, 4]),
        (1, [1, 3, 5]),
    ]


def test_strings_with_surrogates_sort_as_python_does(sc):
    values = ["b", "\udc80", "\U0001f600", "\uffff", "a"] * 3
    assert sc.parallelize(values, 7).sortBy(lambda x: x, numPartitions=4).collect() == sorted(values)


def test_partition_functions_give_whole_numbers(sc):
    pairs = sc.parallelize([(1, 1)], 1)
    assert pairs.partitionBy(3, lambda key: 2**70).count() == 1
    with pytest.raises(TypeError, match="integer"):
        pairs.partitionBy(3, lambda key: 1.5).count()
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="must be positive"):
            pairs.cogroup(pairs, wrong)
        with pytest.raises(ValueError, match="must be positive"):
            pairs.join(pairs, wrong)
    with pytest.raises(TypeError, match="must be an int"):
        pairs.join(pairs, 2.5)


def test_of_several_exceptions_the_one_comes_first_that_comes_first_in_python(sc):
    """Record 40 fails in the second step before record 41 fails in the first."""
    numbers = sc.parallelize([1] * 40 + [0, -1] + [1] * 40, 1)
    once = numbers.map(lambda x: (x, [1, 2][x > 0] if x >= 0 else "".index("a")))
    with pytest.raises(ZeroDivisionError):
        once.map(lambda p: p[1] // p[0]).collect()
    with pytest.raises(ZeroDivisionError):
        once.filter(lambda p: p[0] < 5).map(lambda p: [p[1] // p[0]]).collect()


@pytest.mark.parametrize(
    "step", [lambda rdd: rdd.reduceByKey(add), lambda rdd: rdd.groupByKey()], ids=["merge", "group"]
)
def test_what_is_no_pair_or_no_key_is_told_with_its_line(sc, step):
    from pympr.errors import KeyTypeError

    for records, kind, words in (
        ([1, 2, 3], TypeError, r"expected \(key, value\) records, got [123]"),
        ([(1, 2), (1, 2, 3)], TypeError, r"expected \(key, value\) records, got \(1, 2, 3\)"),
        ([([1], 2)] * 3, KeyTypeError, r"unhashable type: 'list': a key must be hashable, got \[1\]"),
    ):
        found = step(sc.parallelize(records, 2))
        with pytest.raises(kind, match=words) as error:
            found.collect()
        assert any("hash exchange of test_user_functions.py:" in note for note in error.value.__notes__)

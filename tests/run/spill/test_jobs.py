"""Jobs of many times the memory budget give what they give without one, in the same order."""

import math
import os
import random

import pytest

pytestmark = pytest.mark.mpi

_BUDGET = 32 << 10
_ROWS = 2400


@pytest.fixture(scope="module")
def pairs():
    """(key, number) rows of which one key has a fifth."""
    rng = random.Random(5)
    return [(7 if rng.random() < 0.2 else rng.randrange(900), number) for number in range(_ROWS)]


@pytest.fixture
def sc():
    from pympr import SparkContext

    return SparkContext.getOrCreate()


@pytest.fixture
def memory():
    from pympr.run.session import session

    memory = session().executor.memory
    before, folder, kept = memory.limit_bytes, memory.folder, memory.kept_bytes
    # What other tests keep is not of this budget.
    memory.kept_bytes = 0
    yield memory
    memory.limit_bytes, memory.folder = before, folder
    memory.kept_bytes += kept


def same(memory, job):
    """The job's result, which a budget does not change and which it did not fit into."""
    import numpy as np

    from pympr.collectives.reduce import allreduce
    from pympr.run.session import session

    memory.limit_bytes = 1 << 40
    wanted = job()
    before, memory.limit_bytes = memory.spilled_bytes, _BUDGET
    found = job()
    spilled = allreduce(session().world, np.array([memory.spilled_bytes - before], np.int64), "sum")[0]
    assert spilled > _BUDGET // 4, f"{spilled} bytes went to disk: this job fits into its budget"
    assert found == wanted
    return found


def listed(groups):
    return [(key, list(values)) for key, values in groups.collect()]


def strings(rows):
    return rows.map(lambda pair: (f"key {pair[0]}", pair[1]))


def test_values_are_merged(sc, memory, pairs):
    rows = sc.parallelize(pairs, 6)
    found = same(memory, lambda: rows.map(lambda p: (p[1], p[0])).reduceByKey(lambda a, b: a + b, 3).collect())
    assert sorted(found) == sorted((number, key) for key, number in pairs)
    floats = rows.map(lambda p: (p[1] % 2000, p[0] * 0.1))
    same(memory, lambda: floats.reduceByKey(lambda a, b: a + b, 3).collect())
    same(memory, lambda: floats.repartition(1).reduceByKey(lambda a, b: a + b, 2).collect())
    lists = rows.map(lambda p: (p[1] % 1500, [p[0]]))
    same(memory, lambda: lists.reduceByKey(lambda a, b: a + b, 3).collect())
    assert sorted(same(memory, lambda: rows.values().distinct(3).collect())) == list(range(_ROWS))


def test_values_are_grouped(sc, memory, pairs):
    rows = sc.parallelize(pairs, 6)
    found = dict(same(memory, lambda: listed(rows.groupByKey(3))))
    assert found[7] == [number for key, number in pairs if key == 7]
    assert sum(map(len, found.values())) == _ROWS
    same(memory, lambda: listed(strings(rows).groupByKey(3)))
    mixed = rows.map(lambda p: (p[0] if p[0] % 2 else p[0] + 0.5, None if p[1] % 3 else "x"))
    same(memory, lambda: listed(mixed.groupByKey(2)))
    other = sc.parallelize([(key, str(key)) for key in range(300, 1500)], 4)
    same(memory, lambda: [(k, list(a), list(b)) for k, (a, b) in rows.cogroup(other, 3).collect()])


def test_values_of_one_key_are_read_when_they_are_asked_for(sc, memory, pairs):
    rows = sc.parallelize(pairs, 6).map(lambda p: (p[1] % 2, p[1]))

    def looked_at(values):
        return type(values.data).__name__, len(values), sum(values), values.data[1], values.data[-1], values.data[2:4]

    def like_a_list(values):
        plain = list(values)
        return values.data == plain, plain == values.data, values.data != plain[1:], [0] + values.data == [0, *plain]

    memory.limit_bytes = _BUDGET // 4
    assert rows.groupByKey(2).mapValues(like_a_list).values().collect() == [(True,) * 4] * 2
    found = dict(rows.groupByKey(2).mapValues(looked_at).collect())
    for key in (0, 1):
        numbers = list(range(key, _ROWS, 2))
        wanted = ("SpilledValues", len(numbers), sum(numbers), numbers[1], numbers[-1], numbers[2:4])
        assert found[key] == wanted


def test_rows_are_sorted(sc, memory, pairs):
    rows = sc.parallelize(pairs, 6)
    for ascending in (True, False):
        found = same(memory, lambda: rows.sortByKey(ascending, 4).collect())  # noqa: B023
        assert found == sorted(pairs, key=lambda pair: pair[0], reverse=not ascending)
    found = same(memory, lambda: strings(rows).sortByKey(True, 3).collect())
    assert found == sorted([(f"key {key}", number) for key, number in pairs], key=lambda pair: pair[0])
    same(memory, lambda: rows.sortBy(lambda p: (p[0] % 7, -p[1]), False, 3).collect())
    assert same(memory, lambda: rows.sortBy(lambda p: 1, True, 3).collect()) == pairs
    assert same(memory, lambda: rows.values().sortBy(lambda n: n * 7 % 2401, True, 3).collect())[0] == 0


def test_nan_comes_last(sc, memory):
    numbers = [math.nan if number % 5 == 0 else (number * 37 % 1000) / 8 - 60 for number in range(_ROWS)]
    rows = sc.parallelize([(value, number) for number, value in enumerate(numbers)], 5)
    for ascending in (True, False):
        found = same(memory, lambda: [n for _, n in rows.sortByKey(ascending, 3).collect()])  # noqa: B023
        nans = list(range(0, _ROWS, 5))
        assert (found[-len(nans) :] if ascending else found[: len(nans)]) == nans


@pytest.mark.parametrize("how", ["join", "leftOuterJoin", "rightOuterJoin", "fullOuterJoin"])
def test_rows_are_joined(sc, memory, pairs, how):
    left = sc.parallelize(pairs, 6)
    right = sc.parallelize([(key, f"{key}-{number}") for number in range(2) for key in range(500, 1500)], 4)
    same(memory, lambda: getattr(left, how)(right, 3).collect())
    same(memory, lambda: getattr(strings(left), how)(strings(right), 3).collect())


@pytest.mark.parametrize("how", ["join", "fullOuterJoin"])
def test_one_key_may_have_most_rows_of_a_join(sc, memory, how):
    few = sc.parallelize([(3, -1), (4, -2), (3, -3), (5, -4)], 2)
    many = sc.parallelize([(3 if number % 9 else number, number) for number in range(_ROWS)], 5)
    same(memory, lambda: getattr(few, how)(many, 2).collect())
    same(memory, lambda: getattr(many, how)(few, 2).collect())


def test_rows_are_placed(sc, memory, pairs):
    rows = sc.parallelize(pairs, 6)
    same(memory, lambda: rows.partitionBy(4).glom().collect())
    same(memory, lambda: rows.partitionBy(4, lambda key: key % 3).glom().collect())
    same(memory, lambda: rows.repartition(3).glom().collect())
    same(memory, lambda: listed(rows.partitionBy(3).mapValues(lambda v: v + 1).groupByKey(3)))


def test_rows_are_kept(sc, memory, pairs):
    from pympr import StorageLevel

    def kept(level):
        rows = sc.parallelize(pairs, 3).map(lambda p: (p[1], str(p[0]) * 20)).persist(level)
        try:
            return rows.collect() + rows.map(lambda p: p[0]).collect()
        finally:
            rows.unpersist()

    for level in (StorageLevel.MEMORY_ONLY, StorageLevel.MEMORY_AND_DISK):
        found = same(memory, lambda: kept(level))  # noqa: B023
        assert found == [(number, str(key) * 20) for key, number in pairs] + list(range(_ROWS))
    assert memory.kept_bytes == 0


class Full:
    """A scratch folder on a disk without room, at one rank."""

    def __init__(self, folder, is_full):
        self.path, self._folder, self._is_full = "/full", folder, is_full

    def open(self):
        return os.open("/dev/full", os.O_RDWR) if self._is_full else self._folder.open()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_is_an_error_on_all_ranks(sc, memory, pairs):
    from pympr.errors import ScratchError

    full = sc.size - 1
    jobs = [
        lambda rows: rows.groupByKey(3).count(),
        lambda rows: rows.sortByKey().count(),
        lambda rows: rows.join(rows, 4).count(),
        lambda rows: rows.cache().count(),
    ]
    rows = sc.parallelize(pairs, 8)
    wanted = [job(rows) for job in jobs]
    rows.unpersist()
    # Every rank holds rows, whoever claimed them, so that the one with the full disk has some to write.
    rows = rows.map(lambda p: p)
    held = rows.partitionBy(8)
    memory.limit_bytes, before = _BUDGET // 4, memory.folder
    for job in jobs:
        memory.folder = Full(before, sc.rank == full)
        with pytest.raises((ScratchError, OSError)) as caught:
            job(held)
        said = str(caught.value)
        assert "No space left on device" in said
        assert f"rank {full} has written" in said
        assert "needs" in said
        assert "stage" in said
        memory.folder = before
    rows.unpersist()
    assert [job(rows) for job in jobs] == wanted
    rows.unpersist()

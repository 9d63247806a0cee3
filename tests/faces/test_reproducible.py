"""`reproducible=True`: not a bit of a result depends on ranks, threads, the exchange, or where rows lie."""

import os
from operator import add

import numpy as np
import pytest

from pympr.native.reference.binned import binned_sum

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]

_RANDOM = np.random.default_rng(11)
NUMBERS = np.concatenate(
    [_RANDOM.standard_normal(900) * 10.0 ** _RANDOM.integers(-8, 9, 900), [-0.0, 0.1, 1e17, -1e17]]
)


def key_of(value):
    return (int(abs(value) * 1000) % 7, value)


def shown(value):
    """Every float as its bits, every integer as it is."""
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, (list, tuple)) else value


def of_numbers(rdd):
    """What is the same in whatever partitions the numbers lie."""
    pairs = rdd.map(key_of)
    mean = pairs.aggregateByKey((0.0, 0), lambda c, v: (c[0] + v, c[1] + 1), lambda c, d: (c[0] + d[0], c[1] + d[1]))
    return {
        "sum": rdd.sum(),
        "stats": rdd.stats().asDict(),
        "moments": [rdd.mean(), rdd.variance(), rdd.stdev(), rdd.sampleVariance(), rdd.sampleStdev()],
        "reduce": [rdd.reduce(add), rdd.reduce(lambda a, b: a + b), rdd.fold(0.0, add), rdd.aggregate(0.0, add, add)],
        "reduceByKey": pairs.reduceByKey(add).collect(),
        "in three": pairs.reduceByKey(lambda a, b: a + b, 3).collect(),
        "foldByKey": pairs.foldByKey(0.0, add).collect(),
        "means": mean.mapValues(lambda c: c[0] / c[1]).collect(),
        "by text": pairs.map(lambda p: (str(p[0]), p[1])).reduceByKey(add).collect(),
        "sorted": rdd.sortBy(lambda x: x).collect() + pairs.sortByKey(False).values().collect(),
        "samples": [rdd.sample(False, 0.2, 3).collect(), rdd.sample(True, 1.5, 4).collect()],
        "large mean": rdd.sample(True, 30.0, 4).count(),
        "by key": pairs.sampleByKey(False, dict.fromkeys(range(7), 0.3), 5).values().collect(),
        "taken": [rdd.takeSample(False, 9, 6), rdd.takeSample(True, 9, 6)],
        "split": [part.sum() for part in rdd.randomSplit([1, 2, 3], 8)],
    }


def of_functions(rdd):
    """What Python functions make of partitions, whose number is fixed."""
    pairs = rdd.map(key_of)
    mixed = pairs.map(lambda p: (p[0], p[1] if p[0] else 1))
    return {
        "reduce": rdd.reduce(lambda a, b: a * 0.5 + b),
        "treeReduce": rdd.treeReduce(lambda a, b: a * 0.5 + b),
        "treeAggregate": rdd.treeAggregate(0.0, add, lambda a, b: a * 0.25 + b),
        "fold": rdd.fold(0.25, add),
        "reduceByKey": pairs.reduceByKey(lambda a, b: a * 0.5 + b).collect(),
        "lists": pairs.groupByKey().mapValues(sum).collect(),
        "ints among floats": mixed.reduceByKey(add).collect(),
        "glom": [sum(part) for part in rdd.glom().collect()],
    }


def results(comm, threads, exchange="auto"):
    """All results as text, of a context over a communicator."""
    from pympr import SparkContext
    from pympr.collectives.world import World
    from pympr.config import Config
    from pympr.native.library import lib
    from pympr.run import session

    before = SparkContext._active, session._session, lib.pympr_get_threads(), os.environ.get("PYMPR_EXCHANGE")
    try:
        os.environ["PYMPR_EXCHANGE"] = exchange
        session._session, SparkContext._active = session.Session(World(comm), Config()), None
        lib.pympr_set_threads(threads)
        sc = SparkContext(reproducible=True)
        mine = np.array_split(NUMBERS, [3, 500, 501, 501, 700, 800, 850])
        mine = np.concatenate([NUMBERS[:0], *(part for i, part in enumerate(mine) if i * comm.size // 8 == comm.rank)])
        listed, arrays = of_numbers(sc.parallelize(NUMBERS.tolist())), of_numbers(sc.fromNumpy(mine))
        assert shown(listed) == shown(arrays)
        found = shown([listed, of_functions(sc.parallelize(NUMBERS.tolist())), sc.defaultParallelism])
        session._session.close()
        return found
    finally:
        SparkContext._active, session._session = before[:2]
        lib.pympr_set_threads(before[2])
        os.environ["PYMPR_EXCHANGE"] = before[3] or "auto"


def test_no_bit_depends_on_ranks_threads_or_exchange():
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    everyone = results(comm, threads=1)
    part = comm.Split([0, 1, 1, 2, 2, 2, 2, 2][comm.rank], comm.rank)
    try:
        fewer = results(part, threads=2, exchange="flat")
    finally:
        part.Free()
    assert fewer == everyone
    assert comm.allgather(everyone) == [everyone] * comm.size
    assert everyone[0]["sum"] == binned_sum(NUMBERS.tolist()).hex()
    assert everyone[0]["reduceByKey"] == [
        [key, binned_sum([value for value in NUMBERS.tolist() if key_of(value)[0] == key]).hex()]
        for key, _ in everyone[0]["reduceByKey"]
    ]


def test_integers_beyond_int64_and_odd_values():
    from pympr import SparkContext

    sc = SparkContext.getOrCreate()
    plain = sc._session.config.reproducible
    sc._session.change(reproducible=True)
    try:
        rows = [("a", (1 << 62, 0.5, 3)), ("b", (7, -0.0, 1)), ("a", (1 << 62, 0.25, 9)), ("a", (5, 1.0, -(1 << 63)))]
        merged = sc.parallelize(rows, 3).reduceByKey(lambda x, y: (x[0] + y[0], x[1] + y[1], min(x[2], y[2])))
        assert merged.collectAsMap() == {"a": ((1 << 63) + 5, 1.75, -(1 << 63)), "b": (7, -0.0, 1)}
        keys = sc.parallelize([(0.0, 1.5), (-0.0, 2.5), (float("nan"), 1.0), (None, 2.0), (float("nan"), 3.0)], 2)
        assert sorted(map(repr, keys.reduceByKey(add).collect())) == ["(0.0, 4.0)", "(None, 2.0)", "(nan, 4.0)"]
        odd = [("x", float("inf")), ("x", 1.0), ("y", float("inf")), ("y", float("-inf")), ("z", 1e308), ("z", 1e308)]
        found = sc.parallelize(odd, 2).reduceByKey(add).collectAsMap()
        assert found["x"] == found["z"] == float("inf") and found["y"] != found["y"]
        mixed = sc.parallelize([("k", 1), ("k", 0.5), ("k", True), ("k", 2.25)], 4).reduceByKey(add).collect()
        assert mixed == [("k", 4.75)]
        lists = sc.parallelize([("k", [1]), ("k", [2])], 2).reduceByKey(add).collect()
        assert lists == [("k", [1, 2])]
        empty = sc.parallelize([], 2)
        assert empty.sum() == 0 and repr(empty.stats()) == repr(sc.parallelize([], 1).stats())
        assert sc.parallelize([1, 2, 3], 2).stats().asDict()["variance"] == 1.0
        with pytest.raises(ValueError, match="empty RDD"):
            empty.reduce(add)
        assert sc.parallelize([1e100, 1, -1e100, True], 2).sum() == 2.0
    finally:
        sc._session.change(reproducible=plain)


def test_settings_by_name():
    from pympr import SparkConf
    from pympr.context import _switches

    conf = SparkConf().set("pympr.reproducible", "true").set("pympr.verify", "off")
    assert _switches({"reproducible": None, "verify": None}, conf) == {"reproducible": True, "verify": False}
    assert _switches({"reproducible": False, "verify": None}, SparkConf()) == {"reproducible": False}
    with pytest.raises(ValueError, match="must be true or false"):
        _switches({"reproducible": None}, SparkConf().set("pympr.reproducible", "perhaps"))

"""pympr itself: every rank runs this; the names and functions are PySpark's wherever PySpark has them."""

import operator
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks import digests

ROWS_A_WRITE = 1 << 14


def start() -> None:
    global context
    from pympr.context import SparkContext

    context = SparkContext(appName="benchmark")


def versions() -> str:
    import pympr

    return f"pympr {pympr.__version__}"


def world():
    from mpi4py import MPI

    return MPI.COMM_WORLD


def share(path: str) -> np.ndarray:
    """This rank's part of an array in a file, in memory."""
    array = np.load(path, mmap_mode="r")
    rank, size = world().rank, world().size
    return np.array(array[len(array) * rank // size : len(array) * (rank + 1) // size])


def wordcount(text: str):
    def run():
        words = context.textFile(text).flatMap(str.split)
        return words.map(lambda w: (w, 1)).reduceByKey(operator.add).collect()

    return run, digests.of_counts


def logcount(log: str):
    def run():
        agents = context.textFile(log).map(lambda line: line.split('"')[5])
        counts = agents.map(lambda agent: (agent, 1)).reduceByKey(operator.add).collect()
        return counts, sum(count for agent, count in counts if "Mobile" in agent)

    return run, lambda result: digests.of_counts(result[0]) + [result[1]]


def sort(keys: str):
    mine = context.fromNumpy(share(keys))

    def digest(values: np.ndarray) -> list[int]:
        offset = sum(world().allgather(len(values))[: world().rank])
        return digests.add(world().allgather(digests.of_sequence(values, offset)))

    return (lambda: mine.sortBy(lambda x: x).toNumpy()), digest


def terasort(records: str, out: str):
    """The parts of the sorted file are written by the partitions; PySpark has no other way out for records either."""

    def write(index: int, rows: Iterator[bytes]) -> Iterator[int]:
        with open(f"{out}-{index:05d}", "wb") as file:
            while block := list(islice(rows, ROWS_A_WRITE)):
                file.write(b"".join(block))
        yield index

    def run():
        return context.binaryRecords(records, 100).sortBy(lambda row: row[:10]).mapPartitionsWithIndex(write).collect()

    def digest(indices: list[int]) -> list[int]:
        parts = [Path(f"{out}-{index:05d}") for index in sorted(indices)]
        found = digests.of_files(parts)
        world().barrier()
        for part in parts[world().rank :: world().size]:
            part.unlink()
        world().barrier()
        return found

    return run, digest


def reduce_by_key(keys: str, values: str):
    pairs = resident(share(keys), share(values))
    return (lambda: kept(pairs.reduceByKey(operator.add))), digest_of_kept


def join(left: str, right: str, values: str):
    first = resident(share(left), share(values))
    second = resident(share(right), share(values))
    return (lambda: kept(first.join(second))), digest_of_kept


def resident(*columns: np.ndarray):
    """An RDD of arrays that is in memory as columns before the clock starts, names too."""
    rdd = context.fromNumpy(columns)
    if any(column.dtype.kind == "S" for column in columns):
        rdd = rdd.cache()
        rdd.count()
    return rdd


def kept(rdd):
    """Make all records of an RDD and keep them, as an engine that returns a table does."""
    rdd = rdd.cache()
    rdd.count()
    return rdd


def digest_of_kept(rdd) -> list[int]:
    columns = rdd.toNumpy()
    rdd.unpersist()
    if not isinstance(columns, tuple):
        return digests.add(world().allgather([0, 0]))
    numbers = [
        digests.names_to_numbers(column.astype("S12")) if column.dtype == object else column for column in columns
    ]
    return digests.add(world().allgather(digests.of_columns(*numbers)))

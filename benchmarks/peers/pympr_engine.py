"""pympr itself: every rank runs this; the names and functions are PySpark's wherever PySpark has them."""

import operator
import shutil
from pathlib import Path

import numpy as np

from benchmarks import digests, rdd_programs
from benchmarks.peers.pympr_iterative import (  # noqa: F401
    kmeans_blocks,
    kmeans_numpy,
    pagerank_blocks,
    pagerank_numpy,
)


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
    def run() -> None:
        clear()
        context.binaryRecords(records, 100).sortBy(lambda row: row[:10]).saveAsBinaryRecords(out)

    def clear() -> None:
        """What the last run wrote goes first, as a file that is opened anew loses its content."""
        if world().rank == 0:
            shutil.rmtree(out, ignore_errors=True)
        world().barrier()

    def digest(_: None) -> list[int]:
        found = digests.of_files(sorted(Path(out).glob("part-*")))
        world().barrier()
        clear()
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


def __getattr__(name: str):
    """The programs that are one source for PySpark and pympr."""
    program = getattr(rdd_programs, name)
    return lambda **inputs: program(context, **inputs)

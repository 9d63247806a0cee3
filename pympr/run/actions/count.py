"""How many records there are."""

import numpy as np

from pympr.collectives.reduce import allreduce
from pympr.run.actions.action import Run


def count(run: Run) -> int:
    """The number of records of all partitions, on every rank."""
    mine = run.each(lambda index, blocks: sum(map(len, blocks)))
    return int(allreduce(run.world, np.array([sum(mine.values())], np.int64), "sum")[0])


def count_partitions(run: Run) -> list[int]:
    """The number of records of every partition, on every rank."""
    mine = run.each(lambda index, blocks: sum(map(len, blocks)))
    counts = np.zeros(run.rows.total, np.int64)
    for index, number in mine.items():
        counts[index] = number
    return allreduce(run.world, counts, "sum").tolist() if run.rows.total else []

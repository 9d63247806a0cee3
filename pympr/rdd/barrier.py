"""RDD.barrier: PySpark's way to start all tasks of a stage together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pympr.rdd.narrow import Narrow

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class RDDBarrier:
    """What `RDD.barrier` gives: the partitions, without a barrier between their tasks."""

    def __init__(self, rdd: Narrow) -> None:
        self.rdd = rdd

    def mapPartitions(self, f: Callable[[Any], Iterable[Any]], preservesPartitioning: bool = False) -> RDD:
        """As `RDD.mapPartitions`; in `f`, `BarrierTaskContext.barrier` is refused."""
        return self.rdd.mapPartitions(f, preservesPartitioning)

    def mapPartitionsWithIndex(
        self, f: Callable[[int, Any], Iterable[Any]], preservesPartitioning: bool = False
    ) -> RDD:
        """As `RDD.mapPartitionsWithIndex`."""
        return self.rdd.mapPartitionsWithIndex(f, preservesPartitioning)


class Barriers(Narrow):
    """The part of RDD that speaks of stages started together."""

    def barrier(self) -> RDDBarrier:
        """The partitions for functions that want to start together.

        >>> sc.parallelize([1, 2, 3, 4], 2).barrier().mapPartitions(lambda items: [sum(items)]).collect()
        [3, 7]
        """
        return RDDBarrier(self)

    def getResourceProfile(self) -> None:
        """None: the launcher gives out what a node has."""

    def cleanShuffleDependencies(self, blocking: bool = False) -> None:
        """Nothing: what a shuffle brought is dropped with its action."""

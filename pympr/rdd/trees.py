"""Reductions in a tree of shuffles rather than all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from functools import reduce as left_fold
from math import ceil
from typing import TYPE_CHECKING, Any

from pympr.rdd.actions import Actions
from pympr.rdd.pairs import Pairs

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class Trees(Pairs, Actions):
    """The part of RDD that merges in several levels, of which the ranks share the work."""

    def treeAggregate(
        self,
        zeroValue: Any,
        seqOp: Callable[[Any, Any], Any],
        combOp: Callable[[Any, Any], Any],
        depth: int = 2,
    ) -> Any:
        """As `aggregate`, merged in a tree of about `depth` levels; `zeroValue` is used once a partition.

        >>> from operator import add
        >>> sc.parallelize([-5, -4, -3, -2, -1, 1, 2, 3, 4], 10).treeAggregate(0, add, add)
        -5
        """

        def fold(items: Iterable[Any]) -> list[Any]:
            return [left_fold(seqOp, items, deepcopy(zeroValue))]

        if not self._checked_depth(depth):
            return zeroValue
        return self.mapPartitions(fold)._merged_in_levels(combOp, depth)._act("reduce", combOp, name="treeAggregate")

    def treeReduce(self, f: Callable[[Any, Any], Any], depth: int = 2) -> Any:
        """As `reduce`, merged in a tree of about `depth` levels.

        Raises ValueError when there is no element.

        >>> sc.parallelize([-5, -4, -3, -2, -1, 1, 2, 3, 4], 10).treeReduce(lambda x, y: x + y)
        -5
        """

        def fold(items: Iterable[Any]) -> Iterator[Any]:
            for first in items:
                yield left_fold(f, items, first)

        def fold_once(items: Iterable[Any]) -> Iterator[Any]:
            return fold(iter(items))

        self._checked_depth(depth)
        try:
            return self.mapPartitions(fold_once)._merged_in_levels(f, depth)._act("reduce", f, name="treeReduce")
        except ValueError as error:
            if str(error) != "Can not reduce() empty RDD":
                raise
            raise ValueError("Cannot reduce empty RDD.") from None

    def _checked_depth(self, depth: int) -> int:
        """How many partitions there are; ValueError for a depth that is none."""
        if depth < 1:
            raise ValueError(f"Depth cannot be smaller than 1 but got {depth}.")
        return self.getNumPartitions()

    def _merged_in_levels(self, merge: Callable[[Any, Any], Any], depth: int) -> RDD:
        """The one value of every partition merged until few are left."""
        merged, count = self._with(self._plan), float(self.getNumPartitions())
        scale = max(ceil(count ** (1.0 / depth)), 2)
        while count > scale + count / scale:
            count /= scale
            merged = merged.mapPartitionsWithIndex(_Numbered(int(count))).reduceByKey(merge, int(count)).values()
        return merged


class _Numbered:
    """(partition number modulo `count`, element) for every element."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __call__(self, partition: int, items: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        return ((partition % self._count, item) for item in items)

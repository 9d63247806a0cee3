"""Elements with numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from pympr.rdd.actions import Actions
from pympr.rdd.narrow import Narrow

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class Indexing(Narrow, Actions):
    """The part of RDD whose methods number the elements."""

    def zipWithIndex(self) -> RDD:
        """(x, i) for the i-th element x; counts the elements first where there are several partitions.

        >>> sc.parallelize(["a", "b", "c", "d"], 3).zipWithIndex().collect()
        [('a', 0), ('b', 1), ('c', 2), ('d', 3)]
        """
        counts = self._act("count_partitions", name="zipWithIndex") if self.getNumPartitions() > 1 else []
        starts = list(accumulate(counts, initial=0))

        def numbered(partition: int, items: Iterable[Any]) -> Iterator[tuple[Any, int]]:
            return ((item, number) for number, item in enumerate(items, starts[partition]))

        return self.mapPartitionsWithIndex(numbered)

    def zipWithUniqueId(self) -> RDD:
        """(x, i) with i = k, n + k, 2n + k, ... in partition k of n; counts nothing.

        >>> sc.parallelize(["a", "b", "c", "d", "e"], 3).zipWithUniqueId().collect()
        [('a', 0), ('b', 1), ('c', 4), ('d', 2), ('e', 5)]
        """
        total = self.getNumPartitions()

        def numbered(partition: int, items: Iterable[Any]) -> Iterator[tuple[Any, int]]:
            return ((item, place * total + partition) for place, item in enumerate(items))

        return self.mapPartitionsWithIndex(numbered)

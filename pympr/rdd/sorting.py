"""Putting elements in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pympr.plan.function import Function
from pympr.plan.wide import ByRange, Sort
from pympr.rdd.partitioner import PartitionFunction, portable_hash
from pympr.rdd.placing import Placing, positive

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class Sorting(Placing):
    """The part of RDD whose methods sort."""

    def sortByKey(
        self,
        ascending: bool = True,
        numPartitions: int | None = None,
        keyfunc: Callable[[Any], Any] | None = None,
    ) -> RDD:
        """The (k, v) elements in the order of k, or of keyfunc(k); equal keys keep their order.

        >>> sc.parallelize([("a", 1), ("b", 2), ("1", 3)]).sortByKey().collect()
        [('1', 3), ('a', 1), ('b', 2)]
        """
        key = itemgetter(0) if keyfunc is None else (lambda pair: keyfunc(pair[0]))
        return self.sortBy(key, ascending, numPartitions)

    def sortBy(self, keyfunc: Callable[[Any], Any], ascending: bool = True, numPartitions: int | None = None) -> RDD:
        """The elements in the order of keyfunc(x); equal keys keep their order.

        >>> sc.parallelize([("a", 3), ("b", 1), ("c", 2)]).sortBy(lambda x: x[1]).collect()
        [('b', 1), ('c', 2), ('a', 3)]
        """
        count = self._default_partitions() if numPartitions is None else numPartitions
        return self._with(Sort(self._plan, ByRange(positive(count), Function(keyfunc), bool(ascending))))

    def repartitionAndSortWithinPartitions(
        self,
        numPartitions: int | None = None,
        partitionFunc: PartitionFunction = portable_hash,
        ascending: bool = True,
        keyfunc: Callable[[Any], Any] | None = None,
    ) -> RDD:
        """The (k, v) elements placed as by `partitionBy`, those of a partition in the order of k, or keyfunc(k).

        >>> pairs = sc.parallelize([(0, 5), (3, 8), (2, 6), (0, 8), (3, 8), (1, 3)])
        >>> pairs.repartitionAndSortWithinPartitions(2, lambda x: x % 2, True).glom().collect()
        [[(0, 5), (0, 8), (2, 6)], [(1, 3), (3, 8), (3, 8)]]
        """
        key = itemgetter(0) if keyfunc is None else (lambda pair: keyfunc(pair[0]))

        def in_order(items: Iterable[Any]) -> list[Any]:
            return sorted(items, key=key, reverse=not ascending)

        return self.partitionBy(numPartitions, partitionFunc).mapPartitions(in_order, True)

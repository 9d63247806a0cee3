"""Transformations that work on each partition for itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pympr.plan.function import Function
from pympr.plan.narrow import Filter, FlatMap, FlatMapValues, Map, MapBlocks, MapPartitions, MapValues, Union
from pympr.rdd.base import Base

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class Narrow(Base):
    """The part of RDD whose methods move no rows."""

    def map(self, f: Callable[[Any], Any], preservesPartitioning: bool = False) -> RDD:
        """f(x) for every element x.

        >>> sc.parallelize(["b", "a"]).map(lambda x: (x, 1)).collect()
        [('b', 1), ('a', 1)]
        """
        return self._with(Map(self._plan, Function(f), preservesPartitioning))

    def flatMap(self, f: Callable[[Any], Iterable[Any]], preservesPartitioning: bool = False) -> RDD:
        """All items of f(x), for every element x.

        >>> sc.parallelize([2, 3]).flatMap(lambda x: range(1, x)).collect()
        [1, 1, 2]
        """
        return self._with(FlatMap(self._plan, Function(f), preservesPartitioning))

    def filter(self, f: Callable[[Any], Any]) -> RDD:
        """The elements for which f(x) is true.

        >>> sc.parallelize([1, 2, 3, 4]).filter(lambda x: x % 2 == 0).collect()
        [2, 4]
        """
        return self._with(Filter(self._plan, Function(f)))

    def mapPartitions(self, f: Callable[[Any], Iterable[Any]], preservesPartitioning: bool = False) -> RDD:
        """f(iterator) gives the elements of each new partition.

        >>> sc.parallelize([1, 2, 3, 4], 2).mapPartitions(lambda items: [sum(items)]).collect()
        [3, 7]
        """
        return self._with(MapPartitions(self._plan, Function(f), False, preservesPartitioning))

    def mapPartitionsWithIndex(
        self, f: Callable[[int, Any], Iterable[Any]], preservesPartitioning: bool = False
    ) -> RDD:
        """f(partition number, iterator) gives the elements of each new partition.

        >>> sc.parallelize([1, 2, 3, 4], 4).mapPartitionsWithIndex(lambda i, items: [i]).sum()
        6
        """
        return self._with(MapPartitions(self._plan, Function(f), True, preservesPartitioning))

    def mapPartitionsWithSplit(
        self, f: Callable[[int, Any], Iterable[Any]], preservesPartitioning: bool = False
    ) -> RDD:
        """As `mapPartitionsWithIndex`; deprecated, as in PySpark."""
        warnings.warn("use mapPartitionsWithIndex instead", DeprecationWarning, stacklevel=2)
        return self.mapPartitionsWithIndex(f, preservesPartitioning)

    def mapBlocks(self, f: Callable[..., Any]) -> RDD:
        """f(array) for blocks of elements as NumPy arrays; for tuples one array an item.

        `f` gives one array, or a tuple of arrays of equal length for tuples. Numbers
        come as int64, float64 or bool, strings and bytes as object arrays. Raises
        TypeError for elements that have no columns. Not in PySpark.

        >>> sc.range(4).mapBlocks(lambda x: x * x).collect()
        [0, 1, 4, 9]
        """
        return self._with(MapBlocks(self._plan, Function(f)))

    def glom(self) -> RDD:
        """The elements of each partition in a list.

        >>> sc.parallelize([1, 2, 3, 4], 2).glom().collect()
        [[1, 2], [3, 4]]
        """
        return self.mapPartitions(_as_one_list)

    def keyBy(self, f: Callable[[Any], Any]) -> RDD:
        """(f(x), x) for every element x.

        >>> sc.parallelize(range(3)).keyBy(lambda x: x * x).collect()
        [(0, 0), (1, 1), (4, 2)]
        """
        return self.map(lambda x: (f(x), x))

    def mapValues(self, f: Callable[[Any], Any]) -> RDD:
        """(k, f(v)) for every (k, v); keys stay where they are.

        >>> sc.parallelize([("a", ["x", "y"]), ("b", ["z"])]).mapValues(len).collect()
        [('a', 2), ('b', 1)]
        """
        return self._with(MapValues(self._plan, Function(f)))

    def flatMapValues(self, f: Callable[[Any], Iterable[Any]]) -> RDD:
        """(k, item) for every item of f(v), for every (k, v).

        >>> sc.parallelize([("a", ["x", "y"]), ("b", ["z"])]).flatMapValues(lambda v: v).collect()
        [('a', 'x'), ('a', 'y'), ('b', 'z')]
        """
        return self._with(FlatMapValues(self._plan, Function(f)))

    def keys(self) -> RDD:
        """The k of every (k, v).

        >>> sc.parallelize([(1, 2), (3, 4)]).keys().collect()
        [1, 3]
        """
        return self.map(itemgetter(0))

    def values(self) -> RDD:
        """The v of every (k, v).

        >>> sc.parallelize([(1, 2), (3, 4)]).values().collect()
        [2, 4]
        """
        return self.map(itemgetter(1))

    def union(self, other: Base) -> RDD:
        """The elements of both, this one's partitions first.

        >>> rdd = sc.parallelize([1, 1, 2])
        >>> rdd.union(rdd).collect()
        [1, 1, 2, 1, 1, 2]
        """
        return self.ctx.union([self, other])

    __add__ = union


def _as_one_list(items: Iterable[Any]) -> Iterable[list[Any]]:
    yield list(items)


def union_of(rdds: Sequence[Base]) -> Union:
    """The plan node over several RDDs."""
    return Union(tuple(rdd._plan for rdd in rdds))

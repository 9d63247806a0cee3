"""Merging and grouping the values of equal keys."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pympr.plan.function import Function
from pympr.plan.wide import Combine, Group
from pympr.rdd.partitioner import PartitionFunction, portable_hash
from pympr.rdd.placing import Placing

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class Pairs(Placing):
    """The part of RDD whose methods bring the values of equal keys together."""

    def reduceByKey(
        self,
        func: Callable[[Any, Any], Any],
        numPartitions: int | None = None,
        partitionFunc: PartitionFunction = portable_hash,
    ) -> RDD:
        """The values of every key merged by an associative and commutative function.

        Values are merged before they are sent. The result has `numPartitions`
        partitions, by default as many as this RDD.

        >>> from operator import add
        >>> sorted(sc.parallelize([("a", 1), ("b", 1), ("a", 1)]).reduceByKey(add).collect())
        [('a', 2), ('b', 1)]
        """
        return self.combineByKey(_itself, func, func, numPartitions, partitionFunc)

    def combineByKey(
        self,
        createCombiner: Callable[[Any], Any],
        mergeValue: Callable[[Any, Any], Any],
        mergeCombiners: Callable[[Any, Any], Any],
        numPartitions: int | None = None,
        partitionFunc: PartitionFunction = portable_hash,
    ) -> RDD:
        """(k, combiner) for every key, by three functions.

        >>> pairs = sc.parallelize([("a", 1), ("b", 1), ("a", 2)])
        >>> sorted(pairs.combineByKey(lambda v: [v], lambda c, v: c + [v], lambda c, d: c + d).collect())
        [('a', [1, 2]), ('b', [1])]
        """
        functions = (Function(createCombiner), Function(mergeValue), Function(mergeCombiners))
        return self._with(Combine(self._plan, *functions, self._hash(numPartitions, partitionFunc)))

    def aggregateByKey(
        self,
        zeroValue: Any,
        seqFunc: Callable[[Any, Any], Any],
        combFunc: Callable[[Any, Any], Any],
        numPartitions: int | None = None,
        partitionFunc: PartitionFunction = portable_hash,
    ) -> RDD:
        """The values of every key folded from `zeroValue` by `seqFunc`, results merged by `combFunc`.

        >>> pairs = sc.parallelize([("a", 1), ("b", 1), ("a", 2)])
        >>> add, merge = (lambda c, v: (c[0] + v, c[1] + 1)), (lambda c, d: (c[0] + d[0], c[1] + d[1]))
        >>> sorted(pairs.aggregateByKey((0, 0), add, merge).collect())
        [('a', (3, 2)), ('b', (1, 1))]
        """

        def create(value: Any) -> Any:
            return seqFunc(zeroValue, value)

        def create_anew(value: Any) -> Any:
            return seqFunc(deepcopy(zeroValue), value)

        first = create if _never_changes(zeroValue) else create_anew
        return self.combineByKey(first, seqFunc, combFunc, numPartitions, partitionFunc)

    def foldByKey(
        self,
        zeroValue: Any,
        func: Callable[[Any, Any], Any],
        numPartitions: int | None = None,
        partitionFunc: PartitionFunction = portable_hash,
    ) -> RDD:
        """The values of every key folded from `zeroValue` by `func`.

        >>> from operator import add
        >>> sorted(sc.parallelize([("a", 1), ("b", 1), ("a", 1)]).foldByKey(0, add).collect())
        [('a', 2), ('b', 1)]
        """
        return self.aggregateByKey(zeroValue, func, func, numPartitions, partitionFunc)

    def groupByKey(self, numPartitions: int | None = None, partitionFunc: PartitionFunction = portable_hash) -> RDD:
        """(k, ResultIterable of all its values) for every key.

        >>> pairs = sc.parallelize([("a", 1), ("b", 1), ("a", 2)])
        >>> sorted(pairs.groupByKey().mapValues(list).collect())
        [('a', [1, 2]), ('b', [1])]
        """
        return self._with(Group(self._plan, self._hash(numPartitions, partitionFunc)))

    def groupBy(
        self,
        f: Callable[[Any], Any],
        numPartitions: int | None = None,
        partitionFunc: PartitionFunction = portable_hash,
    ) -> RDD:
        """The elements grouped by f(x).

        >>> groups = sc.parallelize([1, 1, 2, 3, 5, 8]).groupBy(lambda x: x % 2).collect()
        >>> sorted((key, sorted(values)) for key, values in groups)
        [(0, [2, 8]), (1, [1, 1, 3, 5])]
        """
        return self.keyBy(f).groupByKey(numPartitions, partitionFunc)


def _never_changes(value: Any) -> bool:
    """Whether a value is a plain number, string or None, or a tuple of such."""
    if type(value) is tuple:
        return all(map(_never_changes, value))
    return type(value) in (int, float, bool, str, bytes, type(None))


def _itself(value: Any) -> Any:
    return value

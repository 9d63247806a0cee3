"""Transformations that bring equal keys together or put elements in order."""

from __future__ import annotations

from collections.abc import Callable
from operator import index, itemgetter
from typing import TYPE_CHECKING, Any

from pympr.plan.function import Function
from pympr.plan.wide import ByRange, CoGroup, Combine, Group, Hash, Join, PartitionBy, Sort

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD

PartitionFunction = Callable[[Any], int] | None


class Pairs:
    """The part of RDD whose methods move rows."""

    def reduceByKey(
        self: RDD,
        func: Callable[[Any, Any], Any],
        numPartitions: int | None = None,
        partitionFunc: PartitionFunction = None,
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
        self: RDD,
        createCombiner: Callable[[Any], Any],
        mergeValue: Callable[[Any, Any], Any],
        mergeCombiners: Callable[[Any, Any], Any],
        numPartitions: int | None = None,
        partitionFunc: PartitionFunction = None,
    ) -> RDD:
        """(k, combiner) for every key, by three functions.

        >>> pairs = sc.parallelize([("a", 1), ("b", 1), ("a", 2)])
        >>> sorted(pairs.combineByKey(lambda v: [v], lambda c, v: c + [v], lambda c, d: c + d).collect())
        [('a', [1, 2]), ('b', [1])]
        """
        functions = (Function(createCombiner), Function(mergeValue), Function(mergeCombiners))
        return self._with(Combine(self.node, *functions, self._hash(numPartitions, partitionFunc)))

    def aggregateByKey(
        self: RDD,
        zeroValue: Any,
        seqFunc: Callable[[Any, Any], Any],
        combFunc: Callable[[Any, Any], Any],
        numPartitions: int | None = None,
        partitionFunc: PartitionFunction = None,
    ) -> RDD:
        """The values of every key folded from `zeroValue` by `seqFunc`, results merged by `combFunc`.

        >>> pairs = sc.parallelize([("a", 1), ("b", 1), ("a", 2)])
        >>> add, merge = (lambda c, v: (c[0] + v, c[1] + 1)), (lambda c, d: (c[0] + d[0], c[1] + d[1]))
        >>> sorted(pairs.aggregateByKey((0, 0), add, merge).collect())
        [('a', (3, 2)), ('b', (1, 1))]
        """
        from copy import deepcopy

        def create(value: Any) -> Any:
            return seqFunc(deepcopy(zeroValue), value)

        return self.combineByKey(create, seqFunc, combFunc, numPartitions, partitionFunc)

    def groupByKey(self: RDD, numPartitions: int | None = None, partitionFunc: PartitionFunction = None) -> RDD:
        """(k, ResultIterable of all its values) for every key.

        >>> pairs = sc.parallelize([("a", 1), ("b", 1), ("a", 2)])
        >>> sorted(pairs.groupByKey().mapValues(list).collect())
        [('a', [1, 2]), ('b', [1])]
        """
        return self._with(Group(self.node, self._hash(numPartitions, partitionFunc)))

    def groupBy(
        self: RDD, f: Callable[[Any], Any], numPartitions: int | None = None, partitionFunc: PartitionFunction = None
    ) -> RDD:
        """The elements grouped by f(x).

        >>> groups = sc.parallelize([1, 1, 2, 3, 5, 8]).groupBy(lambda x: x % 2).collect()
        >>> sorted((key, sorted(values)) for key, values in groups)
        [(0, [2, 8]), (1, [1, 1, 3, 5])]
        """
        return self.keyBy(f).groupByKey(numPartitions, partitionFunc)

    def distinct(self: RDD, numPartitions: int | None = None) -> RDD:
        """Every element once.

        >>> sorted(sc.parallelize([1, 1, 2, 3]).distinct().collect())
        [1, 2, 3]
        """
        return self.map(lambda x: (x, 1)).reduceByKey(min, numPartitions).keys()

    def partitionBy(self: RDD, numPartitions: int | None, partitionFunc: PartitionFunction = None) -> RDD:
        """The same (k, v) elements, equal keys in one partition: `partitionFunc(k) % numPartitions`.

        Without a function the key's own hash decides; it is the same on every rank.

        >>> pairs = sc.parallelize([1, 2, 3, 4]).map(lambda x: (x, x))
        >>> pairs.partitionBy(2, lambda k: k).keys().glom().collect()
        [[2, 4], [1, 3]]
        """
        return self._with(PartitionBy(self.node, self._hash(numPartitions, partitionFunc)))

    def join(self: RDD, other: RDD, numPartitions: int | None = None) -> RDD:
        """(k, (v, w)) for every v of this and w of the other with equal k.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2), ("a", 3)])
        >>> sorted(a.join(b).collect())
        [('a', (1, 2)), ('a', (1, 3))]
        """
        return self._join(other, "inner", numPartitions)

    def leftOuterJoin(self: RDD, other: RDD, numPartitions: int | None = None) -> RDD:
        """As `join`, with (k, (v, None)) where the other has no k.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2)])
        >>> sorted(a.leftOuterJoin(b).collect())
        [('a', (1, 2)), ('b', (4, None))]
        """
        return self._join(other, "left", numPartitions)

    def rightOuterJoin(self: RDD, other: RDD, numPartitions: int | None = None) -> RDD:
        """As `join`, with (k, (None, w)) where this one has no k.

        >>> a, b = sc.parallelize([("a", 2)]), sc.parallelize([("a", 1), ("b", 4)])
        >>> sorted(a.rightOuterJoin(b).collect())
        [('a', (2, 1)), ('b', (None, 4))]
        """
        return self._join(other, "right", numPartitions)

    def fullOuterJoin(self: RDD, other: RDD, numPartitions: int | None = None) -> RDD:
        """As `join`, with None for the side that has no k.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2), ("c", 8)])
        >>> sorted(a.fullOuterJoin(b).collect())
        [('a', (1, 2)), ('b', (4, None)), ('c', (None, 8))]
        """
        return self._join(other, "full", numPartitions)

    def cogroup(self: RDD, other: RDD, numPartitions: int | None = None) -> RDD:
        """(k, (values of this, values of the other)) for every key of either.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2)])
        >>> [(k, tuple(map(list, v))) for k, v in sorted(a.cogroup(b).collect())]
        [('a', ([1], [2])), ('b', ([4], []))]
        """
        count = self.getNumPartitions() + other.getNumPartitions() if numPartitions is None else numPartitions
        return self._with(CoGroup((self.node, other.node), Hash(_positive(count))))

    def sortByKey(
        self: RDD,
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

    def sortBy(
        self: RDD, keyfunc: Callable[[Any], Any], ascending: bool = True, numPartitions: int | None = None
    ) -> RDD:
        """The elements in the order of keyfunc(x); equal keys keep their order.

        >>> sc.parallelize([("a", 3), ("b", 1), ("c", 2)]).sortBy(lambda x: x[1]).collect()
        [('b', 1), ('c', 2), ('a', 3)]
        """
        count = self._default_partitions() if numPartitions is None else numPartitions
        return self._with(Sort(self.node, ByRange(_positive(count), Function(keyfunc), bool(ascending))))

    def _join(self: RDD, other: RDD, how: str, num_partitions: int | None) -> RDD:
        count = self._joined_partitions(other) if num_partitions is None else num_partitions
        return self._with(Join(self.node, other.node, how, Hash(_positive(count))))

    def _joined_partitions(self: RDD, other: RDD) -> int:
        mine, theirs = self.placed_by(), other.placed_by()
        if mine is not None and mine == theirs:
            return mine.num_partitions
        return self.getNumPartitions() + other.getNumPartitions()

    def _hash(self: RDD, num_partitions: int | None, function: PartitionFunction) -> Hash:
        count = self._default_partitions() if num_partitions is None else num_partitions
        return Hash(_positive(count), None if function is None else Function(function))

    def _default_partitions(self: RDD) -> int:
        return max(self.getNumPartitions(), 1)


def _itself(value: Any) -> Any:
    return value


def _positive(count: int) -> int:
    try:
        count = index(count)
    except TypeError:
        raise TypeError(f"numPartitions must be an int, got {count!r}") from None
    if count < 1:
        raise ValueError(f"numPartitions must be positive, got {count}")
    return count

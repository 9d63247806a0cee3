"""Which partition an element is in."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

from pympr.plan.function import Function
from pympr.plan.wide import BySource, Cartesian, Hash, PartitionBy, Repartition, Zip
from pympr.rdd.narrow import Narrow
from pympr.rdd.partitioner import Partitioner, PartitionFunction, portable_hash
from pympr.run.session import call_site

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class Placing(Narrow):
    """The part of RDD whose methods move elements to other partitions."""

    def partitionBy(self, numPartitions: int | None, partitionFunc: PartitionFunction = portable_hash) -> RDD:
        """The same (k, v) elements, equal keys in one partition: `partitionFunc(k) % numPartitions`.

        Without a function the key's own hash decides; it is the same on every rank.

        >>> pairs = sc.parallelize([1, 2, 3, 4]).map(lambda x: (x, x))
        >>> pairs.partitionBy(2, lambda k: k).keys().glom().collect()
        [[2, 4], [1, 3]]
        """
        count = positive(self._default_partitions() if numPartitions is None else numPartitions)
        is_default = partitionFunc is None or partitionFunc is portable_hash
        function = None if is_default or partitionFunc is None else Function(partitionFunc)
        return self._with(PartitionBy(self._plan, Hash(count, function, where=call_site())))

    def repartition(self, numPartitions: int) -> RDD:
        """The elements dealt out evenly to `numPartitions` partitions.

        >>> sc.parallelize(range(6), 1).repartition(3).glom().map(len).collect()
        [2, 2, 2]
        """
        return self.coalesce(numPartitions, shuffle=True)

    def coalesce(self, numPartitions: int, shuffle: bool = False) -> RDD:
        """Fewer partitions: neighbours become one. With `shuffle` as `repartition`, which can also make more.

        >>> sc.parallelize([1, 2, 3, 4, 5], 3).coalesce(1).glom().collect()
        [[1, 2, 3, 4, 5]]
        """
        if not numPartitions > 0:
            raise ValueError("Number of partitions must be positive.")
        have = self.getNumPartitions()
        if shuffle:
            return self._with(Repartition(self._plan, BySource(positive(numPartitions), max(have, 1), "spread")))
        count = min(positive(numPartitions), max(have, 1))
        return self._with(Repartition(self._plan, BySource(count, max(have, 1), "gather")))

    def zip(self, other: Placing) -> RDD:
        """(x, y) for the x and y at the same place; both have the same partitions with as many elements in each.

        Raises ValueError when the numbers of partitions differ, and in the action
        when the numbers of elements do.

        >>> sc.parallelize(range(0, 3)).zip(sc.parallelize(range(1000, 1003))).collect()
        [(0, 1000), (1, 1001), (2, 1002)]
        """
        count = self.getNumPartitions()
        if count != other.getNumPartitions():
            raise ValueError("Can only zip with RDD which has the same number of partitions")
        return self._with(Zip(self._plan, other._plan, count))

    def cartesian(self, other: Placing) -> RDD:
        """(x, y) for every x of this and every y of the other, which every rank holds whole.

        >>> sorted(sc.parallelize([1, 2]).cartesian(sc.parallelize([3, 4])).collect())
        [(1, 3), (1, 4), (2, 3), (2, 4)]
        """
        return self._with(Cartesian(self._plan, other._plan, other.getNumPartitions()))

    @property
    def partitioner(self) -> Partitioner | None:
        """How keys were given to partitions by a shuffle, or None."""
        found = self.placed_by()
        if not isinstance(found, Hash):
            return None
        return Partitioner(found.num_partitions, portable_hash if found.function is None else found.function.call)

    def _hash(self, num_partitions: int | None, function: PartitionFunction) -> Hash:
        """Where keys go: as they lie where nothing else is asked for, else as told."""
        is_default = function is None or function is portable_hash
        found = self.placed_by()
        if is_default and isinstance(found, Hash) and num_partitions in (None, found.num_partitions):
            return found
        count = positive(self._default_partitions() if num_partitions is None else num_partitions)
        return Hash(count, None if is_default or function is None else Function(function), where=call_site())


def positive(count: Any) -> int:
    """A number of partitions; TypeError or ValueError for what is none."""
    try:
        count = index(count)
    except TypeError:
        raise TypeError(f"numPartitions must be an int, got {count!r}") from None
    if count < 1:
        raise ValueError(f"numPartitions must be positive, got {count}")
    return count

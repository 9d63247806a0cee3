"""RDDs as sets and multisets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pympr.rdd.joins import Joins

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class Sets(Joins):
    """The part of RDD whose methods compare whole elements."""

    def distinct(self, numPartitions: int | None = None) -> RDD:
        """Every element once.

        >>> sorted(sc.parallelize([1, 1, 2, 3]).distinct().collect())
        [1, 2, 3]
        """
        return self.map(lambda x: (x, 1)).reduceByKey(min, numPartitions).keys()

    def intersection(self, other: Joins) -> RDD:
        """The elements of both, each once.

        >>> a, b = sc.parallelize([1, 10, 2, 3, 3]), sc.parallelize([1, 6, 3, 2])
        >>> sorted(a.intersection(b).collect())
        [1, 2, 3]
        """
        both = self.map(_with_none).cogroup(other.map(_with_none))
        return both.filter(_is_in_all).keys()

    def subtract(self, other: Joins, numPartitions: int | None = None) -> RDD:
        """The elements that the other does not have.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4), ("b", 5)]), sc.parallelize([("a", 1), ("c", None)])
        >>> sorted(a.subtract(b).collect())
        [('b', 4), ('b', 5)]
        """
        return self.map(_with_none).subtractByKey(other.map(_with_none), numPartitions).keys()


def _with_none(value: Any) -> tuple[Any, None]:
    return value, None


def _is_in_all(groups: Any) -> bool:
    return all(map(len, groups[1]))

"""Joining RDDs by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pympr.plan.wide import CoGroup, Hash, Join
from pympr.rdd.pairs import Pairs
from pympr.rdd.placing import positive
from pympr.run.session import call_site

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class Joins(Pairs):
    """The part of RDD whose methods bring equal keys of several RDDs together."""

    def join(self, other: Joins, numPartitions: int | None = None) -> RDD:
        """(k, (v, w)) for every v of this and w of the other with equal k.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2), ("a", 3)])
        >>> sorted(a.join(b).collect())
        [('a', (1, 2)), ('a', (1, 3))]
        """
        return self._join(other, "inner", numPartitions)

    def leftOuterJoin(self, other: Joins, numPartitions: int | None = None) -> RDD:
        """As `join`, with (k, (v, None)) where the other has no k.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2)])
        >>> sorted(a.leftOuterJoin(b).collect())
        [('a', (1, 2)), ('b', (4, None))]
        """
        return self._join(other, "left", numPartitions)

    def rightOuterJoin(self, other: Joins, numPartitions: int | None = None) -> RDD:
        """As `join`, with (k, (None, w)) where this one has no k.

        >>> a, b = sc.parallelize([("a", 2)]), sc.parallelize([("a", 1), ("b", 4)])
        >>> sorted(a.rightOuterJoin(b).collect())
        [('a', (2, 1)), ('b', (None, 4))]
        """
        return self._join(other, "right", numPartitions)

    def fullOuterJoin(self, other: Joins, numPartitions: int | None = None) -> RDD:
        """As `join`, with None for the side that has no k.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2), ("c", 8)])
        >>> sorted(a.fullOuterJoin(b).collect())
        [('a', (1, 2)), ('b', (4, None)), ('c', (None, 8))]
        """
        return self._join(other, "full", numPartitions)

    def cogroup(self, other: Joins, numPartitions: int | None = None) -> RDD:
        """(k, (values of this, values of the other)) for every key of either.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2)])
        >>> [(k, tuple(map(list, v))) for k, v in sorted(a.cogroup(b).collect())]
        [('a', ([1], [2])), ('b', ([4], []))]
        """
        return self._cogroup((self, other), numPartitions)

    def groupWith(self, other: Joins, *others: Joins) -> RDD:
        """As `cogroup`, of any number of RDDs.

        >>> a, b, c = (sc.parallelize([(key, value)]) for key, value in [("a", 1), ("b", 2), ("a", 3)])
        >>> [(k, tuple(map(list, v))) for k, v in sorted(a.groupWith(b, c).collect())]
        [('a', ([1], [], [3])), ('b', ([], [2], []))]
        """
        return self._cogroup((self, other, *others), None)

    def subtractByKey(self, other: Joins, numPartitions: int | None = None) -> RDD:
        """The (k, v) elements whose k the other does not have.

        >>> a, b = sc.parallelize([("a", 1), ("b", 4), ("b", 5)]), sc.parallelize([("a", 3), ("c", None)])
        >>> sorted(a.subtractByKey(b).collect())
        [('b', 4), ('b', 5)]
        """
        return self.cogroup(other, numPartitions).flatMapValues(_without_match)

    def _cogroup(self, rdds: tuple[Joins, ...], num_partitions: int | None) -> RDD:
        contract = _common_contract(rdds, num_partitions)
        return self._with(CoGroup(tuple(rdd._plan for rdd in rdds), contract))

    def _join(self, other: Joins, how: str, num_partitions: int | None) -> RDD:
        return self._with(Join(self._plan, other._plan, how, _common_contract((self, other), num_partitions)))


def _common_contract(rdds: tuple[Joins, ...], num_partitions: int | None) -> Hash:
    """The contract by which all of them lie already, else the default one."""
    first = rdds[0].placed_by()
    if isinstance(first, Hash) and num_partitions in (None, first.num_partitions):
        if all(rdd.placed_by() == first for rdd in rdds[1:]):
            return first
    lying = [rdd.placed_by() for rdd in rdds]
    for found in lying:
        if isinstance(found, Hash) and found.num_partitions == num_partitions:
            return found
    if num_partitions is None:
        told = rdds[0].ctx._told_parallelism
        num_partitions = sum(rdd.getNumPartitions() for rdd in rdds) if told is None else told
        return Hash(max(num_partitions, 1), where=call_site())
    return Hash(positive(num_partitions), where=call_site())


def _without_match(groups: Any) -> Any:
    return () if len(groups[1]) else groups[0]

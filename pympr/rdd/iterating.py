"""Elements given out bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pympr.plan.storage import StorageLevel
from pympr.rdd.actions import Actions


class Iterating(Actions):
    """The part of RDD that gives elements to the script without holding all of them at once."""

    def toLocalIterator(self, prefetchPartitions: bool = False) -> Iterator[Any]:
        """An iterator over all elements on every rank, of which each holds one partition at a time.

        The partitions are computed once, at the first element, and kept by their ranks
        until the last. All ranks must take as many elements; a partition is brought when
        its first element is asked for.

        >>> list(sc.parallelize(range(6), 3).toLocalIterator())
        [0, 1, 2, 3, 4, 5]
        """
        session, total = self.ctx._session, self.getNumPartitions()
        is_kept = session.level_of(self._plan) is not None
        if not is_kept:
            session.keep(self._plan, self.ctx._next_id(), StorageLevel.MEMORY_ONLY)
        try:
            for partition in range(total):
                yield from self._act("collect_chosen", [partition], name="toLocalIterator")
        finally:
            if not is_kept:
                session.let_go(self._plan)

    def collectWithJobGroup(self, groupId: str, description: str, interruptOnCancel: bool = False) -> list[Any]:
        """As `collect`, in a job group.

        >>> sc.range(3).collectWithJobGroup("numbers", "three of them")
        [0, 1, 2]
        """
        self.ctx.setJobGroup(groupId, description, interruptOnCancel)
        return self._act("collect", None, name="collectWithJobGroup")

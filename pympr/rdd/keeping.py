"""Elements kept for later actions, and the RDD's name."""

from __future__ import annotations

from typing import Self

from pympr.plan.storage import StorageLevel
from pympr.rdd.base import Base


class Keeping(Base):
    """The part of RDD that keeps what was computed."""

    @property
    def is_cached(self) -> bool:
        """Whether the elements are kept once they are computed."""
        return self.ctx._session.level_of(self._plan) is not None

    def cache(self) -> Self:
        """Keep the elements in memory once they are computed.

        >>> rdd = sc.parallelize([1, 2]).map(lambda x: x + 1).cache()
        >>> rdd.count(), rdd.collect()
        (2, [2, 3])
        """
        return self.persist(StorageLevel.MEMORY_ONLY)

    def persist(self, storageLevel: StorageLevel = StorageLevel.MEMORY_ONLY) -> Self:
        """Keep the elements as `storageLevel` says, once they are computed.

        Raises ValueError when they are kept at another level already.

        >>> rdd = sc.range(5).persist(StorageLevel.DISK_ONLY)
        >>> rdd.sum(), rdd.sum(), str(rdd.getStorageLevel())
        (10, 10, 'Disk Serialized 1x Replicated')
        """
        self.ctx._session.keep(self._plan, self._id, storageLevel)
        return self

    def unpersist(self, blocking: bool = False) -> Self:
        """Drop what was kept; the elements are computed again when needed."""
        self.ctx._session.let_go(self._plan)
        return self

    def getStorageLevel(self) -> StorageLevel:
        """How the elements are kept; `StorageLevel.NONE` when they are not.

        >>> print(sc.parallelize([1, 2]).getStorageLevel())
        Serialized 1x Replicated
        """
        return self.ctx._session.level_of(self._plan) or StorageLevel.NONE

    def name(self) -> str | None:
        """The name given by `setName`, or None."""
        return self._name

    def setName(self, name: str) -> Self:
        """Give the RDD a name, for people.

        >>> sc.parallelize([1, 2]).setName("I am an RDD").name()
        'I am an RDD'
        """
        self._name = name
        return self

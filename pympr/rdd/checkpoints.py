"""Elements written where all ranks see them, so that nothing above them is computed again."""

from __future__ import annotations

import os

from pympr.plan.storage import StorageLevel
from pympr.rdd.base import Base


class Checkpoints(Base):
    """The part of RDD that cuts what an RDD is computed from."""

    _checkpoint_folder = ""
    _is_local = False

    @property
    def is_checkpointed(self) -> bool:
        """Whether `checkpoint` was called."""
        return bool(self._checkpoint_folder)

    def checkpoint(self) -> None:
        """Write the elements to the directory of `SparkContext.setCheckpointDir` when they are computed next.

        From then on they are read from there, by any rank. Raises RuntimeError when no
        directory was set.
        """
        folder = self.ctx.getCheckpointDir()
        if folder is None:
            raise RuntimeError("Checkpoint directory has not been set in the SparkContext")
        session = self.ctx._session
        path = os.path.join(folder, f"rdd-{self._id}")
        session.made_by_rank_0(lambda: os.makedirs(path, exist_ok=True), f"making {path}")
        session.checkpoint(self._plan, self._id, path)
        self._checkpoint_folder = path

    def isCheckpointed(self) -> bool:
        """Whether the elements lie in a checkpoint, of either kind."""
        is_asked_for = bool(self._checkpoint_folder) or self._is_local
        return is_asked_for and self.ctx._session.is_computed(self._plan)

    def getCheckpointFile(self) -> str | None:
        """The directory that `checkpoint` wrote to, None before it has."""
        return self._checkpoint_folder if self._checkpoint_folder and self.isCheckpointed() else None

    def localCheckpoint(self) -> None:
        """Keep the elements on their ranks, in memory or on disk, as `persist` does.

        >>> rdd = sc.range(5)
        >>> rdd.localCheckpoint()
        >>> rdd.isLocallyCheckpointed(), rdd.isCheckpointed(), rdd.count(), rdd.isCheckpointed()
        (True, False, 5, True)
        """
        self._is_local = True
        if self.ctx._session.level_of(self._plan) is None:
            self.ctx._session.keep(self._plan, self._id, StorageLevel.MEMORY_AND_DISK)

    def isLocallyCheckpointed(self) -> bool:
        """Whether `localCheckpoint` was called."""
        return self._is_local

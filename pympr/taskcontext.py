"""What a function can ask about the partition it works on."""

from __future__ import annotations

from typing import Any

from pympr.errors import NotSupportedError
from pympr.run.session import current_task, session


class TaskContext:
    """The partition that a function of an action works on.

    >>> sc.range(3, numSlices=3).map(lambda x: TaskContext.get().partitionId()).collect()
    [0, 1, 2]
    >>> TaskContext.get() is None
    True
    """

    def __init__(self, stage: int, partition: int, number: int, properties: dict[str, str]) -> None:
        self._stage, self._partition, self._number, self._properties = stage, partition, number, properties

    @classmethod
    def get(cls) -> TaskContext | None:
        """The context of the task that is running, None in the script."""
        task = current_task()
        if task is None:
            return None
        return cls(task.stage, task.partition, task.number, dict(session().properties))

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> TaskContext:
        """Refused."""
        raise NotSupportedError(f"{cls.__name__}.from_json: tasks run in the script's own process; use get()")

    def stageId(self) -> int:
        """The number of the stage within its action."""
        return self._stage

    def partitionId(self) -> int:
        """The number of the partition; -1 where rows of several are placed or merged."""
        return self._partition

    def attemptNumber(self) -> int:
        """0: nothing is tried again."""
        return 0

    def taskAttemptId(self) -> int:
        """A number that no other task of this rank has."""
        return self._number

    def getLocalProperty(self, key: str) -> str | None:
        """What `SparkContext.setLocalProperty` set, or None."""
        return self._properties.get(key)

    def cpus(self) -> int:
        """1: a function runs in one thread."""
        return 1

    def cpuAmount(self) -> float:
        """1.0: a function runs in one thread."""
        return 1.0

    def resources(self) -> dict[str, Any]:
        """Nothing: the launcher gives out what a node has."""
        return {}


class BarrierTaskContext(TaskContext):
    """The context of a task of `RDD.barrier()`, without the barrier.

    The partitions of a rank run one after the other, so tasks cannot wait for each
    other: `barrier`, `allGather` and `getTaskInfos` raise NotSupportedError.
    """

    def barrier(self) -> None:
        """Refused."""
        raise _no_barrier("barrier")

    def allGather(self, message: str = "") -> list[str]:
        """Refused."""
        raise _no_barrier("allGather")

    def getTaskInfos(self) -> list[Any]:
        """Refused."""
        raise _no_barrier("getTaskInfos")


def _no_barrier(name: str) -> NotSupportedError:
    return NotSupportedError(
        f"BarrierTaskContext.{name}: partitions of a rank run one after the other, so tasks cannot wait for each "
        "other; end the action and start another, or use pympr.collectives outside of actions"
    )

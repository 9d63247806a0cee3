"""What the actions of this program did, by PySpark's words."""

from __future__ import annotations

from typing import Any, NamedTuple

from pympr.errors import NotSupportedError


class SparkJobInfo(NamedTuple):
    """An action: the numbers of its stages, and RUNNING or SUCCEEDED."""

    jobId: int
    stageIds: list[int]
    status: str


class SparkStageInfo(NamedTuple):
    """A stage of an action, with the partitions this rank did."""

    stageId: int
    currentAttemptId: int
    name: str
    numTasks: int
    numActiveTasks: int
    numCompletedTasks: int
    numFailedTasks: int


class StatusTracker:
    """The actions so far; each is a job, numbered from 0, and stages are numbered through.

    >>> sc.statusTracker().getActiveJobsIds()
    []
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    def getJobIdsForGroup(self, jobGroup: str | None = None) -> list[int]:
        """The jobs of a group, or those of none."""
        return [number for number, record in enumerate(self._session.records) if record.group == jobGroup]

    def getActiveStageIds(self) -> list[int]:
        """The stages that run; none while the script runs."""
        return []

    def getActiveJobsIds(self) -> list[int]:
        """The jobs that run; none while the script runs."""
        return []

    def getExecutorInfos(self) -> list[Any]:
        """Refused."""
        raise NotSupportedError(
            "StatusTracker.getExecutorInfos: there are no executors, ranks run the script itself; see sc.report()"
        )

    def getJobInfo(self, jobId: int) -> SparkJobInfo | None:
        """A job, None where there is none of that number."""
        if not 0 <= jobId < len(self._session.records):
            return None
        begin = sum(len(record.stages) for record in self._session.records[:jobId])
        record = self._session.records[jobId]
        status = "SUCCEEDED" if record.is_done else "FAILED"
        return SparkJobInfo(jobId, list(range(begin, begin + len(record.stages))), status)

    def getStageInfo(self, stageId: int) -> SparkStageInfo | None:
        """A stage, None where there is none of that number."""
        stages = [(record, stage) for record in self._session.records for stage in record.stages]
        if not 0 <= stageId < len(stages):
            return None
        record, stage = stages[stageId]
        name = f"{record.action} at {record.where}"
        return SparkStageInfo(stageId, 0, name, stage.partitions, 0, stage.partitions, 0)

"""The words of SparkContext that name jobs, and properties of the script."""

from __future__ import annotations

import getpass
import logging
from typing import TYPE_CHECKING, Any

from pympr.errors import NotSupportedError
from pympr.run.session import JOB_GROUP
from pympr.status import StatusTracker

_DESCRIPTION = "spark.job.description"
_LEVELS = {
    "ALL": logging.NOTSET,
    "TRACE": logging.DEBUG,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
    "OFF": logging.CRITICAL + 1,
}


class JobProperties:
    """Groups, tags, descriptions and other properties; they stand in reports and in `TaskContext`."""

    _system_properties: dict[str, str] = {}

    def setJobGroup(self, groupId: str, description: str, interruptOnCancel: bool = False) -> None:
        """Name the group that the next actions belong to."""
        self.setLocalProperty(JOB_GROUP, groupId)
        self.setLocalProperty(_DESCRIPTION, description)

    def setJobDescription(self, value: str) -> None:
        """Describe the next actions."""
        self.setLocalProperty(_DESCRIPTION, value)

    def setLocalProperty(self, key: str, value: str | None) -> None:
        """Set a property of the next actions, which `TaskContext.getLocalProperty` reads; None takes it away.

        >>> sc.setLocalProperty("key", "x")
        >>> sc.getLocalProperty("key")
        'x'
        """
        if value is None:
            self._session.properties.pop(key, None)
        else:
            self._session.properties[key] = value

    def getLocalProperty(self, key: str) -> str | None:
        """A property that was set, or None."""
        return self._session.properties.get(key)

    def addJobTag(self, tag: str) -> None:
        """Tag the next actions; ValueError for an empty tag and one with a comma."""
        if not tag or "," in tag:
            raise ValueError(f"a job tag must not be empty nor contain a comma, got {tag!r}")
        self._tags.add(tag)

    def removeJobTag(self, tag: str) -> None:
        """Take a tag away."""
        self._tags.discard(tag)

    def getJobTags(self) -> set[str]:
        """The tags of the next actions."""
        return set(self._tags)

    def clearJobTags(self) -> None:
        """Take all tags away."""
        self._tags.clear()

    def cancelJobGroup(self, groupId: str) -> None:
        """Nothing while no action runs; NotSupportedError in a task or another thread while one does."""
        self._refuse_to_cancel("cancelJobGroup")

    def cancelJobsWithTag(self, tag: str) -> None:
        """As `cancelJobGroup`."""
        self._refuse_to_cancel("cancelJobsWithTag")

    def cancelAllJobs(self) -> None:
        """As `cancelJobGroup`."""
        self._refuse_to_cancel("cancelAllJobs")

    def setInterruptOnCancel(self, interruptOnCancel: bool) -> None:
        """Accepted: no action can be cancelled."""

    def _refuse_to_cancel(self, name: str) -> None:
        if self._session.is_busy():
            raise NotSupportedError(
                f"SparkContext.{name}: an action runs on all ranks and cannot be cancelled by one; "
                "raise an exception in its function, which ends it on all ranks"
            )

    def setLogLevel(self, logLevel: str) -> None:
        """The level of Python's logger "pympr": ALL, TRACE, DEBUG, INFO, WARN, ERROR, FATAL or OFF.

        Raises ValueError for other words.

        >>> sc.setLogLevel("WARN")
        """
        level = _LEVELS.get(logLevel.upper())
        if level is None:
            raise ValueError(f"expected a log level out of {', '.join(_LEVELS)}, got {logLevel!r}")
        logging.getLogger("pympr").setLevel(level)

    @classmethod
    def setSystemProperty(cls, key: str, value: str) -> None:
        """Keep a value for `getSystemProperty`; there is no JVM that would have it."""
        cls._system_properties[key] = value

    @classmethod
    def getSystemProperty(cls, key: str) -> str | None:
        """What `setSystemProperty` kept, or None."""
        return cls._system_properties.get(key)

    def statusTracker(self) -> StatusTracker:
        """What the actions so far did."""
        return StatusTracker(self._session)

    def sparkUser(self) -> str:
        """The name of the user who runs the script."""
        return getpass.getuser()

    if TYPE_CHECKING:  # what SparkContext has
        _session: Any
        _tags: set[str]

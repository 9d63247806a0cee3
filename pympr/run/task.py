"""Which partition of which stage this rank works on, for functions that ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# The partition of work that is not one partition's: placing and merging rows of several.
OF_SEVERAL = -1


@dataclass(frozen=True)
class Task:
    """One partition's work in a stage; `number` counts the tasks of this rank from 0."""

    stage: int
    partition: int
    number: int


_current: Task | None = None
_count = 0


def current_task() -> Task | None:
    """The task this rank works on, None in the script.

    >>> current_task() is None
    True
    """
    return _current


@contextmanager
def task_of(stage: int, partition: int = OF_SEVERAL) -> Iterator[None]:
    """Work on a partition, or on rows of several.

    >>> with task_of(2, 7):
    ...     current_task().partition
    7
    """
    global _current, _count
    before, _current = _current, Task(stage, partition, _count)
    _count += 1
    try:
        yield
    finally:
        _current = before

"""What this rank is doing, published in its page for the other ranks of the node and for `pympr run`."""

import os
import time
from pathlib import Path
from typing import NamedTuple

from pympr.run.pages import Page, PageWriter, pid_namespace


class Step(NamedTuple):
    """One thing a rank is doing; `waits` when it cannot go on without other ranks."""

    operation: str
    where: str
    stage: str
    waits: bool
    since: float


class Station:
    """Publishes what this rank does, in the page `path` or, without one, to itself only.

    Only the main thread changes it; a daemon thread gives signs of life.

    >>> station = Station(0, 1, "host")
    >>> with station.doing("map", where="script.py:12", stage="stage 2"):
    ...     station.progress(rows=1000, done=1, total=8)
    ...     station.step().operation
    'map'
    """

    def __init__(self, rank: int, size: int, host: str, path: Path | None = None):
        self.rank, self.size, self.host = rank, size, host
        self._page = PageWriter(path)
        self._pid = os.getpid()
        self._steps = 0
        self._stack = [Step("the script", "", "", False, time.monotonic())]
        self._counters = [0, 0, 0, 0]
        self._counted_stage = ""
        self._changed = time.monotonic()
        self._has_ended = False
        self.beat()
        self._publish()

    def doing(self, operation: str, where: str = "", stage: str = "", waits: bool = False) -> "_Doing":
        """A `with` block for one thing this rank does; place and stage, unless given, are those of the block around."""
        return _Doing(self, operation, where, stage, waits)

    def progress(self, rows: int = 0, bytes: int = 0, done: int = 0, total: int | None = None) -> None:
        """Add to this rank's rows, bytes and finished parts of the stage; `total` is how many parts all ranks have."""
        counters = self._counters
        counters[0] += rows
        counters[1] += bytes
        counters[2] += done
        if total is not None:
            counters[3] = total
        self._changed = time.monotonic()
        self._publish(has_texts=False)

    def page(self) -> Page:
        """This rank's page as others see it."""
        return self._page.read()

    def step(self) -> Step:
        """What this rank is doing now."""
        return self._stack[-1]

    def beat(self) -> None:
        """Give a sign of life."""
        self._page.beat(time.monotonic())

    @property
    def has_ended(self) -> bool:
        """Whether the rank has ended its script."""
        return self._has_ended

    def close(self) -> None:
        """Say that this rank has ended its script."""
        self._has_ended = True
        self._publish()

    def _enter(self, operation, where, stage, waits):
        around = self._stack[-1]
        if stage and stage != self._counted_stage:
            self._counters, self._counted_stage = [0, 0, 0, 0], stage
        step = Step(operation, where or around.where, stage or around.stage, waits, time.monotonic())
        self._stack.append(step)
        self._steps += 1
        self._changed = step.since
        self._publish()

    def _leave(self):
        self._stack.pop()
        self._changed = time.monotonic()
        self._publish()

    def _publish(self, has_texts: bool = True) -> None:
        step = self._stack[-1]
        body = (self.rank, self.size, self._pid, pid_namespace(), self._steps, step.waits, self._has_ended, step.since)
        texts = (self.host, step.operation, step.where, step.stage) if has_texts else None
        self._page.write((*body, *self._counters, self._changed), texts)


class _Doing:
    """The `with` block of a step; a class, because it is entered for every stage and every agreement."""

    __slots__ = ("_station", "_step")

    def __init__(self, station, *step):
        self._station = station
        self._step = step

    def __enter__(self):
        self._station._enter(*self._step)
        return self._station

    def __exit__(self, *_):
        self._station._leave()


class _Nothing:
    """The `with` block of a rank without a station."""

    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


_nothing = _Nothing()
_current: Station | None = None


def current() -> Station | None:
    """This process's station, None before `set_current` and in a forked child."""
    return _current


def set_current(station: Station | None) -> None:
    """Make `station` the one that `waiting` speaks for."""
    global _current
    _current = station


def waiting(operation: str, where: str = "") -> _Doing | _Nothing:
    """A `with` block during which this rank waits for others in `operation`.

    >>> with waiting("count", "script.py:31"):
    ...     pass
    """
    if _current is None:
        return _nothing
    return _current.doing(operation, where, waits=True)


os.register_at_fork(after_in_child=lambda: set_current(None))

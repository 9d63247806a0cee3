"""The last agreement: every rank has ended its script, or the ranks learn who has not."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from pympr.collectives.world import World
from pympr.run import exit_status
from pympr.run.agreement import digest
from pympr.run.difference import describe
from pympr.run.meeting import END, meet

# How long a rank that ends with an error code waits for the others to end too.
_LIMIT_SECONDS = 1.5


def meet_at_end(world: World, code: int, end_all: Callable[[int, str, str], None]) -> None:
    """Return when every rank has ended its script (collective); `end_all` is called when this one ended with an error.

    Ranks that are in an action learn that this one has ended, and raise. With an
    exit code of 0 it then waits for what they do: end too, or end the job.
    """
    where = exit_status.place() or Path(sys.argv[0]).name
    limit = _Limit(_LIMIT_SECONDS) if code else None
    while True:
        try:
            if meet(world, digest({"action": END}), False, END, where, limit).is_equal:
                return
            details = describe(world, {"action": END, "where": where}, code).sides
        except TimeoutError:
            details = "the other ranks are still at work"
        if code:
            end_all(code, f"the script ended with exit code {code} at {where}", details + "\n")


class _Limit:
    """Called while waiting: raises TimeoutError when the time is over."""

    def __init__(self, seconds: float):
        self._until = time.monotonic() + seconds

    def __call__(self) -> None:
        if time.monotonic() > self._until:
            raise TimeoutError

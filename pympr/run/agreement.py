"""Do all ranks run the same program: agree before an action, fail together after a stage."""

import os
import sys
from collections.abc import Mapping
from hashlib import blake2b
from types import FrameType

from pympr.collectives.world import World
from pympr.errors import DivergenceError
from pympr.run import stations
from pympr.run.difference import describe, fold
from pympr.run.failure import Failure, echo, failure_of
from pympr.run.frames import is_our_module
from pympr.run.meeting import meet, share, tell

_STAGE_END = "the end of a stage"


def agree_on(world: World, fields: Mapping[str, str]) -> None:
    """Return when every rank gave the same `fields`; else raise DivergenceError on all ranks. Collective.

    The fields are texts such as the action, the place in the script ("where") and
    the plan; the error names the first that differs, in the order of the lowest
    rank, with the ranks and their place. Costs one allreduce of 24 bytes. Waits as
    long as it takes: the watchdog tells who is missing.

    >>> agree_on(World(None), {"action": "count", "where": "script.py:31"})
    """
    if world.is_solo:
        return
    outcome = meet(world, digest(fields), False, fields.get("action", ""), fields.get("where", ""))
    if not outcome.is_equal:
        raise_difference(world, fields)


def agree_on_folder(world: World, path: str, where: str) -> None:
    """Raise DivergenceError on all ranks when a relative path is not the same file for all; collective.

    >>> agree_on_folder(World(None), "books", "script.py:31")
    """
    folder = "" if os.path.isabs(path) else os.getcwd()
    agree_on(world, {"action": f"opening {path}", "where": where, "working directory": folder})


def fail_together(world: World, error: BaseException | None, context: str = "", where: str = "") -> None:
    """Return when no rank gives an `error`; else raise on all ranks. Collective, for the end of a stage.

    A rank with an error raises that error; the others raise RankError with the
    traceback of the lowest failing rank, its host and its `context` (partition,
    record). When the error's class is a built-in or one of this program, the
    RankError is of that class too, so that `except ValueError` means the same on
    every rank. Costs one 24-byte allreduce when nobody failed.

    >>> fail_together(World(None), None)
    >>> fail_together(World(None), ValueError("odd"))
    Traceback (most recent call last):
    ValueError: odd
    """
    if not world.is_solo:
        _meet_failures(world, error, context, where)
    elif error is not None:
        _mark(error, 0, context)
    if error is not None:
        raise error


def _meet_failures(world: World, error: BaseException | None, context: str, where: str) -> None:
    fields = {"action": _STAGE_END, "where": where}
    outcome = meet(world, digest(fields), error is not None, _STAGE_END, where)
    if not outcome.is_equal:
        raise_difference(world, fields, error)
    if outcome.failing_rank is not None:
        with stations.waiting(_STAGE_END, where):
            _tell_failure(world, error, context, outcome.failing_rank)


def _tell_failure(world: World, error: BaseException | None, context: str, first: int) -> None:
    failed = [rank for rank, sign in enumerate(share(world, b"" if error is None else b"x")) if sign]
    too = f"{fold(failed[1:])} failed too" if len(failed) > 1 else ""
    if error is not None:
        _mark(error, first, "; ".join(filter(None, (context, too))))
    own = b"" if error is None else failure_of(error, world.rank, world.hostname, context).to_bytes()
    failure = Failure.from_bytes(tell(world, own if world.rank == first else b"", first))
    if error is None:
        raise echo(failure, too)


def _mark(error: BaseException, first: int, note: str) -> None:
    """Add to the error what the record cannot tell, and who is to report it."""
    try:
        error.failing_rank = first  # type: ignore[attr-defined]
        if note:
            error.add_note(f"pympr: {note}")
    except Exception:
        pass  # a class may refuse new attributes; the other ranks are told all the same


def raise_difference(world: World, fields: Mapping[str, str], error: BaseException | None = None) -> None:
    """Find what differs and raise DivergenceError on all ranks (collective; for after an unequal meeting)."""
    with stations.waiting(fields.get("action", ""), fields.get("where", "")):
        difference = describe(world, fields)
    divergence = DivergenceError(difference.message)
    divergence.failing_rank = difference.reporting_rank
    divergence.exit_code = difference.exit_code or divergence.exit_code
    raise divergence from error


def call_site(depth: int = 1) -> str:
    """The user's place in the script, "file:line": the first frame that is not pympr's own (a job is the user's)."""
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None and is_our_module(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    if frame is None:
        return ""
    return f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"


def digest(fields: Mapping[str, str]) -> int:
    """64 bits of the fields, the same on every rank and in every process.

    >>> digest({"action": "count"}) == digest({"action": "count"}) != digest({"action": "first"})
    True
    """
    state = blake2b(digest_size=8)
    for name in sorted(fields):
        for text in (name, fields[name]):
            data = text.encode("utf-8", "surrogatepass")
            state.update(len(data).to_bytes(8, "little") + data)
    return int.from_bytes(state.digest(), "little")

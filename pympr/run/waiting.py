"""Who waits for whom, read from the pages of a node's ranks: pure functions of pages and times."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pympr.run.difference import fold
from pympr.run.meeting import END
from pympr.run.pages import Page

_MOST_MISSING = 8
_SILENCE_SECONDS = 3.0


class Stall(NamedTuple):
    """Ranks that wait in one place and the ranks of their node that are elsewhere."""

    waiters: list[Page]
    missing: list[Page]


class Wakefulness:
    """How long an observer has looked without a gap: after being stopped itself it may not judge others by the clock.

    >>> awake = Wakefulness(0.0, gap_seconds=2.0)
    >>> awake.seconds(1.0), awake.seconds(2.5), awake.seconds(60.0), awake.seconds(61.0)
    (1.0, 2.5, 0.0, 1.0)
    """

    def __init__(self, now: float, gap_seconds: float = 2.0):
        self._gap_seconds = gap_seconds
        self._since = self._last = now

    def seconds(self, now: float) -> float:
        """To be called often: the seconds since the last gap between two calls."""
        if now - self._last > self._gap_seconds:
            self._since = now
        self._last = now
        return now - self._since


def find_stall(pages: Sequence[Page], now: float, seconds: float) -> Stall | None:
    """The stall around the lowest waiting rank, once a rank has waited longer than `seconds`; None before.

    Ranks that have just begun to wait are left out; those near the limit count,
    so that all see the same lowest rank, whichever reaches the limit first.
    """
    waiting = [page for page in pages if page.waits and now - page.changed > seconds / 2]
    if not any(now - page.changed > seconds for page in waiting):
        return None
    waiters = [page for page in pages if page.waits and _place(page) == _place(waiting[0])]
    return Stall(waiters, [page for page in pages if page not in waiters])


def is_hanging(stall: Stall, now: float, seconds: float, state_of: Callable[[Page], str]) -> bool:
    """Whether a rank that others wait for has shown nothing new for longer than `seconds`."""
    late = [page for page in stall.missing if now - page.changed > seconds]
    if stall.waiters[0].operation == END:
        # A rank may work as long as it likes after its last action: nothing but shutting down waits for it.
        late = [page for page in late if state_of(page) in ("", "T")]
    return bool(late)


def describe_stall(stall: Stall, now: float, state_of: Callable[[Page], str]) -> str:
    """Who waits where, and what each missing rank was last seen doing."""
    first = stall.waiters[0]
    verb = "waits" if len(stall.waiters) == 1 else "wait"
    text = f"{fold(page.rank for page in stall.waiters)} {verb} in {_place_text(first)} ({_age(now - first.changed)})"
    if not stall.missing:
        return f"{text}; a rank on another node is missing"
    lines = [_describe_missing(page, now, state_of(page)) for page in stall.missing[:_MOST_MISSING]]
    rest = stall.missing[_MOST_MISSING:]
    if rest:
        lines.append(f"  and {fold(page.rank for page in rest)}")
    return "\n".join([f"{text} for", *lines])


def _describe_missing(page: Page, now: float, state: str) -> str:
    verb = "waits in" if page.waits else "has been in"
    text = f"  rank {page.rank} (pid {page.pid}, {page.host}), which {verb} {_place_text(page)}"
    text += f" for {_age(now - page.since)}"
    if page.done or page.total or page.rows:
        text += f", {page.rows:,} rows, {page.done} of {page.total} parts, last progress {_age(now - page.changed)} ago"
    return text + _describe_life(now - page.heartbeat, state)


def _describe_life(silence_seconds: float, state: str) -> str:
    if state == "":
        return ": the process is gone"
    if state == "T":
        return f": stopped by a signal, no sign of life for {_age(silence_seconds)}; `kill -CONT` wakes it"
    if silence_seconds > _SILENCE_SECONDS:
        return f": no sign of life for {_age(silence_seconds)}; in a call that keeps the interpreter to itself?"
    return ""


def _place(page: Page) -> tuple[str, str]:
    return page.operation, page.where


def _place_text(page: Page) -> str:
    stage = f" ({page.stage})" if page.stage else ""
    return f"{page.operation}{stage}" + (f" at {page.where}" if page.where else "")


def _age(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"

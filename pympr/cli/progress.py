"""One line of progress from the ranks' pages."""

from collections import Counter
from collections.abc import Sequence

from pympr.run.pages import Page

_BAR_CHARACTERS = 20


def line(pages: Sequence[Page], elapsed_seconds: float) -> str:
    """What the ranks are doing, as one line without an end; "" when no rank has a page.

    Shows the stage that most ranks are in: its finished parts of all, rows, bytes,
    and the rank that is furthest behind.
    """
    if not pages:
        return ""
    stage = Counter(page.stage for page in pages).most_common(1)[0][0]
    inside = [page for page in pages if page.stage == stage]
    texts = [
        _clock(elapsed_seconds),
        stage or _common_operation(inside),
        *_parts(inside),
        *_amounts(inside),
        *_slowest(inside),
    ]
    return "  ".join(text for text in texts if text)


def _common_operation(pages):
    return Counter(page.operation for page in pages).most_common(1)[0][0]


def _parts(pages: Sequence[Page]) -> list[str]:
    total, done = max(page.total for page in pages), sum(page.done for page in pages)
    if not total:
        return []
    filled = min(_BAR_CHARACTERS, _BAR_CHARACTERS * done // total)
    return [f"[{'#' * filled}{'.' * (_BAR_CHARACTERS - filled)}] {done} of {total} parts"]


def _amounts(pages: Sequence[Page]) -> list[str]:
    rows, size_bytes = sum(page.rows for page in pages), sum(page.bytes for page in pages)
    return ([f"{rows:,} rows"] if rows else []) + ([human_bytes(size_bytes)] if size_bytes else [])


def _slowest(pages: Sequence[Page]) -> list[str]:
    """The one rank that others wait for, or the one with clearly fewer parts."""
    working = [page for page in pages if not page.waits]
    if len(pages) > 1 and len(working) == 1:
        return [f"waiting for rank {working[0].rank}"]
    behind = min(pages, key=lambda page: (page.done, page.rank))
    if len(pages) > 1 and 2 * behind.done * len(pages) < sum(page.done for page in pages):
        return [f"slowest: rank {behind.rank} ({behind.done})"]
    return []


def human_bytes(count: int) -> str:
    """Bytes as a person reads them.

    >>> human_bytes(999), human_bytes(1_500_000), human_bytes(3_000_000_000)
    ('999 B', '1.5 MB', '3.0 GB')
    """
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"

"""How a job ended: launchers change exit codes, so the ranks' own records decide."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pympr.run.difference import fold
from pympr.run.guard import LOST
from pympr.run.pages import Page
from pympr.run.watch import HUNG


class Ending(NamedTuple):
    """What the supervisor saw: the launcher's status, and why it ended the job itself (None: it did not)."""

    status: int
    cut_by: str | None = None
    signal: int = 0


class Verdict(NamedTuple):
    """The exit code and a word for the user ("" when the ranks have said it all)."""

    code: int
    message: str


def judge(ending: Ending, pages: Sequence[Page], folder: Path, is_launched: bool) -> Verdict:
    """The verdict over an ended job; `pages` are the ranks' last ones and `folder` holds their records."""
    if ending.signal:
        return Verdict(128 + ending.signal, f"ended by {signal.Signals(ending.signal).name}")
    if ending.cut_by is not None:
        return Verdict(HUNG, ending.cut_by)
    failure = _read(folder / "failure")
    if failure is not None:
        return Verdict(int(failure.split(" ", 1)[0]), "")
    if is_launched and (folder / "started").exists():
        return _judge_ranks(ending.status, pages, (folder / "complete").exists())
    if ending.status < 0:
        return Verdict(LOST, f"the program was ended by {signal.Signals(-ending.status).name}")
    return Verdict(ending.status, "")


def _judge_ranks(status: int, pages: Sequence[Page], is_complete: bool) -> Verdict:
    if is_complete:
        return Verdict(status if status >= 0 else LOST, "")
    text = f"a rank was lost before the script ended (the launcher said {status})"
    seen = "".join(f"\n  {place}" for place in _last_seen(pages))
    return Verdict(LOST, f"{text}; last seen:{seen}" if seen else text)


def _last_seen(pages: Sequence[Page]) -> list[str]:
    """Where the ranks were last seen, ranks of one place together."""
    places: dict[str, list[int]] = {}
    for page in pages:
        stage = f" ({page.stage})" if page.stage else ""
        where = f" at {page.where}" if page.where else ""
        state = "ended" if page.has_ended else f"{'waiting ' * page.waits}in {page.operation}{stage}{where}"
        places.setdefault(state, []).append(page.rank)
    return [f"{fold(ranks)}: {state}" for state, ranks in places.items()]


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None

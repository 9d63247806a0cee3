"""Whose frame it is: the user's or pympr's."""

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import groupby

_FRAME = re.compile(r'  File "(.+?)", line \d+, in ')
# In an editable install the mapped folders lie beside the package; a job is a script like the user's.
_SPECS = [find_spec(name) for name in ("pympr", "pympr.collectives", "pympr.rma")]
_OURS = tuple(f"{folder}/" for spec in _SPECS if spec for folder in spec.submodule_search_locations or ())
_START = "/cli/program.py"
_JOBS = tuple(f"{folder}jobs/" for folder in _OURS)


def is_our_module(name: str) -> bool:
    """Whether a module is pympr's own.

    >>> is_our_module("pympr.run.session"), is_our_module("pympr.jobs.wordcount"), is_our_module("__main__")
    (True, False, False)
    """
    return name.partition(".")[0] == "pympr" and not name.startswith("pympr.jobs.")


def is_our_file(path: str) -> bool:
    """Whether a file belongs to pympr's own modules, or is code that pympr made."""
    return path.startswith((*_OURS, "<pympr: ")) and not path.startswith(_JOBS)


def fold_frames(lines: list[str], is_expected: bool) -> Iterator[str]:
    """The pieces of a formatted traceback with runs of pympr's frames counted instead of shown.

    They stay when the error arose in them, unless it `is_expected`, one that pympr
    raises on purpose; and all with `PYMPR_FULL_TRACEBACK=1`. What `pympr run` put below
    the program is left out.
    """
    if os.environ.get("PYMPR_FULL_TRACEBACK") != "1":
        lines = _without_start(lines)
    frames = [line for line in lines if _FRAME.match(line)]
    if (
        not frames
        or os.environ.get("PYMPR_FULL_TRACEBACK") == "1"
        or (_is_ours(frames[-1]) and not is_expected)
        or all(map(_is_ours, frames))
    ):
        yield from lines
        return
    for ours, group in groupby(lines, _is_ours):
        if ours:
            count = len(list(group))
            yield f"  ... {count} frame{'s' * (count > 1)} of pympr\n"
        else:
            yield from group


def _without_start(lines: list[str]) -> list[str]:
    started = [place for place, line in enumerate(lines) if _is_ours(line) and _START in line]
    if not started:
        return lines
    rest = lines[started[-1] + 1 :]
    while rest and rest[0].startswith('  File "<frozen runpy>"'):
        del rest[0]
    return lines[: _first_frame(lines)] + rest


def _first_frame(lines: list[str]) -> int:
    return next(place for place, line in enumerate(lines) if _FRAME.match(line))


def _is_ours(line: str) -> bool:
    found = _FRAME.match(line)
    return found is not None and is_our_file(found[1])

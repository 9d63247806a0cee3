"""What the system says about another process of this node."""

import os

from pympr.run.pages import Page, pid_namespace


def state(pid: int) -> str:
    """The state of a process as one letter of /proc ("R", "S", "T" stopped, ...), "" when it is gone, "?" when unknown.

    >>> state(os.getpid()) in ("R", "S", "?")
    True
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            letter = file.read().rpartition(b") ")[2][:1].decode()
    except OSError:
        return _ask_signal(pid)
    return "" if letter in "ZX" else letter


def state_of(page: Page) -> str:
    """The state of the process that wrote a page of this node, "?" where its pid means nothing here."""
    return state(page.pid) if page.pid_namespace == pid_namespace() != 0 else "?"


def _ask_signal(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "?"

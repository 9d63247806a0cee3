"""What the system says about another process of this node."""

import os


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


def _ask_signal(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "?"

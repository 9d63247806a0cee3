"""With which code the script ends, known while MPI still runs.

The interpreter keeps `sys.exit(3)` to itself until it has shut down everything,
MPI included, and shutting down MPI waits for the other ranks. So the code is
read at the only earlier moment: when the interpreter asks the SystemExit for its
`code`, with no Python frame left on the stack.
"""

import gc
import sys
import traceback

from pympr.run.failure import shell_code

_observed: tuple[object, str] | None = None
_is_watching = False


def watch() -> None:
    """Observe the SystemExit that ends the script; further calls do nothing."""
    global _is_watching
    if _is_watching:
        return
    _is_watching = True
    _observe_code()
    _raise_instances()


def status() -> int:
    """The code the script ends with: 0 unless a SystemExit said otherwise or an exception escaped.

    >>> status()
    0
    """
    if _observed is not None:
        return shell_code(_observed[0])
    return 0 if getattr(sys, "last_value", None) is None else 1


def place() -> str:
    """Where the script asked to end, as "file:line", or "" when it ran to its end or the place is unknown."""
    return "" if _observed is None else _observed[1].rpartition("/")[2]


def _observe_code() -> None:
    """Put a property before SystemExit's `code`: the one attribute that the interpreter reads at the end."""
    import ctypes

    members = gc.get_referents(SystemExit.__dict__)[0]
    code = members["code"]

    def get(error: SystemExit) -> object:
        value = code.__get__(error)
        if _is_called_by_interpreter():
            _record(value, error)
        return value

    members["code"] = property(get, code.__set__, code.__delete__, "exit code")
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(SystemExit))


def _is_called_by_interpreter() -> bool:
    try:
        sys._getframe(2)
    except ValueError:
        return True
    return False


def _record(value: object, error: SystemExit) -> None:
    global _observed
    frames = traceback.extract_tb(error.__traceback__)
    _observed = value, f"{frames[-1].filename}:{frames[-1].lineno}" if frames else getattr(error, "place", "")


def _raise_instances() -> None:
    """Before Python 3.12 `sys.exit` sets the bare code, which has no attribute to observe, and no traceback."""
    if sys.version_info >= (3, 12):
        return

    def exit(status=None, /):
        """Exit the interpreter by raising SystemExit(status)."""
        error = SystemExit(status)
        caller = sys._getframe(1)
        error.place = f"{caller.f_code.co_filename}:{caller.f_lineno}"  # type: ignore[attr-defined]
        raise error

    sys.exit = exit

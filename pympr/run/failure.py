"""An exception of one rank as text that every rank can hold, and what the other ranks raise for it."""

import builtins
import json
import sys
import traceback
from typing import Any, NamedTuple

from pympr.errors import DivergenceError, PymprError, RankError
from pympr.run.frames import fold_frames

INTERRUPTED = 130
_MOST_CHARACTERS = 32_768
# Raised by the engine on purpose, about the user's input: its own frames say nothing more.
_EXPECTED = (PymprError, OSError, ValueError, TypeError)


class Failure(NamedTuple):
    """What is known of a failed rank: `classes` are the (module, name) of the exception's class and its bases."""

    rank: int
    host: str
    context: str
    text: str
    classes: list[list[str]]
    exit_code: int
    brief: str = ""

    def to_bytes(self) -> bytes:
        return json.dumps(self._asdict()).encode()

    @staticmethod
    def from_bytes(data: bytes) -> "Failure":
        return Failure(**json.loads(data))


def failure_of(error: BaseException, rank: int, host: str, context: str) -> Failure:
    """Describe `error`; works whatever its arguments, its `__str__` or its length."""
    bases = [[base.__module__, base.__qualname__] for base in type(error).__mro__ if issubclass(base, Exception)]
    return Failure(rank, host, context, format_error(error), bases, exit_code(error), brief(error))


def brief(error: BaseException) -> str:
    """What the exception says without a traceback.

    >>> brief(KeyError("x")), brief(FileNotFoundError("no such file"))
    ("KeyError: 'x'", 'FileNotFoundError: no such file')
    """
    carried = getattr(error, "brief", None)
    if isinstance(error, RankError) and isinstance(carried, str):
        return carried
    try:
        return clip(f"{type(error).__name__}: {error}", 1000)
    except Exception:
        return type(error).__name__


def format_error(error: BaseException) -> str:
    """The traceback as Python prints it, its middle left out when it is longer than 32,768 characters.

    Of pympr's own frames only their number is told, unless the engine itself broke;
    `PYMPR_FULL_TRACEBACK=1` shows all.

    >>> format_error(ValueError("odd"))
    'ValueError: odd\\n'
    """
    try:
        told = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
        text = "".join(fold_frames(list(told.format()), isinstance(error, _EXPECTED)))
    except Exception as problem:
        text = f"{type(error).__qualname__} (its traceback cannot be shown: {type(problem).__name__})\n"
    return clip(text)


def clip(text: str, most: int = _MOST_CHARACTERS) -> str:
    """`text` with its middle left out when it is longer than `most` characters.

    >>> clip("a" * 50 + "b" * 50, 40)
    'aaaaaaaaaa\\n... 60 characters left out ...\\nbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'
    """
    if len(text) <= most:
        return text
    head = most // 4
    return f"{text[:head]}\n... {len(text) - most} characters left out ...\n{text[len(text) - (most - head) :]}"


def exit_code(error: BaseException) -> int:
    """The code that the job ends with when `error` escapes the script.

    >>> exit_code(KeyError("x")), exit_code(KeyboardInterrupt()), exit_code(SystemExit(3))
    (1, 130, 3)
    """
    if isinstance(error, DivergenceError | RankError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return shell_code(error.code) if isinstance(error, SystemExit) else 1


def shell_code(code: object) -> int:
    """What a shell sees of `sys.exit(code)`, but never 0 for a code that is not: 256 becomes 1.

    >>> shell_code(None), shell_code(3), shell_code("no input"), shell_code(256)
    (0, 3, 1, 1)
    """
    if code is None:
        return 0
    if not isinstance(code, int):
        return 1
    return code & 0xFF or int(code != 0)


def echo(failure: Failure, note: str) -> RankError:
    """The exception for the ranks that did not fail, with `failing_rank`, `host`, `exit_code` and `brief`."""
    place = f" in {failure.context}" if failure.context else ""
    also = f" ({note})" if note else ""
    error = _echo_class(failure.classes)(
        f"rank {failure.rank} ({failure.host}) failed{place}{also}:\n{failure.text.rstrip()}"
    )
    error.failing_rank, error.host, error.exit_code = failure.rank, failure.host, failure.exit_code
    error.brief = failure.brief
    return error


def _echo_class(classes: list[list[str]]) -> type[RankError]:
    """RankError and, where it can be, the nearest class of the failed rank's exception that this rank knows too."""
    for module, name in classes:
        found = _find_class(module, name)
        if found is None or issubclass(RankError, found):
            continue
        try:
            twin = type(
                "RankError",
                (RankError, found),
                {"__module__": RankError.__module__, "__init__": _plain_init, "__str__": _plain_str},
            )
            twin("probe")
        except Exception:
            continue
        return twin
    return RankError


def _find_class(module: str, name: str) -> type[Exception] | None:
    home: Any = builtins if module == "builtins" else sys.modules.get(module)
    for part in name.split("."):
        home = getattr(home, part, None)
    return home if isinstance(home, type) and issubclass(home, Exception) else None


def _plain_init(self: BaseException, message: str) -> None:
    self.args = (message,)


def _plain_str(self: BaseException) -> str:
    return str(self.args[0])

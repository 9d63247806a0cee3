"""One rank: an exception that escapes the script is told as on many ranks, without pympr's own frames."""

import sys
import traceback
from types import TracebackType

from pympr.run.failure import format_error
from pympr.run.frames import is_our_file


def install() -> None:
    """Fold pympr's frames in tracebacks of this process; a hook that somebody else put in place stays."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = on_exception


def on_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the exception; one that never was in pympr as Python does, colours included."""
    frames = traceback.walk_tb(trace)
    if any(is_our_file(frame.f_code.co_filename) for frame, _ in frames) and sys.stderr is not None:
        sys.stderr.write(format_error(error))
    else:
        sys.__excepthook__(kind, error, trace)

"""One action at a time: threads take turns, and an action inside an action is an error."""

import threading

from pympr.errors import SessionError


class Turns:
    """A `with` block that one thread at a time is in, and not twice.

    >>> turns = Turns()
    >>> with turns:
    ...     with turns:
    ...         pass
    Traceback (most recent call last):
    pympr.errors.SessionError: an action inside a function of another action: an RDD can be used in the script only; collect what the function needs before, or use join
    """  # noqa: E501

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None
        self.is_over = False

    def refuse_inside(self) -> None:
        """Raise SessionError in a function of an action."""
        if self._thread == threading.get_ident():
            raise SessionError(
                "an action inside a function of another action: an RDD can be used in the script only; "
                "collect what the function needs before, or use join"
            )

    @property
    def are_taken(self) -> bool:
        """Whether a thread is in the block."""
        return self._thread is not None

    def __enter__(self) -> None:
        self.refuse_inside()
        self._lock.acquire()
        if self.is_over:
            self._lock.release()
            raise SessionError("the SparkContext of this RDD was stopped: make the RDD again with the new one")
        self._thread = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._thread = None
        self._lock.release()

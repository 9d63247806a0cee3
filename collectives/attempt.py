"""Steps of a collective that may fail on one rank: the others learn of it before they use anything."""

from collections.abc import Callable
from typing import Any

from pympr.collectives.agree import agree_error, any_failed
from pympr.collectives.world import World
from pympr.errors import RankError


class Attempt:
    """Runs this rank's steps until one raises; the ranks speak about it in `agree` or `refuse`, never in between.

    >>> attempt = Attempt(World(None), None)
    >>> attempt.run(int, "7"), attempt.run(int, "seven"), attempt.run(int, "8")
    (7, None, None)
    >>> attempt.error
    ValueError("invalid literal for int() with base 10: 'seven'")
    """

    def __init__(self, world: World, error: Exception | None):
        self.world = world
        self.error = error

    @property
    def status(self) -> int:
        """0 while this rank is well, else 1."""
        return int(self.error is not None)

    def run(self, step: Callable[..., Any], *arguments: Any) -> Any:
        """`step(*arguments)`, or None when it raises or an earlier step has."""
        if self.error is not None:
            return None
        try:
            return step(*arguments)
        except Exception as error:  # also a MemoryError must not leave the other ranks waiting
            self.error = error
            return None

    def agree(self) -> None:
        """Go on only when every rank is well (collective); otherwise raise on all."""
        if any_failed(self.world, self.error is not None):
            self._raise_failures()

    def refuse(self, failed: bool, other_kind: int = -1) -> None:
        """Raise on all ranks when all know that one `failed`, or which has another kind of rows (-1: none)."""
        if failed:
            self._raise_failures()
        if other_kind >= 0:
            # All have seen the difference before any rank goes on and changes what the others look at.
            any_failed(self.world, True)
            raise ValueError(f"the ranks exchange columns of different specs: rank {other_kind} differs from rank 0")

    def _raise_failures(self) -> None:
        """The own error on a rank that has one, else RankError with all the texts."""
        error = self.error
        told = agree_error(self.world, None if error is None else _text(error))
        if error is None or type(error) is RankError:
            text = "; ".join(f"rank {rank}: {text}" for rank, text in told)
            error = RankError(f"the exchange was given up because of {text}")
        error.failures = told
        raise error


def _text(error: Exception) -> str:
    return str(error) if type(error) is RankError else f"{type(error).__name__}: {error}"

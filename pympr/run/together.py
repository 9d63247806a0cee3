"""Local work that succeeds on all ranks or fails on all."""

from collections.abc import Callable
from typing import TypeVar

from pympr.collectives.world import World
from pympr.run.agreement import fail_together

Result = TypeVar("Result")


class Progress:
    """Where a rank stands in its local work, for the error that may come of it."""

    def __init__(self, task: str) -> None:
        self.task = task
        self.partition: int | None = None

    def __str__(self) -> str:
        return self.task if self.partition is None else f"{self.task}, partition {self.partition}"


def together(world: World, work: Callable[[], Result], progress: Progress | str, where: str = "") -> Result:
    """The result of `work()`, or an error on all ranks when it failed on any; collective."""
    result, error = None, None
    try:
        result = work()
    except Exception as caught:
        error = caught
    fail_together(world, error, str(progress), where)
    return result  # type: ignore[return-value]

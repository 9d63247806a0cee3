"""Functions called for their effect, where the records are."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from pympr.run.actions.action import Run


def foreach_partition(run: Run, function: Callable[[Iterator[Any]], Any]) -> None:
    """`function(iterator of records)` for every partition, on the rank that has it."""

    def call(index: int, blocks: Any) -> None:
        returned = function(chain.from_iterable(block.records() for block in blocks))
        if hasattr(returned, "__next__"):
            for _ in returned:
                pass

    run.each(call)

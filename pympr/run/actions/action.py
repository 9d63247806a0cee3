"""What every action gets: the rows of the last stage, and the way to walk them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block
from pympr.run.rows import Rows


@dataclass(frozen=True)
class Run:
    """One action's view of the engine.

    `walk(work, begin, end)` gives {partition: work(partition, blocks)} for the
    partitions that fell to this rank; collective, as are all actions.
    """

    world: World
    config: Config
    rows: Rows
    walk: Callable[[Callable[[int, Iterator[Block]], Any], int, int], dict[int, Any]]

    def each(self, work: Callable[[int, Iterator[Block]], Any]) -> dict[int, Any]:
        """`walk` over all partitions."""
        return self.walk(work, 0, self.rows.total)

"""Joins by broadcast: few right rows come to all ranks, and the left ones stay where they are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, concat, inside, to_columns
from pympr.plan.wide import Join
from pympr.run.operators.arrange import by_key_group
from pympr.run.rows import Rows
from pympr.stages.cut import Stage, StageInput


@dataclass(frozen=True)
class LeftSide:
    """The stage of a join's left rows, and what the join allows once the right ones are known."""

    stage: int
    may_stay: bool
    may_thin: bool


def left_sides(stages: tuple[Stage, ...]) -> dict[int, LeftSide]:
    """The left side of every join that can use what is known of its right side, by the stage of that."""
    found = {}
    for stage in stages:
        for node in stage.root.walk():
            if isinstance(node, Join) and (node.may_stay or node.may_thin):
                assert isinstance(node.left, StageInput) and isinstance(node.right, StageInput), "sides are moved"
                found[node.right.stage] = LeftSide(node.left.stage, node.may_stay, node.may_thin)
    return found


def in_order(stages: tuple[Stage, ...], lefts: dict[int, LeftSide]) -> list[Stage]:
    """The stages, those left sides right behind their right sides: only the join uses them."""
    later = {left.stage for left in lefts.values()}
    order: list[Stage] = []
    for stage in stages:
        if stage.number not in later:
            order.append(stage)
            if stage.number in lefts:
                order.append(stages[lefts[stage.number].stage])
    return order


class RightSide:
    """All right rows, on every rank; those that are columns are brought by key group once."""

    def __init__(self, rows: Rows, config: Config) -> None:
        self._rows, self._config = rows, config
        self._block: Block | None = None

    def __call__(self) -> Iterator[Block]:
        """The rows, which a function may change."""
        if self._block is None:
            self._block = inside(to_columns(concat(self._all())))
            if isinstance(self._block, ColumnBlock) and len(self._block):
                self._block = by_key_group(self._block, self._config)
        return iter([self._block]) if isinstance(self._block, ColumnBlock) else self._all()

    def _all(self) -> Iterator[Block]:
        return (block for index in range(self._rows.total) for block in self._rows.blocks(index))


def joined(
    left: Rows, right: Rows, config: Config, join: Callable[[Iterator[Block], Iterator[Block]], Any]
) -> Callable[[int], Any]:
    """The blocks of each left partition joined with all right rows."""
    all_right = RightSide(right, config)
    return lambda index: join(left.blocks(index), all_right())

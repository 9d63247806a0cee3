"""What a combine merges: the combiners of single values, as columns."""

from collections.abc import Iterable, Iterator

import numpy as np

from pympr.data.block import Block, ColumnBlock
from pympr.data.column import Column
from pympr.data.schema import is_pair
from pympr.plan.bindings import Bindings
from pympr.plan.wide import LocalCombine
from pympr.run.operators.columns import PIECE_ROWS, pieces
from pympr.run.operators.expressions import Guard, evaluate


def in_pieces(node: LocalCombine, blocks: Iterator[Block]) -> Iterator[Block]:
    """Blocks as they come, or of fewer rows where something is computed of them first."""
    for block in blocks:
        if node.made is None or len(block) <= 2 * PIECE_ROWS:
            yield block
        else:
            yield from pieces(block)
        del block  # the buffer that it looks at can be read into again


def made_of(node: LocalCombine, block: Block) -> Block | None:
    """(key, combiner) of every record, or None where Python has to make them."""
    if node.operation is None or not isinstance(block, ColumnBlock) or not is_pair(block.layout):
        return None
    if not hold(node.bindings):
        return None
    if node.made is None:
        return block
    try:
        return evaluate(node.made, block)
    except Guard:
        return None


def hold(bindings: Iterable[Bindings]) -> bool:
    """Whether all names still mean what they did when the functions were read."""
    return all(found.hold() for found in bindings)


def equal_look_alike(column: Column) -> bool:
    """Whether equal numbers of a column are the same: no NaN and no -0.0.

    >>> from pympr.data.column import FixedColumn
    >>> equal_look_alike(FixedColumn(np.array([0.0, 1.0]))), equal_look_alike(FixedColumn(np.array([-0.0])))
    (True, False)
    """
    values = column.values
    if values.dtype != np.float64:
        return True
    return not bool(np.isnan(values).any()) and not bool((np.signbit(values) & (values == 0)).any())

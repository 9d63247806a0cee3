"""Items of the lines of texts, in one pass over the text; else what the Python function makes of the lines."""

from collections.abc import Iterator
from functools import partial
from itertools import chain

from pympr.data.block import Block, ColumnBlock, ObjectBlock, single_column
from pympr.data.column import BytesColumn
from pympr.native import text
from pympr.plan.narrow import LineItems
from pympr.run.operators.expressions import Guard, evaluate
from pympr.run.operators.fused import run_steps


def line_items(node: LineItems, texts: Iterator[ColumnBlock]) -> Iterator[Block]:
    """A block for every block that holds one text, of whole lines."""
    return map(partial(_of_text, node), texts)


def _of_text(node: LineItems, block: ColumnBlock) -> Block:
    column = block.columns[0]
    data, begin, end = column.data, int(column.starts[0]), int(column.ends[0])
    starts, ends, is_whole = text.line_items(data, node.item.separator.encode(), node.item.index, begin, end)
    if is_whole and node.bindings.hold():
        try:
            return evaluate(node.expression, single_column("string", BytesColumn(data, starts, ends)))
        except Guard:
            pass
    return _by_python(node, single_column("string", BytesColumn(data, *text.lines(data, begin, end)[:2])))


def _by_python(node: LineItems, lines: ColumnBlock) -> Block:
    found = run_steps((("map", node.function),), iter([lines]))
    return ObjectBlock(list(chain.from_iterable(block.records() for block in found)))

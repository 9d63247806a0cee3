"""Steps over columns: project, where, words; each falls back to the Python function it stands for."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import numpy as np

from pympr.data.block import Block, ColumnBlock, ObjectBlock, pair, to_columns
from pympr.data.column import BytesColumn, with_separator
from pympr.data.schema import Leaf, is_pair
from pympr.native import take, text
from pympr.plan.narrow import Project, Where, Words
from pympr.run.operators.expressions import Guard, evaluate
from pympr.run.operators.fused import run_steps


def project(node: Project, blocks: Iterator[Block]) -> Iterator[Block]:
    """The expression's value for every record."""
    return map(partial(_project, node), blocks)


def _project(node: Project, block: Block) -> Block:
    verb = "mapValues" if node.of_values else "map"
    return _columns_or_python(block, partial(evaluate, node.expression), verb, node.function)


def where(node: Where, blocks: Iterator[Block]) -> Iterator[Block]:
    """The records for which the expression is true."""

    def keep(block: ColumnBlock) -> Block:
        mask = evaluate(node.expression, block)
        if mask.layout != Leaf("bool"):
            raise Guard
        index = take.mask_to_index(mask.columns[0].contiguous().view(np.uint8))
        return block if len(index) == len(block) else block.take(index)

    for block in blocks:
        yield _columns_or_python(block, keep, "filter", node.function)


def words(node: Words, blocks: Iterator[Block]) -> Iterator[Block]:
    """The words of every string, or of every pair's string with the pair's key."""
    compute, verb = (_words_of_values, "flatMapValues") if node.of_values else (_words_of, "flatMap")
    for block in blocks:
        yield _columns_or_python(block, compute, verb, node.function)


def _words_of(block: ColumnBlock) -> Block:
    return _cut_words(block)[0]


def _words_of_values(block: ColumnBlock) -> Block:
    if not is_pair(block.layout):
        raise Guard
    found, rows = _cut_words(block.item(1))
    return pair(block.item(0).take(rows), found)


def _cut_words(block: ColumnBlock) -> tuple[ColumnBlock, np.ndarray]:
    """The words, and the row that each is from."""
    if block.layout != Leaf("string"):
        raise Guard
    column = block.columns[0]
    data = with_separator(column, ord(" "))
    edges = np.cumsum(column.ends - column.starts + 1)
    starts, ends = text.words(data, 0, len(data))
    found = ColumnBlock(block.layout, [BytesColumn(data, starts, ends)], len(starts))
    return found, np.searchsorted(edges, starts, side="right")


def _columns_or_python(block: Block, compute: Callable[[ColumnBlock], Block], verb: str, function) -> Block:
    block = to_columns(block)
    if isinstance(block, ColumnBlock):
        try:
            return compute(block)
        except Guard:
            pass
    return ObjectBlock(list(chain.from_iterable(b.records() for b in run_steps(((verb, function),), iter([block])))))

"""Steps over columns: project, where, words; each falls back to the Python function it stands for."""

from itertools import chain
from typing import Callable, Iterator

import numpy as np

from pympr.data.block import Block, ColumnBlock, ObjectBlock, to_columns
from pympr.data.column import BytesColumn, with_separator
from pympr.data.schema import Leaf
from pympr.native import take, text
from pympr.plan.narrow import Project, Where, Words
from pympr.run.operators.expressions import Guard, evaluate
from pympr.run.operators.fused import run_steps


def project(node: Project, blocks: Iterator[Block]) -> Iterator[Block]:
    """The expression's value for every record."""
    verb = "mapValues" if node.preserves else "map"
    for block in blocks:
        yield _columns_or_python(block, lambda b: evaluate(node.expression, b), verb, node.function)


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
    """The words of every string."""
    for block in blocks:
        yield _columns_or_python(block, _words_of, "flatMap", node.function)


def _words_of(block: ColumnBlock) -> Block:
    if block.layout != Leaf("string"):
        raise Guard
    data = with_separator(block.columns[0], ord(" "))
    starts, ends = text.words(data, 0, len(data))
    return ColumnBlock(block.layout, [BytesColumn(data, starts, ends)], len(starts))


def _columns_or_python(block: Block, compute: Callable[[ColumnBlock], Block], verb: str, function) -> Block:
    block = to_columns(block)
    if isinstance(block, ColumnBlock):
        try:
            return compute(block)
        except Guard:
            pass
    return ObjectBlock(list(chain.from_iterable(b.records() for b in run_steps(((verb, function),), iter([block])))))

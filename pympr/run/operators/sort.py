"""Sorting the rows of one partition, stable."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pympr.data.block import Block, ColumnBlock, ObjectBlock, concat, to_columns
from pympr.data.column import FixedColumn
from pympr.data.schema import Leaf
from pympr.native import sort as kernel
from pympr.optimise.symbolic import expression_of
from pympr.plan.expression import Argument, Expression
from pympr.plan.wide import ByRange
from pympr.run.operators.expressions import Guard, evaluate

SORTABLE = ("int64", "float64", "bool", "string", "bytes")


def key_expression(contract: ByRange) -> Expression | None:
    """The column expression of a sort key, or None when it runs as Python."""
    return expression_of(contract.key.call)


def keys_of(contract: ByRange, block: Block) -> Block:
    """The sort keys of a block: one column when they are of one sortable kind, else objects."""
    expression = key_expression(contract)
    if expression is not None and isinstance(block, ColumnBlock):
        try:
            return evaluate(expression, block)
        except Guard:
            pass
    key = contract.key.call
    return to_columns(ObjectBlock([key(record) for record in block.records()]))


def is_typed(keys: Block) -> bool:
    """Whether keys are one column that a kernel can sort as Python would.

    NaN has no place in Python's order; the kernel puts it last.
    """
    return (
        isinstance(keys, ColumnBlock)
        and isinstance(keys.layout, Leaf)
        and (keys.layout.kind in SORTABLE and not keys.layout.nullable)
    )


def sort_rows(contract: ByRange, blocks: Iterator[Block]) -> Iterator[Block]:
    """One block with all rows of a partition in the order of their keys."""
    block = concat(blocks)
    if not len(block):
        return
    if is_own_key(contract) and isinstance(block, ColumnBlock) and block.layout == Leaf("int64"):
        yield _sort_values(block, contract.ascending)
        return
    keys = keys_of(contract, block)
    yield block.take(sort_order(keys, contract.ascending))


def sort_order(keys: Block, ascending: bool) -> np.ndarray:
    """The stable permutation that sorts keys, int64."""
    if not is_typed(keys):
        values = keys.records()
        order = sorted(range(len(values)), key=values.__getitem__, reverse=not ascending)
        return np.array(order, np.int64)
    column: Any = keys.columns[0]
    if isinstance(column, FixedColumn):
        return kernel.sort_permutation(column.contiguous(), descending=not ascending)
    starts, ends = np.ascontiguousarray(column.starts), np.ascontiguousarray(column.ends)
    return kernel.sort_permutation_bytes(column.data, starts, ends, descending=not ascending)


def is_own_key(contract: ByRange) -> bool:
    """Whether records are sorted by themselves."""
    return key_expression(contract) == Argument()


def _sort_values(block: ColumnBlock, ascending: bool) -> ColumnBlock:
    values = block.columns[0].values
    values = values if values.flags.writeable and values.flags.c_contiguous else values.copy()
    kernel.sort_values(values, descending=not ascending)
    return ColumnBlock(block.layout, [FixedColumn(values)], len(values))

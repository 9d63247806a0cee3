"""Column expressions, computed by kernels."""

import functools

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.data.column import BytesColumn, FixedColumn
from pympr.data.convert import columns_of
from pympr.data.schema import Layout, Leaf, Row
from pympr.native import fields
from pympr.plan.expression import (
    Argument,
    Constant,
    Contains,
    Expression,
    Item,
    MakeTuple,
    Negative,
    Not,
    Prefix,
    SplitItem,
)


class Guard(Exception):
    """Python would do something else here: run the block by the Python function."""


def evaluate(expression: Expression, block: ColumnBlock) -> ColumnBlock:
    """The block of the expression's values; raises Guard where the columns do not fit it."""
    return _RULES[type(expression)](expression, block)


def _argument(expression: Argument, block: ColumnBlock) -> ColumnBlock:
    return block


def _constant(expression: Constant, block: ColumnBlock) -> ColumnBlock:
    value = expression.value
    # Of other types equal values may look different: (1,) and (True,), 0.0 and -0.0.
    converted = _one_row(value) if type(value) in (int, str, bytes) else columns_of([value])
    if converted is None:
        raise Guard
    layout, columns = converted
    return ColumnBlock(layout, [_repeat(column, len(block)) for column in columns], len(block))


_one_row = functools.lru_cache(maxsize=64, typed=True)(lambda value: columns_of([value]))


def _repeat(column, length: int):
    if isinstance(column, FixedColumn):
        valid = None if column.valid is None else np.repeat(column.valid, length)
        return FixedColumn(np.ndarray(length, column.values.dtype, column.values, strides=(0,)), valid)
    starts, ends = np.zeros(length, np.int64), np.full(length, len(column.data), np.int64)
    return BytesColumn(column.data, starts, ends)


def _item(expression: Item, block: ColumnBlock) -> ColumnBlock:
    of = evaluate(expression.of, block)
    if not isinstance(of.layout, Row) or expression.position >= len(of.layout.items):
        raise Guard
    return of.item(expression.position)


def _tuple(expression: MakeTuple, block: ColumnBlock) -> ColumnBlock:
    if not expression.items:
        raise Guard
    items = [evaluate(item, block) for item in expression.items]
    layout = Row(tuple(item.layout for item in items))
    return ColumnBlock(layout, [column for item in items for column in item.columns], len(block))


def _string(block: ColumnBlock, *kinds: str) -> BytesColumn:
    layout: Layout = block.layout
    if not isinstance(layout, Leaf) or layout.kind not in kinds or layout.nullable:
        raise Guard
    return block.columns[0]


def _split_item(expression: SplitItem, block: ColumnBlock) -> ColumnBlock:
    of = evaluate(expression.of, block)
    column = _string(of, "string")
    kernel = fields.rsplit_item if expression.from_right else fields.split_item
    separator = expression.separator.encode()
    starts, ends, found = kernel(
        column.data, column.starts, column.ends, separator, expression.maxsplit, expression.index
    )
    if not found.all():
        raise Guard
    return ColumnBlock(of.layout, [BytesColumn(column.data, starts, ends)], len(block))


def _contains(expression: Contains, block: ColumnBlock) -> ColumnBlock:
    column = _string(evaluate(expression.of, block), "string")
    mask = fields.contains(column.data, column.starts, column.ends, expression.needle.encode())
    return ColumnBlock(Leaf("bool"), [FixedColumn(mask.view(np.bool_))], len(block))


def _prefix(expression: Prefix, block: ColumnBlock) -> ColumnBlock:
    of = evaluate(expression.of, block)
    column = _string(of, "bytes")
    ends = np.minimum(column.starts + expression.length, column.ends)
    return ColumnBlock(of.layout, [BytesColumn(column.data, column.starts, ends)], len(block))


def _not(expression: Not, block: ColumnBlock) -> ColumnBlock:
    of = evaluate(expression.of, block)
    if of.layout != Leaf("bool"):
        raise Guard
    return ColumnBlock(of.layout, [FixedColumn(~of.columns[0].values)], len(block))


def _negative(expression: Negative, block: ColumnBlock) -> ColumnBlock:
    of = evaluate(expression.of, block)
    if of.layout not in (Leaf("int64"), Leaf("float64")):
        raise Guard
    values = of.columns[0].contiguous()
    if values.dtype == np.int64 and len(values) and values.min() == np.iinfo(np.int64).min:
        raise Guard
    return ColumnBlock(of.layout, [FixedColumn(-values)], len(block))


_RULES = {
    Argument: _argument,
    Constant: _constant,
    Item: _item,
    MakeTuple: _tuple,
    SplitItem: _split_item,
    Contains: _contains,
    Prefix: _prefix,
    Negative: _negative,
    Not: _not,
}

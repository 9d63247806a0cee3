"""Items and slices of tuples, strings and bytes."""

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.data.schema import Leaf, Row
from pympr.native import fields
from pympr.plan.expression import Operation
from pympr.run.expressions.frame import Guard, fixed, flags, item, kind_of, rows_of, texts
from pympr.run.expressions.strings import with_rest


def item_of(of: ColumnBlock, position: int) -> ColumnBlock:
    """`a[position]`; Guard where Python raises."""
    if isinstance(of.layout, Row):
        return item(of, position)
    if kind_of(of) == "string":
        end = None if position == -1 else position + 1
        found = slice_of(Operation("slice", (), (position, end)), [of], len(of))
        _, starts, ends = rows_of(found)
        if (starts == ends).any():
            raise Guard
        return found
    if kind_of(of) == "bytes":
        data, starts, ends = rows_of(of)
        places = (starts if position >= 0 else ends) + position
        if (places < starts).any() or (places >= ends).any():
            raise Guard
        return fixed("int64", data[places].astype(np.int64))
    raise Guard


def slice_of(operation: Operation, values: list[ColumnBlock], length: int) -> ColumnBlock | None:
    """`a[begin:end]`"""
    of, (begin, end) = values[0], operation.options
    if isinstance(of.layout, Row):
        return _tuple_slice(of, begin, end)
    if kind_of(of) == "string":
        data, starts, ends = rows_of(of)
        starts, ends, done = fields.slice_ascii(data, starts, ends, begin, end)
        return with_rest(operation, values, texts(of.layout, data, starts, ends), done)
    if kind_of(of) == "bytes":
        data, starts, ends = rows_of(of)
        first = starts if begin is None else _byte_places(starts, ends, begin)
        last = ends if end is None else _byte_places(starts, ends, end)
        return texts(of.layout, data, first, np.maximum(first, last))
    raise Guard


def _byte_places(starts: np.ndarray, ends: np.ndarray, bound: int) -> np.ndarray:
    if bound >= 0:
        return starts + np.minimum(ends - starts, bound)
    return ends - np.minimum(ends - starts, -bound)


def _tuple_slice(of: ColumnBlock, begin: int | None, end: int | None) -> ColumnBlock:
    numbers = range(len(of.layout.items))[begin:end]
    if not numbers:
        raise Guard
    items = [of.item(number) for number in numbers]
    return joined(items, len(of))


def joined(items: list[ColumnBlock], length: int) -> ColumnBlock:
    """The block of tuples of items."""
    layout = Row(tuple(part.layout for part in items))
    return ColumnBlock(layout, [column for part in items for column in part.columns], length)


def unpack(operation: Operation, values: list[ColumnBlock], length: int) -> ColumnBlock:
    """One name of `a, b = value`; Guard unless the value has just so many items."""
    position, count = operation.options
    layout = values[0].layout
    if not isinstance(layout, Row) or len(layout.items) != count:
        raise Guard
    return values[0].item(position)


def is_none(operation: Operation, values: list[ColumnBlock], length: int) -> ColumnBlock:
    """`a is None`"""
    layout, column = values[0].layout, values[0].columns[0]
    if not isinstance(layout, Leaf) or (not layout.nullable and layout.kind != "none"):
        return flags(np.zeros(length, np.bool_))
    if layout.kind == "none" or column.valid is None:
        return flags(np.full(length, layout.kind == "none"))
    return flags(column.valid == 0)


TABLE = {"slice": slice_of, "unpack": unpack, "is None": is_none}

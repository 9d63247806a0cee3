"""Values of two sets of rows put together."""

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.data.column import DTYPES, BytesColumn, Column, FixedColumn, mask_of
from pympr.data.schema import Leaf, has_many, leaves, unify
from pympr.run.expressions.frame import Guard


def merge(mask: np.ndarray, chosen: ColumnBlock, others: ColumnBlock) -> ColumnBlock:
    """The values of `chosen` where the mask (bool) is true, of `others` elsewhere, each in their order.

    Guard when no layout holds both, as 1 and 1.0 in one column would not come back as they were.
    """
    layout = unify(chosen.layout, others.layout)
    if layout is None or has_many(layout):
        raise Guard
    columns = []
    sides = zip(leaves(layout), leaves(chosen.layout), leaves(others.layout), chosen.columns, others.columns)
    for leaf, left, right, first, second in sides:
        first, second = _as_leaf(first, left, leaf), _as_leaf(second, right, leaf)
        valid = _scattered(mask, mask_of(first), mask_of(second)) if leaf.nullable else None
        columns.append(_merged(mask, first, second, valid))
    return ColumnBlock(layout, columns, len(mask))


def _as_leaf(column: Column, leaf: Leaf, wanted: Leaf) -> Column:
    if leaf.kind == wanted.kind and (leaf.kind != "none" or column.valid is None):
        return column
    nothing = np.zeros(len(column), np.uint8)
    if wanted.is_variable:
        places = np.zeros(len(column), np.int64)
        return BytesColumn(np.empty(0, np.uint8), places, places, nothing)
    return FixedColumn(np.zeros(len(column), DTYPES[wanted.kind]), nothing)


def _scattered(mask: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    out = np.empty(len(mask), first.dtype)
    out[mask] = first
    out[~mask] = second
    return out


def _merged(mask: np.ndarray, first: Column, second: Column, valid: np.ndarray | None) -> Column:
    if isinstance(first, FixedColumn):
        return FixedColumn(_scattered(mask, first.values, second.values), valid)
    shift = 0
    data = first.data
    if first.data is not second.data:
        first, second = _small(first), _small(second)
        shift, data = len(first.data), np.concatenate([first.data, second.data])
    starts = _scattered(mask, first.starts, second.starts + shift)
    return BytesColumn(data, starts, _scattered(mask, first.ends, second.ends + shift), valid)


def _small(column: BytesColumn) -> BytesColumn:
    """The rows over what of the bytes they need."""
    if len(column) and column.starts[0] == column.starts[-1] and (column.starts == column.starts[0]).all():
        begin, end = int(column.starts[0]), int(column.ends.max())  # one constant, many times
        return BytesColumn(column.data[begin:end], column.starts - begin, column.ends - begin, column.valid)
    return column.compact()

"""The rows that an expression is computed for, and what was computed for them."""

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.data.column import BytesColumn, Column, FixedColumn
from pympr.data.convert import columns_of
from pympr.data.schema import Layout, Leaf, Row
from pympr.plan.expression import Argument, Constant, Expression, Item


class Guard(Exception):
    """Python would do something else here: run the block by the Python function."""


class Frame:
    """Some rows of a block; a value that was computed for more rows is not computed again."""

    def __init__(self, root: ColumnBlock, rows: np.ndarray | None = None, parent: "Frame | None" = None) -> None:
        self._root, self._rows, self._parent = root, rows, parent
        self._index: np.ndarray | None = None
        self._values: dict[int, ColumnBlock] = {}
        self.length = len(root) if rows is None else len(rows)

    def part(self, index: np.ndarray) -> "Frame":
        """The rows at the positions `index` (int64)."""
        part = Frame(self._root, index if self._rows is None else self._rows[index], self)
        part._index = index
        return part

    def find(self, expression: Expression) -> ColumnBlock | None:
        """The value of an expression for these rows when it was computed."""
        value = self._values.get(id(expression))
        if value is None and self._parent is not None:
            value = self._parent.find(expression)
            if value is not None:
                value = self._values[id(expression)] = value.take(self._index)
        return value

    def keep(self, expression: Expression, value: ColumnBlock) -> None:
        """Remember a value; the plan keeps the expression alive."""
        self._values[id(expression)] = value

    def record(self, expression: Expression) -> ColumnBlock | None:
        """The record, or an item of it: only that is gathered. None when it is no such part of these records."""
        found = _part_of(expression, self._root)
        return found if found is None or self._rows is None else found.take(self._rows)


def _part_of(expression: Expression, root: ColumnBlock) -> ColumnBlock | None:
    if isinstance(expression, Argument):
        return root
    if not isinstance(expression, Item):
        return None
    of = _part_of(expression.of, root)
    return None if of is None or not isinstance(of.layout, Row) else item(of, expression.position)


def item(block: ColumnBlock, position: int) -> ColumnBlock:
    """Item `position` of tuples; Guard where Python raises."""
    count = len(block.layout.items)
    if not -count <= position < count:
        raise Guard
    return block.item(position % count)


def constant(expression: Constant) -> ColumnBlock:
    """A block of one row."""
    kept = expression.__dict__.get("_block")
    if kept is None:
        converted = columns_of([expression.value])
        if converted is None:
            raise Guard
        kept = ColumnBlock(*converted, 1)
        object.__setattr__(expression, "_block", kept)
    return kept


def repeated(block: ColumnBlock, length: int) -> ColumnBlock:
    """One row `length` times."""
    return ColumnBlock(block.layout, [_repeat(column, length) for column in block.columns], length)


def _repeat(column: Column, length: int) -> Column:
    valid = None if column.valid is None else np.repeat(column.valid, length)
    if isinstance(column, FixedColumn):
        return FixedColumn(np.broadcast_to(column.values[0], length), valid)
    starts, ends = np.full(length, column.starts[0], np.int64), np.full(length, column.ends[0], np.int64)
    return BytesColumn(column.data, starts, ends, valid)


def fixed(kind: str, values: np.ndarray) -> ColumnBlock:
    """The block of numbers or booleans."""
    return ColumnBlock(Leaf(kind), [FixedColumn(values)], len(values))


def flags(values: np.ndarray) -> ColumnBlock:
    """The block of booleans from a mask (uint8 or bool)."""
    return fixed("bool", values.view(np.bool_))


def texts(layout: Layout, data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> ColumnBlock:
    """The block of strings or bytes."""
    return ColumnBlock(layout, [BytesColumn(data, starts, ends)], len(starts))


def present(block: ColumnBlock) -> ColumnBlock:
    """The same block, not nullable when no null is in it."""
    layout = block.layout
    if not isinstance(layout, Leaf) or not layout.nullable:
        return block
    column = block.columns[0]
    if column.valid is not None and not column.valid.all():
        return block
    if isinstance(column, FixedColumn):
        return ColumnBlock(Leaf(layout.kind), [FixedColumn(column.values)], len(block))
    return ColumnBlock(Leaf(layout.kind), [BytesColumn(column.data, column.starts, column.ends)], len(block))


def kind_of(block: ColumnBlock) -> str:
    """The kind of a leaf without nulls, else ""."""
    layout = block.layout
    return layout.kind if isinstance(layout, Leaf) and not layout.nullable else ""


def rows_of(block: ColumnBlock) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What kernels take of strings: data, starts, ends."""
    column = block.columns[0]
    return column.data, np.ascontiguousarray(column.starts), np.ascontiguousarray(column.ends)

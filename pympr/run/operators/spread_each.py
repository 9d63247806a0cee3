"""What a function makes of every item of a list in a column, without a list being made."""

import numpy as np

from pympr.data.block import ColumnBlock, concat
from pympr.data.column import ManyColumn
from pympr.data.schema import Many
from pympr.plan.expression import Element, Expression
from pympr.plan.narrow import SpreadEach
from pympr.run.expressions.frame import Frame, Guard
from pympr.run.operators.expressions import value_of


class _ItemFrame(Frame):
    """The items of the lists of some records; what does not depend on the item is computed once a record."""

    def __init__(self, items: ColumnBlock, records: Frame, row: np.ndarray) -> None:
        super().__init__(items)
        self._records, self._row = records, row

    def find(self, expression: Expression) -> ColumnBlock | None:
        value = super().find(expression)
        if value is None and not _is_of_item(expression):
            value = value_of(expression, self._records).take(self._row)
            self.keep(expression, value)
        return value


def _is_of_item(expression: Expression) -> bool:
    """Whether the item is among what an expression is computed from."""
    known = expression.__dict__.get("_is_of_item")
    if known is None:
        known = isinstance(expression, Element) or any(map(_is_of_item, expression.operands()))
        object.__setattr__(expression, "_is_of_item", known)
    return known


def spread_each(node: SpreadEach, block: ColumnBlock) -> ColumnBlock:
    """The expressions' values for every item of every record's list, in turn; Guard where Python has to do it."""
    records = Frame(block)
    for check in node.checks:
        value_of(check, records)
    lists = value_of(node.of, records)
    if not isinstance(lists.layout, Many):
        raise Guard
    column = lists.columns[0]
    frame = _ItemFrame(items_of(column), records, np.repeat(np.arange(len(block), dtype=np.int64), column.lengths))
    for step in node.steps:
        value_of(step, frame)
    return in_turn([value_of(item, frame) for item in node.items])


def items_of(column: ManyColumn) -> ColumnBlock:
    """The items of all rows, row after row; without a copy where they lie so."""
    starts, ends = column.starts, column.ends
    if len(starts) and (starts[1:] == ends[:-1]).all():
        return column.items.slice(int(starts[0]), int(ends[-1]))
    return column.items.take(column.places())


def in_turn(parts: list[ColumnBlock]) -> ColumnBlock:
    """The first row of every part, then the second; Guard unless all have one layout."""
    if len(parts) == 1:
        return parts[0]
    if any(part.layout != parts[0].layout for part in parts):
        raise Guard
    places = np.arange(len(parts) * len(parts[0]), dtype=np.int64).reshape(len(parts), len(parts[0]))
    return concat(parts).take(places.T.ravel())

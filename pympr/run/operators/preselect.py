"""Rows that may be among the smallest or largest, found in columns before any record is made."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pympr.data.block import Block, ColumnBlock
from pympr.data.column import FixedColumn
from pympr.data.schema import leaves
from pympr.optimise.symbolic import expression_of
from pympr.plan.expression import Argument, Expression
from pympr.run.operators.expressions import Guard, evaluate


def preselection(key: Callable[[Any], Any] | None, number: int, is_largest: bool) -> Callable[[Block], Block]:
    """A function that drops rows which cannot be among the `number` smallest (or largest) by `key`.

    It looks at the key's first number: a row that comes after `number` others by that
    alone comes after them by the whole key. Order is kept; nothing is dropped where the key
    has no column form or begins with anything but a number.
    """
    expression = Argument() if key is None else expression_of(key)

    def select(block: Block) -> Block:
        leading = None if expression is None else _leading(expression, block)
        if leading is None or not 0 < number < len(leading):
            return block
        return block.take(np.flatnonzero(_may_lead(leading, number, is_largest)))

    return select


def _leading(expression: Expression, block: Block) -> np.ndarray | None:
    """The first number of every row's key."""
    if not isinstance(block, ColumnBlock):
        return None
    try:
        keys = evaluate(expression, block)
    except Guard:
        return None
    column = keys.columns[0]
    if not isinstance(column, FixedColumn) or leaves(keys.layout)[0].nullable:
        return None
    values = column.contiguous()
    has_order = values.dtype != np.float64 or not np.isnan(values).any()
    return values if has_order else None


def _may_lead(values: np.ndarray, number: int, is_largest: bool) -> np.ndarray:
    if is_largest:
        at = len(values) - number
        return values >= np.partition(values, at)[at]
    return values <= np.partition(values, number - 1)[number - 1]

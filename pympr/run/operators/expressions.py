"""Column expressions, computed by kernels, each part for the rows for which Python would compute it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.data.schema import Many, Row
from pympr.native import fields
from pympr.plan.expression import (
    After,
    Argument,
    Both,
    Conditional,
    Constant,
    Contains,
    Either,
    Element,
    Expression,
    Fail,
    Item,
    MakeTuple,
    Operation,
    SplitItem,
)
from pympr.plan.matching import IsMatch, Match, MatchGroup, Piece, PieceCount, Pieces, Substitute
from pympr.run.expressions import by_rows, decimals, matches, numbers, parts, strings
from pympr.run.expressions.frame import Frame, Guard, constant, flags, kind_of, present, repeated, rows_of, texts
from pympr.run.expressions.merge import merge

_TABLE = {**numbers.TABLE, **strings.TABLE, **parts.TABLE, **decimals.TABLE}
_MOST_CHEAP = 12  # steps that are rather computed for all rows than for some
_CHEAP = {*numbers.TABLE, "is None", "not", "bool", "len"} - {"**", *numbers.numbers.FUNCTIONS}


def evaluate(expression: Expression, block: ColumnBlock) -> ColumnBlock:
    """The block of the expression's values; raises Guard where the columns do not fit it."""
    return value_of(expression, Frame(block))


def evaluate_truth(expression: Expression, block: ColumnBlock) -> np.ndarray:
    """Whether the expression's values are true in Python's sense, bool; raises Guard like `evaluate`."""
    return _truth(expression, Frame(block))


def value_of(expression: Expression, frame: Frame) -> ColumnBlock:
    """The expression's values for a frame's rows."""
    if isinstance(expression, Constant):
        return repeated(constant(expression), frame.length)
    value = frame.find(expression)
    if value is None:
        value = _RULES[type(expression)](expression, frame)
        frame.keep(expression, value)
    return value


def _record(expression: Argument, frame: Frame) -> ColumnBlock:
    return frame.record(expression)


def _item(expression: Item, frame: Frame) -> ColumnBlock:
    found = frame.record(expression)
    return parts.item_of(present(value_of(expression.of, frame)), expression.position) if found is None else found


def _tuple(expression: MakeTuple, frame: Frame) -> ColumnBlock:
    if not expression.items:
        raise Guard
    return parts.joined([value_of(item, frame) for item in expression.items], frame.length)


def _split_item(expression: SplitItem, frame: Frame) -> ColumnBlock:
    of = _string(value_of(expression.of, frame))
    kernel = fields.rsplit_item if expression.from_right else fields.split_item
    separator = None if expression.separator is None else expression.separator.encode()
    data = rows_of(of)[0]
    starts, ends, found = kernel(*rows_of(of), separator, expression.maxsplit, expression.index)
    if not found.all():
        raise Guard
    return texts(of.layout, data, starts, ends)


def _string(block: ColumnBlock) -> ColumnBlock:
    block = present(block)
    if kind_of(block) != "string":
        raise Guard
    return block


def _contains(expression: Contains, frame: Frame) -> ColumnBlock:
    of = _string(value_of(expression.of, frame))
    return flags(fields.contains(*rows_of(of), expression.needle.encode()))


def _matching(expression: Any, frame: Frame) -> Any:
    return matches.compute(expression, value_of(expression.of, frame))


def _operation(expression: Operation, frame: Frame) -> ColumnBlock:
    name, of = expression.name, expression.of
    if name in ("not", "bool"):
        return flags(_truth(expression, frame))
    values = [constant(part) if isinstance(part, Constant) else present(value_of(part, frame)) for part in of]
    if all(isinstance(part, Constant) for part in of):
        values = [repeated(value, frame.length) for value in values]
    rule = _TABLE.get(name)
    found = None if rule is None else rule(expression, values, frame.length)
    return by_rows.compute(expression, values, frame.length) if found is None else found


def _conditional(expression: Conditional, frame: Frame) -> ColumnBlock:
    mask = _truth(expression.test, frame)
    if mask.all():
        return value_of(expression.then, frame)
    if not mask.any():
        return value_of(expression.otherwise, frame)
    if _is_cheap(expression) or (_is_ready(expression.then, frame) and _is_ready(expression.otherwise, frame)):
        try:
            return _chosen(mask, value_of(expression.then, frame), value_of(expression.otherwise, frame))
        except Guard:
            object.__setattr__(expression, "_cheap", False)
    then = value_of(expression.then, frame.part(np.flatnonzero(mask)))
    return merge(mask, then, value_of(expression.otherwise, frame.part(np.flatnonzero(~mask))))


def _chosen(mask: np.ndarray, then: ColumnBlock, otherwise: ColumnBlock) -> ColumnBlock:
    """Numbers that were computed for all rows."""
    if then.layout != otherwise.layout or kind_of(then) not in numbers.NUMBERS:
        raise Guard
    values = np.where(mask, then.columns[0].values, otherwise.columns[0].values)
    return ColumnBlock(then.layout, [type(then.columns[0])(values)], len(mask))


def _is_ready(expression: Expression, frame: Frame) -> bool:
    """Whether a value is computed already, or only chosen among such."""
    if isinstance(expression, Constant) or frame.find(expression) is not None:
        return True
    if not isinstance(expression, Conditional):
        return False
    return all(_is_ready(part, frame) for part in expression.operands())


def _is_cheap(expression: Expression) -> bool:
    """Whether the parts are so few and quick that no row is worth sparing."""
    known = expression.__dict__.get("_cheap")
    if known is None:
        waiting, count, known = list(expression.operands()), 0, True
        while waiting and known:
            part = waiting.pop()
            count += 1
            is_quick = isinstance(part, (Argument, Constant, Conditional)) or (
                isinstance(part, Item) and isinstance(part.of, (Argument, Item))
            )
            known = count <= _MOST_CHEAP and (is_quick or (isinstance(part, Operation) and part.name in _CHEAP))
            waiting += part.operands()
        object.__setattr__(expression, "_cheap", known)
    return known


def _both(expression: Both, frame: Frame) -> ColumnBlock:
    return flags(_truth(expression, frame))


def _after(expression: After, frame: Frame) -> ColumnBlock:
    for step in expression.steps:
        value_of(step, frame)
    return value_of(expression.result, frame)


def _fail(expression: Fail, frame: Frame) -> ColumnBlock:
    raise Guard


def _truth(expression: Expression, frame: Frame) -> np.ndarray:
    """The truth of an expression's values, bool."""
    if isinstance(expression, Operation) and expression.name in ("not", "bool"):
        found = _truth(expression.of[0], frame)
        return ~found if expression.name == "not" else found
    if isinstance(expression, (Both, Either)):
        return _truth_of_two(expression.first, expression.second, isinstance(expression, Both), frame)
    if isinstance(expression, Conditional) and expression.otherwise is expression.test:
        return _truth_of_two(expression.test, expression.then, True, frame)
    if isinstance(expression, Conditional) and expression.then is expression.test:
        return _truth_of_two(expression.test, expression.otherwise, False, frame)
    return truth_of(value_of(expression, frame))


def _truth_of_two(first: Expression, second: Expression, is_and: bool, frame: Frame) -> np.ndarray:
    """`first and second`, or `or`; the second only where the first leaves it open."""
    found = _truth(first, frame)
    is_open = found if is_and else ~found
    if not is_open.any():
        return found
    if is_open.all():
        return _truth(second, frame)
    rows = np.flatnonzero(is_open)
    result = found.copy()
    result[rows] = _truth(second, frame.part(rows))
    return result


def truth_of(block: ColumnBlock) -> np.ndarray:
    """bool(value) of every row."""
    if isinstance(block.layout, Row):
        return np.ones(len(block), np.bool_)
    column, leaf = block.columns[0], block.layout
    if isinstance(leaf, Many):
        return column.ends > column.starts
    if leaf.kind == "none":
        return np.zeros(len(block), np.bool_)
    if leaf.is_variable:
        found = column.ends > column.starts
    else:
        found = column.contiguous() if leaf.kind == "bool" else column.values != 0
    return found if not leaf.nullable or column.valid is None else found & (column.valid != 0)


_RULES: dict[type, Callable[..., ColumnBlock]] = {
    Argument: _record,
    Element: _record,
    Item: _item,
    MakeTuple: _tuple,
    SplitItem: _split_item,
    Contains: _contains,
    Operation: _operation,
    Conditional: _conditional,
    Both: _both,
    Either: _both,
    After: _after,
    Fail: _fail,
    **dict.fromkeys((Match, IsMatch, MatchGroup, Pieces, PieceCount, Piece, Substitute), _matching),
}

"""Built-in operations by Python itself, row by row, where no kernel does them: plain values have no side effects."""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.data.convert import columns_of
from pympr.data.schema import Row, has_many, leaves
from pympr.plan.expression import Operation
from pympr.run.expressions.frame import Guard, kind_of

_COMPARISONS = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<<": operator.lshift, ">>": operator.rshift, "neg": operator.neg, "pos": operator.pos, "abs": abs,
    "invert": operator.invert, "getitem": operator.getitem, "len": len, "int": int, "float": float, "str": str,
    "repr": repr, "ascii": ascii, "ord": ord, "chr": chr, "round": round, "format": format,
}  # fmt: skip
_MATH = (
    "sqrt exp log log2 log10 log1p expm1 sin cos tan asin acos atan sinh cosh tanh fabs floor ceil trunc isnan isinf "
    "isfinite"
).split()
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **_COMPARISONS,
    **_OPERATORS,
    **{name: getattr(math, name) for name in _MATH},
}
_FUNCTIONS["slice of"] = lambda of, *bounds: of[slice(*bounds)]
_FUNCTIONS["contains"] = operator.contains
_TYPES = {kind.__name__: kind for kind in (int, float, bool, str, bytes, tuple, list, dict, set, complex, type(None))}


def compute(operation: Operation, values: list[ColumnBlock], length: int) -> ColumnBlock:
    """The operation's value for every row; Guard when Python raises or the results have no columns.

    A value of one row stands for all rows.
    """
    _refuse(operation, values)
    function = _function(operation, kind_of(values[0]))
    columns = [_records(value, length) for value in values]
    try:
        found = columns_of(list(map(function, *columns)))
    except Exception:  # whatever it is, the Python function will raise it
        raise Guard from None
    if found is None:
        raise Guard
    return ColumnBlock(*found, length)


def _refuse(operation: Operation, values: list[ColumnBlock]) -> None:
    if any(has_many(value.layout) for value in values):
        raise Guard
    name, kinds = operation.name, [kind_of(value) for value in values]
    if name.startswith(".") and isinstance(values[0].layout, Row):
        raise Guard  # .count and .index of a tuple ask whether items are the same object
    if name == "contains" and kinds[0] not in ("string", "bytes"):
        raise Guard
    if name in _COMPARISONS and ({"string", "bytes"} <= set(kinds) or any(map(_has_nan_inside, values))):
        raise Guard
    if name == "invert" and kinds[0] != "int64":
        raise Guard  # ~True warns


def _has_nan_inside(value: ColumnBlock) -> bool:
    """A tuple equals itself though there is NaN in it: columns do not tell which NaN is the same object."""
    if not isinstance(value.layout, Row):
        return False
    for leaf, column in zip(leaves(value.layout), value.columns):
        if leaf.kind == "float64" and np.isnan(column.values).any():
            return True
    return False


def _function(operation: Operation, kind: str) -> Callable[..., Any]:
    name, options = operation.name, operation.options
    if name == "in":
        return lambda value: value in options
    if name == "isinstance":
        kinds = tuple(_TYPES[option] for option in options)
        return lambda value: isinstance(value, kinds)
    if name == "fields":
        return lambda text: len(text.rsplit(*options[:2]) if options[2] else text.split(*options[:2]))
    if name == "slice":
        return lambda value: value[options[0] : options[1]]
    if name.startswith(".") and kind in ("string", "bytes"):
        method = getattr(str if kind == "string" else bytes, name[1:], None)
        return method or _refused
    if name.startswith("."):
        return lambda value, *arguments: getattr(value, name[1:])(*arguments)
    if name not in _FUNCTIONS:
        raise Guard
    return _FUNCTIONS[name]


def _refused(*values: Any) -> None:
    """What a method that a type has not does."""
    raise Guard


def _records(value: ColumnBlock, length: int) -> list[Any]:
    records = value.records()
    return records * length if len(records) == 1 else records

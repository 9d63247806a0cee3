"""Arithmetic and comparison of columns; None where it is for Python, row by row."""

from collections.abc import Callable

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.native import characters, numbers
from pympr.plan.expression import Operation
from pympr.run.expressions.frame import Guard, fixed, flags, kind_of, rows_of

NUMBERS = ("int64", "float64", "bool")
Values = list[ColumnBlock]


def arithmetic(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """`a op b` of numbers."""
    kinds = [kind_of(value) for value in values]
    if not set(kinds) <= set(NUMBERS):
        return None
    symbol = operation.name
    if symbol in _BITS:
        return _bits(symbol, kinds, values, length)
    if "float64" in kinds:
        if symbol not in numbers.FLOAT_OPERATIONS:
            return None
        return _made("float64", numbers.float_arithmetic(symbol, *(_as(value, np.float64, length) for value in values)))
    left, right = (_as(value, np.int64, length) for value in values)
    if symbol == "/":
        return _made("float64", numbers.integer_quotient(left, right))
    return _made("int64", numbers.integer_arithmetic(symbol, left, right))


_BITS = {"&": np.bitwise_and, "|": np.bitwise_or, "^": np.bitwise_xor}


def _bits(symbol: str, kinds: list[str], values: Values, length: int) -> ColumnBlock | None:
    if "float64" in kinds:
        return None
    kind, dtype = ("bool", np.bool_) if kinds == ["bool", "bool"] else ("int64", np.int64)
    return fixed(kind, _BITS[symbol](*(_as(value, dtype, length) for value in values)))


def _as(value: ColumnBlock, dtype, length: int) -> np.ndarray:
    """The numbers as a vector of a dtype, as Python converts them; one number stands for all rows."""
    array = value.columns[0].values
    if array.strides == (0,) and len(array) > 1:
        array = array[:1]
    array = array.astype(dtype, copy=False)
    return np.broadcast_to(array[0], length) if len(array) == 1 else array


def _made(kind: str, values: np.ndarray | None) -> ColumnBlock | None:
    return None if values is None else fixed(kind, values)


def unary(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """`-a`, `+a`, `~a`, abs(a)."""
    kind, name = kind_of(values[0]), operation.name
    if kind not in NUMBERS or (name == "invert" and kind != "int64"):
        return None
    array = values[0].columns[0].values
    array = array.astype(np.int64) if kind == "bool" else array
    kind = "int64" if kind == "bool" else kind
    if kind == "int64" and name in ("neg", "abs") and len(array) and array.min() == np.iinfo(np.int64).min:
        raise Guard
    return fixed(kind, _UNARY[name](array))


_UNARY = {"neg": np.negative, "pos": np.positive, "invert": np.invert, "abs": np.abs}
_COMPARE = {
    "<": np.less, "<=": np.less_equal, "==": np.equal, "!=": np.not_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def comparison(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """`a < b` and its kin of numbers, strings or bytes."""
    kinds, symbol = [kind_of(value) for value in values], operation.name
    if kinds in (["string", "string"], ["bytes", "bytes"]):
        order = characters.compare(rows_of(values[0]), rows_of(values[1]), length)
        return flags(_COMPARE[symbol](order, 0))
    if not set(kinds) <= set(NUMBERS):
        return None
    if ("float64" in kinds) == (kinds != ["float64", "float64"]):
        return _mixed(symbol, kinds, values, length)
    dtype = np.float64 if "float64" in kinds else np.int64
    return flags(_COMPARE[symbol](*(_as(value, dtype, length) for value in values)))


def _mixed(symbol: str, kinds: list[str], values: Values, length: int) -> ColumnBlock:
    """An integer and a float: compared exactly; NaN is unequal to all and in no order."""
    if kinds[0] == "float64":
        values, symbol = values[::-1], _TURNED[symbol]
    integers, floats = _as(values[0], np.int64, length), _as(values[1], np.float64, length)
    order = numbers.compare_mixed(integers, floats)
    found = _COMPARE[symbol](order, 0)
    return flags(found if symbol in ("<", "<=", "==", "!=") else found & (order != 2))


def function(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """math.name(a) of numbers."""
    kind, name = kind_of(values[0]), operation.name
    if kind not in NUMBERS:
        return None
    array = values[0].columns[0].values
    if name in ("isnan", "isinf", "isfinite"):
        return flags(getattr(np, name)(array.astype(np.float64)))
    if name == "fabs":
        return fixed("float64", np.abs(array.astype(np.float64)))
    return _made("float64", numbers.float_function(name, array.astype(np.float64, copy=False)))


def whole(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """int, round, floor, ceil or trunc of a number."""
    kind = kind_of(values[0])
    if len(values) != 1 or kind not in NUMBERS:
        return None
    array = values[0].columns[0].values
    if kind != "float64":
        return fixed("int64", array.astype(np.int64, copy=False))
    return _made("int64", numbers.float_to_integer("trunc" if operation.name == "int" else operation.name, array))


def require_numbers(operation: Operation, values: Values, length: int) -> ColumnBlock:
    if not all(kind_of(value) in NUMBERS for value in values):
        raise Guard
    return values[0]


TABLE: dict[str, Callable[[Operation, Values, int], ColumnBlock | None]] = {
    **dict.fromkeys(("+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^"), arithmetic),
    **dict.fromkeys(_UNARY, unary),
    **dict.fromkeys(_COMPARE, comparison),
    **dict.fromkeys((*numbers.FUNCTIONS, "fabs", "isnan", "isinf", "isfinite"), function),
    **dict.fromkeys(("int", "round", "floor", "ceil", "trunc"), whole),
    "numbers": require_numbers,
}

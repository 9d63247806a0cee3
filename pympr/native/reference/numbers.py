"""The definition of the number kernels: Python's own arithmetic, row by row; None where it raises or leaves int64."""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
    "/": operator.truediv, "<<": operator.lshift, ">>": operator.rshift, "**": operator.pow,
}  # fmt: skip
WAYS = {"trunc": math.trunc, "floor": math.floor, "ceil": math.ceil, "round": round}


def arithmetic(symbol: str, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
    """left op right"""
    return [_value(OPERATORS[symbol], a, b) for a, b in zip(left, right, strict=True)]


def compare_mixed(integers: Sequence[int], floats: Sequence[float]) -> list[int]:
    """-1, 0, 1, or 2 for NaN"""
    return [2 if b != b else (a > b) - (a < b) for a, b in zip(integers, floats, strict=True)]


def float_function(name: str, values: Sequence[float]) -> list[float | None]:
    """math.name(value)"""
    return [_value(getattr(math, name), value) for value in values]


def float_to_integer(way: str, values: Sequence[float]) -> list[int | None]:
    """The value made whole"""
    return [_value(WAYS[way], value) for value in values]


def _value(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        value = function(*arguments)
    except (ArithmeticError, ValueError, MemoryError):
        return None
    return None if type(value) is int and not -(2**63) <= value < 2**63 else value

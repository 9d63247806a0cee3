"""Arithmetic of int64 and float64 vectors with Python's results; None where Python does something else.

An operand is a contiguous vector, or one whose stride is 0: the same number for every row.
"""

import numpy as np

from pympr.native.library import BAD, OVERFLOW, check, lib, pointer

INTEGER_OPERATIONS = ("+", "-", "*", "//", "%", "<<", ">>", "**")
FLOAT_OPERATIONS = ("+", "-", "*", "//", "%", "/", "**")
FUNCTIONS = (
    "sqrt", "exp", "log", "log2", "log10", "log1p", "expm1", "sin",
    "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
)  # fmt: skip
WAYS = ("trunc", "floor", "ceil", "round")


def integer_arithmetic(symbol: str, left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """left op right (int64) for an operator of INTEGER_OPERATIONS; None when a row leaves int64 or Python raises.

    None also for a negative exponent, whose power is no integer.

    >>> integer_arithmetic("//", np.array([7, -7]), np.broadcast_to(np.int64(2), 2)).tolist()
    [3, -4]
    >>> integer_arithmetic("+", np.array([2**63 - 1]), np.array([1])) is None
    True
    """
    return _run(lib.pympr_integer_arithmetic, np.int64, left, right, INTEGER_OPERATIONS.index(symbol))


def float_arithmetic(symbol: str, left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """left op right (float64) for an operator of FLOAT_OPERATIONS; None when Python raises in a row.

    None also for a power that is not finite, or of what is not. `//` and `%` are CPython's `_float_div_mod`.

    >>> float_arithmetic("%", np.array([5.5, -5.5]), np.array([2.0, 2.0])).tolist()
    [1.5, 0.5]
    """
    return _run(lib.pympr_float_arithmetic, np.float64, left, right, FLOAT_OPERATIONS.index(symbol))


def integer_quotient(left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """left / right (int64) as float64, rounded once; None for a divisor 0 or numbers beyond 2^53.

    >>> integer_quotient(np.array([1, 6]), np.array([2, 3])).tolist()
    [0.5, 2.0]
    """
    return _run(lib.pympr_integer_quotient, np.float64, left, right)


def compare_mixed(integers: np.ndarray, floats: np.ndarray) -> np.ndarray:
    """-1, 0 or 1 (int8) as an int64 is below, equal to or above a float64, exactly; 2 for NaN.

    >>> compare_mixed(np.array([2**53 + 1, 1]), np.array([2.0**53, np.nan])).tolist()
    [1, 2]
    """
    (left, left_step), (right, right_step) = _operand(integers, np.int64), _operand(floats, np.float64)
    rows = _rows(integers, floats)
    order = np.empty(rows, np.int8)
    arguments = pointer(left, "int64_t *"), left_step, pointer(right, "double *"), right_step, rows
    check(lib.pympr_compare_mixed(pointer(order, "int8_t *"), *arguments), "compare_mixed")
    return order


def float_function(name: str, values: np.ndarray) -> np.ndarray | None:
    """math.name of a float64 vector, by the same C library; None where a value or result is not finite.

    >>> float_function("sqrt", np.array([4.0])).tolist(), float_function("log", np.array([0.0]))
    ([2.0], None)
    """
    values = np.ascontiguousarray(values, np.float64)
    out = np.empty(len(values), np.float64)
    status = lib.pympr_float_function(
        pointer(out, "double *"), pointer(values, "double *"), len(values), FUNCTIONS.index(name)
    )
    return _unless_bad(status, out, "float_function")


def float_to_integer(way: str, values: np.ndarray) -> np.ndarray | None:
    """A float64 vector as int64, made whole by one of WAYS; None when a value does not fit.

    >>> float_to_integer("round", np.array([0.5, 1.5, -2.5])).tolist()
    [0, 2, -2]
    """
    values = np.ascontiguousarray(values, np.float64)
    out = np.empty(len(values), np.int64)
    status = lib.pympr_float_to_integer(
        pointer(out, "int64_t *"), pointer(values, "double *"), len(values), WAYS.index(way)
    )
    return _unless_bad(status, out, "float_to_integer")


def _run(kernel, dtype, left: np.ndarray, right: np.ndarray, *options: int) -> np.ndarray | None:
    rows = _rows(left, right)
    (left, left_step), (right, right_step) = _operand(left, left.dtype), _operand(right, left.dtype)
    out = np.empty(rows, dtype)
    address, source = _ADDRESS[out.dtype], _ADDRESS[left.dtype]
    status = kernel(
        pointer(out, address), pointer(left, source), left_step, pointer(right, source), right_step, rows, *options
    )
    return _unless_bad(status, out, "arithmetic")


_ADDRESS = {np.dtype(np.int64): "int64_t *", np.dtype(np.float64): "double *"}


def _rows(left: np.ndarray, right: np.ndarray) -> int:
    if len(left) != len(right):
        raise ValueError(f"operands must have equal rows, got {len(left)} and {len(right)}")
    return len(left)


def _operand(values: np.ndarray, dtype) -> tuple[np.ndarray, int]:
    if values.dtype != dtype or values.ndim != 1:
        raise TypeError(f"operand must be a 1-d array of {np.dtype(dtype)}, got {values.ndim}-d of {values.dtype}")
    if values.strides == (0,):
        return np.ascontiguousarray(values[:1]), 0
    return np.ascontiguousarray(values), 1


def _unless_bad(status: int, out: np.ndarray, kernel: str) -> np.ndarray | None:
    if status in (BAD, OVERFLOW):
        return None
    check(status, kernel)
    return out

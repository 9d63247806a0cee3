"""Sums of float64 that depend on neither the order of the values nor how partial sums are merged.

What is summed is kept in states: int64 arrays whose last axis has `words(folds)` items. Merging
states is exact, so it is associative and commutative; only finishing rounds, once. A value's bits
lower than 40 * (folds - 1) places below the highest of the largest value's are cut off: the result is within
n * 2**(40 * (1 - folds)) of the largest absolute value, far closer than adding one after the other.
NaN and infinities give what adding gives, except that no sum overflows before its end.

After Ahrens, Demmel and Nguyen, "Algorithms for Efficient Reproducible Floating Point Summation" (2020),
with integers in place of their floating-point bins.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pympr.errors import KernelError
from pympr.native.library import BAD, OVERFLOW, check, ffi, lib, pointer, require

FOLDS = 3  # what a sum has; differences of sums want more
MOST_FOLDS = 6
WIDTH = 40
_CARRY_BITS = 21


def words(folds: int = FOLDS) -> int:
    """How many words of 64 bits a state has.

    >>> words(), words(6)
    (5, 9)
    """
    if not 3 <= folds <= MOST_FOLDS:
        raise ValueError(f"folds must be 3 to {MOST_FOLDS}, got {folds}")
    return 1 + folds + (folds + 2) // 3


def empty_states(count: int, folds: int = FOLDS) -> np.ndarray:
    """States of no values, int64[count, words(folds)].

    >>> finish(empty_states(2)).tolist()
    [0.0, 0.0]
    """
    states = np.empty((count, words(folds)), np.int64)
    _check(lib.pympr_binned_clear(_words(states), count, folds), "binned_clear")
    return states


def add(state: np.ndarray, values: np.ndarray, folds: int = FOLDS) -> None:
    """Add float64 `values` to a state, int64[words(folds)]; OverflowError beyond about 10**12 values.

    >>> state = empty_states(1)[0]
    >>> add(state, np.array([1e17, 1.0, -1e17]))
    >>> finish(state[None]).tolist()
    [1.0]
    """
    require(values, "float64", "values")
    _check(lib.pympr_binned_add(_state(state, folds), pointer(values, "double *"), len(values), folds), "binned_add")


def add_squares(state: np.ndarray, values: np.ndarray, folds: int = FOLDS) -> None:
    """Add the exact squares of float64 `values` to a state.

    >>> state = empty_states(1)[0]
    >>> add_squares(state, np.array([3.0, 4.0]))
    >>> finish(state[None]).tolist()
    [25.0]
    """
    require(values, "float64", "values")
    source = pointer(values, "double *")
    _check(lib.pympr_binned_add_squares(_state(state, folds), source, len(values), folds), "binned_add_squares")


def add_each(states: np.ndarray, ids: np.ndarray | None, values: np.ndarray, folds: int = FOLDS) -> None:
    """Add values[i] to state ids[i], or to state i where `ids` is None.

    >>> states = empty_states(2)
    >>> add_each(states, np.array([1, 0, 1]), np.array([0.5, 2.0, 0.25]))
    >>> finish(states).tolist()
    [2.0, 0.75]
    """
    require(values, "float64", "values")
    _require_ids(ids, len(values), len(states))
    count = len(values)
    ids_at, values_at = pointer(ids, "int64_t *"), pointer(values, "double *")
    status = lib.pympr_binned_add_each(_words(states, folds), len(states), ids_at, values_at, count, folds)
    _check(status, "binned_add_each")


def merge(states: np.ndarray, ids: np.ndarray | None, other: np.ndarray, folds: int = FOLDS) -> None:
    """Merge state other[i] into state ids[i], or into state i where `ids` is None.

    >>> states, other = empty_states(1), empty_states(1)
    >>> add(states[0], np.array([1.0]))
    >>> add(other[0], np.array([2.0]))
    >>> merge(states, None, other)
    >>> finish(states).tolist()
    [3.0]
    """
    _require_ids(ids, len(other), len(states))
    into, at, taken = _words(states, folds), pointer(ids, "int64_t *"), _words(other, folds)
    _check(lib.pympr_binned_merge(into, len(states), at, taken, len(other), folds), "binned_merge")


def finish(states: np.ndarray, folds: int = FOLDS) -> np.ndarray:
    """The value of every state, float64, rounded to nearest even once; 0.0 of no values."""
    out = np.empty(len(states), np.float64)
    status = lib.pympr_binned_finish(pointer(out, "double *"), _words(states, folds), len(states), folds)
    _check(status, "binned_finish")
    return out


def exact(state: np.ndarray, folds: int = FOLDS) -> Fraction | None:
    """What a state holds, not rounded; None where it is not finite.

    >>> state = empty_states(1)[0]
    >>> add(state, np.array([0.5, 0.25]))
    >>> exact(state)
    Fraction(3, 4)
    """
    row = state.tolist()
    window, marks = row[0] & 0xFF, row[0] >> 8 & 0xFF
    if marks & 7:
        return None
    total = 0
    for fold in range(folds):
        packed = (row[1 + folds + fold // 3] & (2**64 - 1)) >> (_CARRY_BITS * (fold % 3))
        carry = (packed & (2**_CARRY_BITS - 1)) - 2 ** (_CARRY_BITS - 1)
        total = (total << WIDTH) + row[1 + fold] + (carry << 62)
    return Fraction(total) * Fraction(2) ** (WIDTH * (window - folds + 1) - 1074)


def _state(state: np.ndarray, folds: int) -> Any:
    require(state, "int64", "state")
    if len(state) != words(folds):
        raise ValueError(f"a state of {folds} folds has {words(folds)} words, got {len(state)}")
    return pointer(state, "int64_t *")


def _words(states: np.ndarray, folds: int | None = None) -> Any:
    if states.dtype != np.int64 or states.ndim != 2 or not states.flags.c_contiguous:
        raise TypeError(f"states must be a contiguous 2-d array of int64, got {states.ndim}-d of {states.dtype}")
    if folds is not None and states.shape[1] != words(folds):
        raise ValueError(f"a state of {folds} folds has {words(folds)} words, got {states.shape[1]}")
    return ffi.from_buffer("int64_t[]", states)


def _require_ids(ids: np.ndarray | None, rows: int, num_states: int) -> None:
    if ids is not None:
        require(ids, "int64", "ids")
    if (num_states if ids is None else len(ids)) != rows:
        raise ValueError(f"{rows} values need as many ids or states, got {num_states if ids is None else len(ids)}")


def _check(status: int, kernel: str) -> None:
    if status == OVERFLOW:
        raise OverflowError("a sum of more than about 10**12 values does not fit its state; sum parts of them")
    if status == BAD:
        raise KernelError(f"{kernel}: an id without a state, or words that are no state of so many folds")
    check(status, kernel)

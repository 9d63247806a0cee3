"""Key columns as the kernels of several columns take them.

A key column is a vector of int64, float64 or bool, or (data, starts, ends); with nulls it is
the pair of that and a uint8 mask, 1 where a row is present.
"""

import numpy as np

from pympr.native.columns import require_bytes, require_valid
from pympr.native.library import require

FIXED = ("int64", "float64", "bool")


def split_mask(column) -> tuple:
    """The arrays of a key column, and its mask or None.

    >>> split_mask((np.array([1, 2]), np.array([1, 0], np.uint8)))
    (array([1, 2]), array([1, 0], dtype=uint8))
    """
    if isinstance(column, tuple) and len(column) == 2:
        return column
    return column, None


def require_column(column, rows: int, name: str) -> tuple:
    """(arrays, mask) of a key column of `rows` rows, else TypeError or ValueError."""
    arrays, valid = split_mask(column)
    if isinstance(arrays, tuple):
        if len(arrays) != 3:
            raise TypeError(f"{name} must be a vector or (data, starts, ends), got a tuple of {len(arrays)}")
        require_bytes(*arrays)
        first = arrays[1]
    else:
        dtype = str(getattr(arrays, "dtype", type(arrays).__name__))
        if dtype not in FIXED:
            raise TypeError(f"{name} must be int64, float64, bool or (data, starts, ends), got {dtype}")
        first = require(arrays, dtype, name)
    if len(first) != rows:
        raise ValueError(f"{name} must have {rows} rows, got {len(first)}")
    require_valid(valid, first)
    return arrays, valid


def take_column(arrays, valid: np.ndarray | None, index: np.ndarray) -> tuple:
    """The rows `index` of a key column; strings stay where they are."""
    if isinstance(arrays, tuple):
        data, starts, ends = arrays
        return (data, starts[index], ends[index]), None if valid is None else valid[index]
    return arrays[index], None if valid is None else valid[index]

"""Checks of columns and outputs that the kernel wrappers share."""

import numpy as np

from pympr.errors import KernelError
from pympr.native.library import require

ITEM_BYTES = (1, 2, 4, 8, 16)
"""Sizes of the items that kernels move without knowing what they are."""


def output(out: np.ndarray | None, rows: int, dtype, name: str = "out") -> np.ndarray:
    """A new array of `rows` items, or `out` when it can take them."""
    if out is None:
        return np.empty(rows, dtype)
    require(out, dtype, name)
    if len(out) != rows:
        raise ValueError(f"{name} must have {rows} rows, got {len(out)}")
    if not out.flags.writeable:
        raise ValueError(f"{name} must be writable")
    return out


def same_rows(first: np.ndarray, second: np.ndarray | None, name: str) -> None:
    """ValueError unless `second` is None or as long as `first`."""
    if second is not None and len(second) != len(first):
        raise ValueError(f"{name} must have {len(first)} rows, got {len(second)}")


def require_valid(valid: np.ndarray | None, values: np.ndarray) -> np.ndarray | None:
    """`valid` itself when it is None or a byte mask over `values`."""
    if valid is not None:
        require(valid, "uint8", "valid")
        same_rows(values, valid, "valid")
    return valid


def require_items(values: np.ndarray) -> None:
    """TypeError unless `values` is a contiguous vector of items of 1, 2, 4, 8 or 16 bytes."""
    dtype = getattr(values, "dtype", np.dtype(object))
    if dtype.hasobject or dtype.itemsize not in ITEM_BYTES:
        found = dtype if isinstance(values, np.ndarray) else type(values).__name__
        raise TypeError(f"values must have items of {ITEM_BYTES} bytes, got {found}")
    require(values, dtype, "values")


def require_bytes(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
    """TypeError or ValueError unless the three arrays form a variable-width column."""
    require(data, "uint8", "data")
    require(starts, "int64", "starts")
    require(ends, "int64", "ends")
    same_rows(starts, ends, "ends")


def bad_row(row: int, data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> KernelError:
    """The error for a row that leaves `data`."""
    return KernelError(f"row {row} is [{starts[row]}, {ends[row]}) outside data of {len(data)} bytes")

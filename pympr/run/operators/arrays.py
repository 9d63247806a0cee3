"""Columns as kernels take and give them."""

from typing import Any

import numpy as np

from pympr.data.column import BytesColumn, Column, FixedColumn


def arrays_of_column(column: Column) -> Any:
    """What kernels take: an array, or (data, starts, ends)."""
    if isinstance(column, FixedColumn):
        return column.contiguous()
    return column.data, np.ascontiguousarray(column.starts), np.ascontiguousarray(column.ends)


def column_of_arrays(arrays: Any, valid: np.ndarray | None = None) -> Column:
    """What kernels give, as a column."""
    return BytesColumn(*arrays, valid) if isinstance(arrays, tuple) else FixedColumn(arrays, valid)

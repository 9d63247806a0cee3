"""The definition of buckets and scatters, in NumPy and plain Python."""

import ctypes
import math
from bisect import bisect_left, bisect_right

import numpy as np


def buckets_from_table(hashes, table) -> list[int]:
    """The table's item at the top bits of each hash."""
    bits = len(table).bit_length() - 1
    return [int(table[int(value) >> 64 - bits]) for value in hashes]


def buckets_by_range(values, splitters, side: str = "left") -> list[int]:
    """The number of splitters below each value; NaN after infinity."""
    bisect = {"left": bisect_left, "right": bisect_right}[side]
    keys = [order_key(value) for value in splitters]
    return [bisect(keys, order_key(value)) for value in values]


def order_key(value) -> tuple:
    """NaN last and equal to itself."""
    is_nan = math.isnan(value)
    return is_nan, 0 if is_nan else value


def histogram(buckets, num: int) -> list[int]:
    """Rows of each bucket."""
    return np.bincount(buckets, minlength=num).tolist()


def scatter_fixed(values, buckets, cursors) -> None:
    """Row by row to its cursor, which advances."""
    for value, bucket in zip(values, buckets, strict=True):
        _write(value.tobytes(), cursors, bucket)


def _write(item: bytes, cursors, bucket: int) -> None:
    ctypes.memmove(int(cursors[bucket]), item, len(item))
    cursors[bucket] += np.uint64(len(item))

"""Ranges of byte strings between sorted splitters."""

from collections.abc import Sequence

import numpy as np

from pympr.native.columns import bad_row, require_bytes
from pympr.native.library import check, lib, pointer


def buckets_by_range_bytes(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, splitters: Sequence[bytes]
) -> np.ndarray:
    """For every row the number of splitters that are less than it, uint32.

    Rows are data[starts[i]:ends[i]]; splitters ascend, in byte order (which is
    code point order for UTF-8). Raises ValueError for splitters out of order and
    KernelError for the first row that leaves `data`.

    >>> data = np.frombuffer(b"aabc", np.uint8)
    >>> buckets_by_range_bytes(data, np.array([0, 1, 3]), np.array([1, 3, 4]), [b"ab"]).tolist()
    [0, 0, 1]
    """
    require_bytes(data, starts, ends)
    outside = np.flatnonzero((starts < 0) | (ends < starts) | (ends > len(data)))
    if len(outside):
        raise bad_row(int(outside[0]), data, starts, ends)
    if any(left > right for left, right in zip(splitters, splitters[1:])):
        raise ValueError("splitters must ascend")
    joined = np.frombuffer(b"".join(splitters), np.uint8)
    edges = np.cumsum([0, *map(len, splitters)], dtype=np.int64)
    buckets = np.empty(len(starts), np.uint32)
    status = lib.pympr_buckets_by_range_bytes(
        pointer(buckets, "uint32_t *"),
        pointer(data, "uint8_t *"),
        pointer(starts, "int64_t *"),
        pointer(ends, "int64_t *"),
        len(starts),
        pointer(joined, "uint8_t *"),
        pointer(edges, "int64_t *"),
        len(splitters),
    )
    check(status, "buckets_by_range_bytes")
    return buckets

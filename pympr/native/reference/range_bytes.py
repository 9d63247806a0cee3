"""Ranges of byte strings, by bisection in Python."""

from bisect import bisect_left

import numpy as np


def buckets_by_range_bytes(data, starts, ends, splitters):
    """For every row the number of splitters that are less than it, uint32."""
    rows = [data[a:b].tobytes() for a, b in zip(starts.tolist(), ends.tolist())]
    return np.array([bisect_left(splitters, row) for row in rows], np.uint32)

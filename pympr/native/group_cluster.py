"""Rows brought near the order of a table's slots before they are added.

When a table is larger than the cache, every row that is added costs a trip to memory. The
rows of a chunk that share the top bits of their hash fall into one part of the table, which stays
in the cache while they are added: three times faster at 10^7 groups, moving the rows included.
"""

import math

import numpy as np

from pympr.native.group_columns import RowsIn
from pympr.native.group_layout import Homes
from pympr.native.partition import buckets_from_table, histogram, scatter_fixed

CHUNK_ROWS = 1 << 22  # more rows a chunk save little and take more scratch memory
LEAST_ROWS = 1 << 18  # moving fewer costs more than it saves
LEAST_TABLE_BYTES = 32 << 20  # below, more rows find their slot in the cache than the moving is worth
BUCKETS = 256
SAMPLE_ROWS = 4096


class Clusters:
    """Chunks of `rows` in the order of parts of a table; within a group the order stays."""

    def __init__(self, rows: RowsIn, seed: int, with_keys: bool):
        self.rows, self.seed, self.with_keys = rows, seed, with_keys
        self._scratch = []

    def chunk(self, begin: int, end: int, homes: Homes) -> RowsIn:
        """Rows begin to end; valid until the next call."""
        self._used, self._range = 0, slice(begin, end)
        hashes = self.rows.hashed(self.seed, begin, end)
        self._buckets = buckets_from_table(homes.stretched(hashes), np.arange(BUCKETS, dtype=np.uint32))
        self._counts = histogram(self._buckets, BUCKETS)
        self._offsets = np.cumsum(self._counts) - self._counts
        return self.rows.rearranged(end - begin, self._move, self._scatter(hashes), self.with_keys)

    def distinct(self, chunk: RowsIn) -> int:
        """About how many keys a chunk has: those of some buckets are as good as all."""
        last = int(np.searchsorted(self._offsets, min(SAMPLE_ROWS, chunk.num_rows - 1), "right")) - 1
        sample = chunk.hashes[: self._offsets[last] + self._counts[last]]
        return len(np.unique(sample)) * np.count_nonzero(self._counts) // np.count_nonzero(self._counts[: last + 1])

    def _move(self, column: np.ndarray) -> np.ndarray:
        return self._scatter(column[self._range])

    def _scatter(self, column: np.ndarray) -> np.ndarray:
        out = self._room(len(column) * column.itemsize).view(column.dtype)
        addresses = out.ctypes.data + self._offsets * column.itemsize
        scatter_fixed(column, self._buckets, addresses.astype(np.uint64))
        return out

    def _room(self, size_bytes: int) -> np.ndarray:
        """The next scratch array: touching new memory costs more than the scatter."""
        if self._used == len(self._scratch):
            self._scratch.append(np.empty(size_bytes, np.uint8))
        self._used += 1
        return self._scratch[self._used - 1][:size_bytes]


def expected_distinct(distinct: int, rows: int, all_rows: int) -> int:
    """How many keys `all_rows` have when the first `rows` have `distinct`, and all keys are as frequent."""
    if distinct >= 0.99 * rows:
        return all_rows
    fewest, most = float(distinct), 64.0 * rows
    for _ in range(40):
        keys = math.sqrt(fewest * most)
        fewest, most = (keys, most) if _seen(keys, rows) < distinct else (fewest, keys)
    return int(_seen(most, all_rows))


def _seen(keys: float, rows: int) -> float:
    """How many of `keys` equally frequent keys are met in `rows` rows."""
    return keys * -math.expm1(-rows / keys)

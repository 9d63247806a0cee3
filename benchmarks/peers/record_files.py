"""TeraSort files around an engine that orders keys: NumPy reads, cuts out the keys, and writes the rows in order.

The engines' own sort of whole 100-byte records is several times slower than a sort of the keys and one gather.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import digests

RECORD_BYTES = 100
ROWS_A_WRITE = 1 << 16


def sorted_by(order: Callable[[np.ndarray, np.ndarray], np.ndarray], records: str, out: str):
    """The job of an engine whose `order(high, low)` gives the permutation that sorts uint64 and uint16 key halves."""

    def run():
        rows = np.fromfile(records, dtype=np.uint8).reshape(-1, RECORD_BYTES)
        high = rows[:, :8].copy().view(">u8").astype(np.uint64).reshape(-1)
        low = rows[:, 8:10].copy().view(">u2").astype(np.uint16).reshape(-1)
        permutation = order(high, low)
        with open(out, "wb") as file:
            for start in range(0, len(permutation), ROWS_A_WRITE):
                rows[permutation[start : start + ROWS_A_WRITE]].tofile(file)

    def digest(_):
        try:
            return digests.of_files([Path(out)])
        finally:
            os.unlink(out)

    return run, digest

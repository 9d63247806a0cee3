"""NumPy, one thread: its sort uses AVX-512 or AVX2; the buffer for the result is made before the clock starts."""

import os
from pathlib import Path

import numpy as np

from benchmarks import digests


def start() -> None:
    pass


def versions() -> str:
    return f"NumPy {np.__version__}"


def sort(keys: str):
    source = np.load(keys)
    result = np.zeros_like(source)

    def run():
        np.copyto(result, source)
        result.sort()
        return result

    return run, digests.of_sequence


def terasort(records: str, out: str):
    def run():
        rows = np.fromfile(records, dtype=np.uint8).reshape(-1, 100)
        high = rows[:, :8].copy().view(">u8").astype(np.uint64).reshape(-1)
        order = np.argsort(high)
        if (sorted_high := high[order])[1:].size and (sorted_high[1:] == sorted_high[:-1]).any():
            low = rows[:, 8:10].copy().view(">u2").astype(np.uint16).reshape(-1)
            order = np.lexsort((low, high))
        with open(out, "wb") as file:
            for start in range(0, len(order), 1 << 16):
                rows[order[start : start + (1 << 16)]].tofile(file)

    def digest(_):
        try:
            return digests.of_files([Path(out)])
        finally:
            os.unlink(out)

    return run, digest

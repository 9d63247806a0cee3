"""NumPy, one thread: its sort uses AVX-512 or AVX2; the buffer for the result is made before the clock starts."""

import numpy as np

from benchmarks import digests
from benchmarks.peers import record_files


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
    return record_files.sorted_by(order, records, out)


def order(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Sort by the first 8 bytes; by all 10 only when two of them are equal."""
    permutation = np.argsort(high)
    ordered = high[permutation]
    return np.lexsort((low, high)) if (ordered[1:] == ordered[:-1]).any() else permutation

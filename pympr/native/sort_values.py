"""Sorting plain values in place, with the rank's threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pympr.native.library import check, ffi, lib, pointer, require

KINDS = {"int64": 0, "float64": 1}
MAX_THREADS = 256
PARALLEL_ROWS = 1 << 17  # below, one thread is done before the others are awake
SAMPLE = 255  # values a part, from which the splitters of the threads are drawn


def sort_values(values: np.ndarray, descending: bool = False) -> np.ndarray:
    """Sort int64 or float64 `values` in place, and return them.

    As a stable sort would: -0.0 and 0.0 stay in their order among themselves, NaN come last (first when
    `descending`; their payloads are not kept). One thread is NumPy's vector sort; several first split the values
    in place at sampled splitters and sort a part each. TypeError for other dtypes, ValueError when read-only.

    >>> sort_values(np.array([3, 1, 2]), descending=True).tolist()
    [3, 2, 1]
    """
    dtype = str(getattr(values, "dtype", type(values).__name__))
    if dtype not in KINDS:
        raise TypeError(f"values must be int64 or float64, got {dtype}")
    require(values, dtype, "values")
    if not values.flags.writeable:
        raise ValueError("values must be writable")
    zeros = _mixed_zeros(values) if dtype == "float64" else None
    _sort_parts(values, KINDS[dtype], threads_for(len(values)))
    if descending:
        check(lib.pympr_sort_reverse(pointer(values, "int64_t *"), len(values)), "sort_reverse")
    if zeros is not None:
        first = np.flatnonzero(values == 0.0)[0]
        values[first : first + len(zeros)] = zeros
    return values


def threads_for(rows: int) -> int:
    """How many threads sorting `rows` rows is worth."""
    return 1 if rows < PARALLEL_ROWS else min(lib.pympr_get_threads(), MAX_THREADS)


def _mixed_zeros(values: np.ndarray) -> np.ndarray | None:
    """The zeros in their order, when a sort could mix up their signs."""
    if lib.pympr_sort_negative_zeros(pointer(values, "double *"), len(values)) == 0:
        return None
    return values[values == 0.0]


def _sort_parts(values: np.ndarray, kind: int, threads: int) -> None:
    if threads == 1:
        values.sort()
        return
    bounds = _split(values, kind, threads)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda begin, end: values[begin:end].sort(), bounds[:-1], bounds[1:]))


def _split(values: np.ndarray, kind: int, threads: int) -> list[int]:
    """Bounds of `threads` parts, no value of one above a value of the next."""
    sample = np.sort(values[:: max(1, len(values) // (threads * SAMPLE))])
    bounds = {0: 0, threads: len(values)}
    ranges = [(0, threads)]
    for begin, end in ranges:
        middle = (begin + end) // 2
        splitter = sample[middle * len(sample) // threads :][:1]
        part = values[bounds[begin] : bounds[end]]
        bounds[middle] = bounds[begin] + _split_at(part, kind, splitter, threads)
        ranges += [(low, high) for low, high in ((begin, middle), (middle, end)) if high - low > 1]
    return [bounds[index] for index in range(threads + 1)]


def _split_at(values: np.ndarray, kind: int, splitter: np.ndarray, threads: int) -> int:
    middle, middles = ffi.new("int64_t *"), np.empty(threads, np.int64)
    status = lib.pympr_sort_split(
        pointer(values, "void *"),
        middle,
        len(values),
        kind,
        pointer(splitter, "void *"),
        pointer(middles, "int64_t *"),
        threads,
    )
    check(status, "sort_split")
    return middle[0]

"""Stable merge of sorted runs that lie one after the other.

The order is that of `pympr.native.sort`; of equal keys, those of the earlier run come first. Run r is rows
offsets[r] to offsets[r + 1]; runs may be empty.
"""

import numpy as np

from pympr.errors import KernelError
from pympr.native.columns import bad_row, require_bytes
from pympr.native.library import BAD, check, ffi, lib, pointer, require
from pympr.native.sort import KINDS, kind_of, sort_permutation, sort_permutation_bytes, sort_values

BYTES = 3
MAX_THREADS = 256
PARALLEL_ROWS = 1 << 17  # below, one thread is done before the others are awake
SAMPLE = 64  # rows a run and part, from which the splitters of the threads are drawn
# By experiment: merging costs the logarithm of the number of runs, and more runs are faster sorted anew.
MAX_MERGED_RUNS = 8
MAX_MERGED_STRING_RUNS = 32


def merge_runs(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """The merged values of ascending runs of int64 or float64, a new array.

    TypeError for other dtypes, ValueError for offsets that do not cut `values` into runs, KernelError for a run
    that merging finds unsorted; more runs than merging is good for are sorted anew.

    >>> merge_runs(np.array([1, 5, 9, 2, 5]), np.array([0, 3, 5])).tolist()
    [1, 2, 5, 5, 9]
    """
    kind = kind_of(values)
    if kind > KINDS["float64"]:
        raise TypeError("values must be int64 or float64, got bool")
    _require_offsets(offsets, len(values))
    if _num_filled(offsets) > MAX_MERGED_RUNS:
        return sort_values(values.copy())
    out = np.empty_like(values)
    _merge(out, _fixed_runs(values, kind, False, offsets), values, None, is_values=True)
    return out


def merge_permutation(values: np.ndarray, offsets: np.ndarray, descending: bool = False) -> np.ndarray:
    """The permutation (int64) that merges sorted runs of int64, float64 or bool values.

    `values[merge_permutation(values, offsets)]` is sorted. Errors as in `merge_runs`.

    >>> merge_permutation(np.array([1, 5, 9, 2, 5]), np.array([0, 3, 5])).tolist()
    [0, 3, 1, 4, 2]
    """
    kind = kind_of(values)
    _require_offsets(offsets, len(values))
    if _num_filled(offsets) > MAX_MERGED_RUNS:
        return sort_permutation(values, descending)
    rows = np.empty(len(values), np.int64)
    _merge(rows, _fixed_runs(values, kind, descending, offsets), values, None)
    return rows


def merge_permutation_bytes(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, offsets: np.ndarray, descending: bool = False
) -> np.ndarray:
    """The permutation (int64) that merges sorted runs of the rows data[starts[i]:ends[i]].

    A tree of losers (D. Knuth, The Art of Computer Programming 3, 5.4.1) over the first bytes behind what all
    rows share; no memory beside the result. KernelError names the first row that leaves `data`; otherwise
    as `merge_runs`.

    >>> data = np.frombuffer(b"acb", np.uint8)
    >>> starts = np.arange(3)
    >>> merge_permutation_bytes(data, starts, starts + 1, np.array([0, 2, 3])).tolist()
    [0, 2, 1]
    """
    require_bytes(data, starts, ends)
    _require_offsets(offsets, len(starts))
    if _num_filled(offsets) > MAX_MERGED_STRING_RUNS:
        return sort_permutation_bytes(data, starts, ends, descending)
    runs, strings, depth, bad = _string_runs(data, starts, ends, descending, offsets)
    status = lib.pympr_merge_strings(depth, bad, runs)
    if status == BAD:
        raise bad_row(bad[0], data, starts, ends)
    check(status, "merge_strings")
    runs.depth = depth[0]
    rows = np.empty(len(starts), np.int64)
    _merge(rows, runs, (data, starts, ends), strings)
    return rows


def _merge(out: np.ndarray, runs, keys, strings, is_values: bool = False) -> None:
    """`strings` is the C struct that `runs` points into, alive as long as this runs."""
    if not len(out):
        return
    cuts = _cuts(runs, keys, len(out))
    parts, bad = len(cuts) - 1, ffi.new("int64_t *")
    scratch = np.empty(parts * 4 * runs.num_runs, np.int64)
    status = lib.pympr_merge(
        pointer(out, "int64_t *"),
        bad,
        runs,
        pointer(cuts, "int64_t *"),
        parts,
        is_values,
        pointer(scratch, "int64_t *"),
    )
    if status == BAD:
        raise KernelError(f"row {bad[0]} is out of order in its run; merge sorted runs only")
    check(status, "merge")


def _cuts(runs, keys, num_rows: int) -> np.ndarray:
    """Where the parts of the threads begin in every run, a row a part, and where they end."""
    offsets = np.frombuffer(ffi.buffer(runs.offsets, 8 * (runs.num_runs + 1)), np.int64)
    parts = 1 if num_rows < PARALLEL_ROWS else min(lib.pympr_get_threads(), MAX_THREADS)
    cuts = np.empty((parts + 1, runs.num_runs), np.int64)
    cuts[0], cuts[-1] = offsets[:-1], offsets[1:]
    if parts > 1:
        sample = np.arange(0, num_rows, max(1, num_rows // (parts * SAMPLE * len(offsets))))
        order = sample[_sort_sample(keys, sample, bool(runs.descending))]
        for part in range(1, parts):
            splitter = int(order[part * len(order) // parts])
            check(lib.pympr_merge_cut(pointer(cuts[part], "int64_t *"), runs, splitter), "merge_cut")
    return cuts


def _sort_sample(keys, rows: np.ndarray, descending: bool) -> np.ndarray:
    if isinstance(keys, tuple):
        data, starts, ends = keys
        return sort_permutation_bytes(data, starts[rows], ends[rows], descending)
    return sort_permutation(keys[rows], descending)


def _fixed_runs(values: np.ndarray, kind: int, descending: bool, offsets: np.ndarray):
    runs = ffi.new("pympr_merge_runs *")
    runs.kind, runs.descending = kind, bool(descending)
    runs.values = pointer(values, "void *")
    runs.offsets, runs.num_runs = pointer(offsets, "int64_t *"), len(offsets) - 1
    return runs


def _string_runs(data, starts, ends, descending: bool, offsets: np.ndarray):
    strings = ffi.new("pympr_sort_strings *")
    strings.data, strings.data_bytes = pointer(data, "uint8_t *"), len(data)
    strings.starts, strings.ends = pointer(starts, "int64_t *"), pointer(ends, "int64_t *")
    strings.n, strings.descending = len(starts), bool(descending)
    runs = ffi.new("pympr_merge_runs *")
    runs.kind, runs.descending, runs.strings = BYTES, bool(descending), strings
    runs.offsets, runs.num_runs = pointer(offsets, "int64_t *"), len(offsets) - 1
    return runs, strings, ffi.new("int64_t *"), ffi.new("int64_t *")


def _num_filled(offsets: np.ndarray) -> int:
    return int(np.count_nonzero(np.diff(offsets)))


def _require_offsets(offsets: np.ndarray, num_rows: int) -> None:
    require(offsets, "int64", "offsets")
    if len(offsets) < 1 or offsets[0] != 0 or offsets[-1] != num_rows or (np.diff(offsets) < 0).any():
        raise ValueError(f"offsets must rise from 0 to {num_rows}, got {offsets}")

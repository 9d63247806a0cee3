"""The stable permutation that sorts a column or several, and sorting plain values in place.

The order: False before True; -0.0 equal to 0.0, every NaN equal and above infinity; strings and bytes by their
bytes, which for UTF-8 is the order of code points, as in Python. `descending` reverses that order and leaves equal
keys as they were, as `sorted(reverse=True)` does. Nulls go to the end, or to the front, in either direction.
"""

import numpy as np

from pympr.native.columns import bad_row, require_bytes, require_valid
from pympr.native.library import BAD, FULL, check, ffi, lib, pointer, require
from pympr.native.masked import require_column, take_column
from pympr.native.sort_values import sort_values, threads_for

__all__ = [
    "is_sorted",
    "is_sorted_bytes",
    "sort_permutation",
    "sort_permutation_bytes",
    "sort_permutation_columns",
    "sort_values",
]

KINDS = {"int64": 0, "float64": 1, "bool": 2}
PAIR = np.dtype([("code", np.uint64), ("row", np.int64)])
COUNT_BITS = 11  # keys that one counting pass orders; its counters stay in the first cache
BUCKET_BITS = 9  # of strings; with more buckets than the first cache has lines, writing is slow
TIE_ROWS = 4096  # a tie is rarely longer, so that a second call is rare


def sort_permutation(
    values: np.ndarray, descending: bool = False, valid: np.ndarray | None = None, nulls_last: bool = True
) -> np.ndarray:
    """The stable permutation (int64) that sorts int64, float64 or bool values.

    Rows where `valid` (uint8) is 0 are null. Key and row are packed into one integer, and NumPy
    sorts those: its vector sort (x86-simd-sort; J. Blacher et al., "Vectorized and performance-portable
    Quicksort", 2022) is faster than radix sort. Keys too wide to pack are finished where they tie. Needs no memory
    beside the result unless keys tie. TypeError for other dtypes.

    >>> sort_permutation(np.array([3.0, 1.0, 3.0, 2.0])).tolist()
    [1, 3, 0, 2]
    >>> sort_permutation(np.array([3.0, 1.0, 3.0, 2.0]), descending=True).tolist()
    [0, 2, 3, 1]
    """
    kind = kind_of(values)
    require_valid(valid, values)
    if valid is None and is_sorted(values, descending):
        return np.arange(len(values))
    low, high, varying = ffi.new("uint64_t *"), ffi.new("uint64_t *"), ffi.new("uint64_t *")
    present = ffi.new("int64_t *")
    address, mask = pointer(values, "void *"), pointer(valid, "uint8_t *")
    check(lib.pympr_sort_window(low, high, varying, present, address, mask, len(values), kind), "sort_window")
    if present[0] == 0:
        return np.arange(len(values))
    shift = (varying[0] & -varying[0]).bit_length() - 1 if varying[0] else 0
    order = ffi.new("pympr_sort_order *", (low[0], high[0], bool(descending), shift))
    if valid is None and (high[0] - low[0]) >> shift < 1 << COUNT_BITS:
        return _count(values, kind, order)
    return _pack_and_sort(values, kind, valid, present[0], order, nulls_last)


def _count(values: np.ndarray, kind: int, order) -> np.ndarray:
    rows, threads = np.empty(len(values), np.int64), threads_for(len(values))
    counts = np.empty(threads << COUNT_BITS, np.int64)
    status = lib.pympr_sort_count(
        pointer(rows, "int64_t *"),
        pointer(values, "void *"),
        len(values),
        kind,
        order,
        pointer(counts, "int64_t *"),
        1 << COUNT_BITS,
        threads,
    )
    check(status, "sort_count")
    return rows


def _pack_and_sort(values, kind, valid, present, order, nulls_last) -> np.ndarray:
    """Present rows and null rows are packed into two parts of the result, and sorted there."""
    rows = np.empty(len(values), np.int64)
    missing = len(values) - present
    packed, nulls = (rows[:present], rows[present:]) if nulls_last else (rows[missing:], rows[:missing])
    index_bits = (len(values) - 1).bit_length()
    key_bits = ((order.high - order.low) >> order.shift).bit_length()
    dropped = max(0, key_bits + index_bits - 63)
    order.shift += dropped
    status = lib.pympr_sort_pack(
        pointer(packed, "int64_t *"),
        pointer(nulls, "int64_t *"),
        pointer(values, "void *"),
        pointer(valid, "uint8_t *"),
        len(values),
        kind,
        order,
        index_bits,
    )
    check(status, "sort_pack")
    sort_values(packed)
    if dropped:
        _sort_ties(packed, values, kind, order.descending, index_bits)
    check(lib.pympr_sort_unpack(pointer(packed, "int64_t *"), present, index_bits), "sort_unpack")
    return rows


def _sort_ties(packed: np.ndarray, values: np.ndarray, kind: int, descending: int, index_bits: int) -> None:
    threads, room = threads_for(len(packed)), TIE_ROWS
    needed = ffi.new("int64_t *")
    while True:
        scratch = np.empty(threads * room * 2, PAIR)
        status = lib.pympr_sort_ties(
            pointer(packed, "int64_t *"),
            needed,
            pointer(values, "void *"),
            len(packed),
            kind,
            descending,
            index_bits,
            pointer(scratch, "void *"),
            room,
            threads,
        )
        if status != FULL:
            return check(status, "sort_ties")
        threads, room = 1, needed[0]


def sort_permutation_bytes(
    data: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    descending: bool = False,
    valid: np.ndarray | None = None,
    nulls_last: bool = True,
) -> np.ndarray:
    """The stable permutation (int64) that sorts the rows data[starts[i]:ends[i]].

    Rows where `valid` (uint8) is 0 are null. Seven bytes at a time from the front: a radix sort of those, then
    of their ties behind the prefix these share (W. Ng and K. Kakehi, "Cache efficient radix sort for string sorting",
    2007); the work is linear in the bytes that tell rows apart. Needs 16 bytes a row and the largest bucket of
    the first bytes beside the result. KernelError names the first row that leaves `data`.

    >>> data = np.frombuffer(b"pearfigpea", np.uint8)
    >>> sort_permutation_bytes(data, np.array([0, 4, 7]), np.array([4, 7, 10])).tolist()
    [1, 2, 0]
    """
    require_bytes(data, starts, ends)
    require_valid(valid, starts)
    strings = _strings(data, starts, ends, descending, valid)
    depth, low, high, bad = (ffi.new(f"{ctype} *") for ctype in ("int64_t", "uint64_t", "uint64_t", "int64_t"))
    codes = np.empty(len(starts), np.uint64)
    status = lib.pympr_sort_bytes_codes(pointer(codes, "uint64_t *"), depth, low, high, bad, strings)
    if status == BAD:
        raise bad_row(bad[0], data, starts, ends)
    check(status, "sort_bytes_codes")
    pairs, bounds = _scatter_codes(codes, strings, low[0], high[0])
    return _finish_buckets(codes.view(np.int64), pairs, bounds, strings, depth[0], nulls_last)


def _scatter_codes(codes: np.ndarray, strings, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs by the topmost bits of their codes, and the bounds of the buckets; the last one holds the nulls."""
    bits = (high - low).bit_length() if low <= high else 0
    bucket_bits = min(bits, BUCKET_BITS, max(1, len(codes).bit_length() - 4))
    buckets, threads = 1 << bucket_bits, threads_for(len(codes))
    pairs, bounds = np.empty(len(codes), PAIR), np.empty(buckets + 2, np.int64)
    counts = np.empty(threads * (buckets + 1), np.int64)
    status = lib.pympr_sort_bytes_scatter(
        pointer(pairs, "void *"),
        pointer(bounds, "int64_t *"),
        pointer(counts, "int64_t *"),
        pointer(codes, "uint64_t *"),
        strings,
        low,
        high,
        bits - bucket_bits,
        buckets,
        threads,
    )
    check(status, "sort_bytes_scatter")
    return pairs, bounds


def _finish_buckets(rows, pairs, bounds, strings, depth: int, nulls_last: bool) -> np.ndarray:
    threads, room = threads_for(len(rows)), int(np.diff(bounds[:-1]).max())
    scratch = np.empty(threads * room, PAIR)
    status = lib.pympr_sort_bytes_finish(
        pointer(rows, "int64_t *"),
        pointer(pairs, "void *"),
        pointer(bounds, "int64_t *"),
        len(bounds) - 2,
        strings,
        depth,
        nulls_last,
        pointer(scratch, "void *"),
        room,
        threads,
    )
    check(status, "sort_bytes_finish")
    return rows


def sort_permutation_columns(columns, num_rows: int, descending=False, nulls_last: bool = True) -> np.ndarray:
    """The stable permutation (int64) that sorts rows by several columns, the first one first.

    Columns are as in `pympr.native.masked`; `descending` is one flag, or one a column. The columns are sorted
    one after the other from the last to the first. ValueError for flags that do not match the columns.

    >>> columns = [np.array([2, 1, 2]), np.array([0.5, 0.5, 0.25])]
    >>> sort_permutation_columns(columns, 3, [True, False]).tolist()
    [2, 0, 1]
    """
    flags = [descending] * len(columns) if isinstance(descending, bool) else list(descending)
    if len(flags) != len(columns):
        raise ValueError(f"descending must be one flag or {len(columns)}, got {len(flags)}")
    rows = np.arange(num_rows)
    pairs = [require_column(column, num_rows, f"column {index}") for index, column in enumerate(columns)]
    for index in reversed(range(len(columns))):
        arrays, valid = pairs[index] if index == len(columns) - 1 else take_column(*pairs[index], rows)
        rows = rows[_sort_column(arrays, valid, flags[index], nulls_last)]
    return rows


def _sort_column(arrays, valid, descending: bool, nulls_last: bool) -> np.ndarray:
    if isinstance(arrays, tuple):
        return sort_permutation_bytes(*arrays, descending, valid, nulls_last)
    return sort_permutation(arrays, descending, valid, nulls_last)


def is_sorted(values: np.ndarray, descending: bool = False) -> bool:
    """Whether int64, float64 or bool values are in the order that `sort_permutation` gives.

    >>> is_sorted(np.array([1, 2, 2])), is_sorted(np.array([1.0, float("nan"), 2.0]))
    (True, False)
    """
    row, kind = ffi.new("int64_t *"), kind_of(values)
    status = lib.pympr_sort_first_unsorted(row, pointer(values, "void *"), len(values), kind, descending)
    check(status, "sort_first_unsorted")
    return row[0] == len(values)


def is_sorted_bytes(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, descending: bool = False) -> bool:
    """Whether the rows data[starts[i]:ends[i]] are in the order that `sort_permutation_bytes` gives.

    >>> is_sorted_bytes(np.frombuffer(b"abab", np.uint8), np.array([0, 2, 0]), np.array([1, 4, 4]))
    True
    """
    require_bytes(data, starts, ends)
    row = ffi.new("int64_t *")
    status = lib.pympr_sort_bytes_first_unsorted(row, _strings(data, starts, ends, descending, None))
    if status == BAD:
        raise bad_row(row[0], data, starts, ends)
    check(status, "sort_bytes_first_unsorted")
    return row[0] == len(starts)


def _strings(data, starts, ends, descending: bool, valid):
    """The C view of a column; the arrays must outlive it."""
    strings = ffi.new("pympr_sort_strings *")
    strings.data, strings.data_bytes = pointer(data, "uint8_t *"), len(data)
    strings.starts, strings.ends = pointer(starts, "int64_t *"), pointer(ends, "int64_t *")
    strings.valid, strings.n = pointer(valid, "uint8_t *"), len(starts)
    strings.descending = bool(descending)
    return strings


def kind_of(values: np.ndarray) -> int:
    """The kernels' number for the dtype of values; TypeError for one that they do not sort."""
    dtype = str(getattr(values, "dtype", type(values).__name__))
    if dtype not in KINDS:
        raise TypeError(f"values must be int64, float64 or bool, got {dtype}")
    require(values, dtype, "values")
    return KINDS[dtype]

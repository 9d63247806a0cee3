"""Rows chosen by index or mask, and variable-width rows laid end to end."""

import numpy as np

from pympr.errors import KernelError
from pympr.native.columns import bad_row, output, require_bytes, require_items, same_rows
from pympr.native.library import BAD, OVERFLOW, check, ffi, lib, pointer, require

PARALLEL_ROWS = 1 << 17
"""Below this one thread does it all: waking the others costs more than they save."""


def take_fixed(values: np.ndarray, index: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Gather values[index]; items have 1, 2, 4, 8 or 16 bytes, the index is int64.

    KernelError names the first index that is not in [0, len(values)); none is counted from
    the end. Rows of a variable-width column are gathered by gathering starts and ends.

    >>> take_fixed(np.array([1.5, 2.5]), np.array([1, 1, 0])).tolist()
    [2.5, 2.5, 1.5]
    """
    require_items(values)
    require(index, "int64", "index")
    out = output(out, len(index), values.dtype)
    bad = ffi.new("int64_t *")
    status = lib.pympr_take_fixed(
        _u8(out), bad, _u8(values), values.dtype.itemsize, len(values), _i64(index), len(index)
    )
    if status == BAD:
        raise KernelError(f"index {index[bad[0]]} at {bad[0]} is not in [0, {len(values)})")
    check(status, "take_fixed")
    return out


def mask_to_index(mask: np.ndarray) -> np.ndarray:
    """List the positions where `mask` (uint8 or bool) is not 0, int64.

    >>> mask_to_index(np.array([0, 1, 1], np.uint8)).tolist()
    [1, 2]
    """
    mask, begins, total = _counted(mask)
    out = np.empty(total, np.int64)
    check(lib.pympr_mask_to_index(_i64(out), _i64(begins), _u8(mask), len(mask), len(begins)), "mask_to_index")
    return out


def filter_fixed(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Keep the items where `mask` (uint8 or bool) is not 0; items have 1, 2, 4, 8 or 16 bytes.

    >>> filter_fixed(np.array([5, 6, 7]), np.array([True, False, True])).tolist()
    [5, 7]
    """
    require_items(values)
    mask, begins, total = _counted(mask)
    same_rows(values, mask, "mask")
    out = np.empty(total, values.dtype)
    check(
        lib.pympr_filter_fixed(
            _u8(out), _i64(begins), _u8(values), values.dtype.itemsize, _u8(mask), len(mask), len(begins)
        ),
        "filter_fixed",
    )
    return out


def lengths_to_offsets(lengths: np.ndarray) -> np.ndarray:
    """Turn lengths int64[n] into offsets int64[n + 1], the first of which is 0.

    KernelError names a length below 0 or the row from which the sum leaves int64.

    >>> lengths_to_offsets(np.array([3, 0, 2])).tolist()
    [0, 3, 3, 5]
    """
    require(lengths, "int64", "lengths")
    offsets = np.empty(len(lengths) + 1, np.int64)
    bad = ffi.new("int64_t *")
    status = lib.pympr_lengths_to_offsets(_i64(offsets), bad, _i64(lengths), len(lengths))
    if status == BAD:
        raise KernelError(f"length {lengths[bad[0]]} of row {bad[0]} is below 0")
    _check_sum(status, bad[0], "lengths_to_offsets")
    return offsets


def compact_bytes(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Copy the rows data[starts[i]:ends[i]] end to end; returns their bytes and offsets int64[n + 1].

    KernelError names the first row that leaves `data`.

    >>> data = np.frombuffer(b"to be or", np.uint8)
    >>> copy, offsets = compact_bytes(data, np.array([6, 0]), np.array([8, 2]))
    >>> copy.tobytes(), offsets.tolist()
    (b'orto', [0, 2, 4])
    """
    require_bytes(data, starts, ends)
    rows = len(starts)
    offsets = np.empty(rows + 1, np.int64)
    bad = ffi.new("int64_t *")
    status = lib.pympr_row_offsets(_i64(offsets), bad, len(data), _i64(starts), _i64(ends), rows)
    if status == BAD:
        raise bad_row(bad[0], data, starts, ends)
    _check_sum(status, bad[0], "row_offsets")
    out = np.empty(offsets[-1], np.uint8)
    check(
        lib.pympr_compact_bytes(
            _u8(out), _i64(offsets), _u8(data), len(data), _i64(starts), _i64(ends), rows, _parts(rows)
        ),
        "compact_bytes",
    )
    return out, offsets


def _counted(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """The mask as uint8, where each thread's part of the chosen rows begins, and how many there are."""
    if isinstance(mask, np.ndarray) and mask.dtype == np.bool_:
        mask = mask.view(np.uint8)
    require(mask, "uint8", "mask")
    counts = np.empty(_parts(len(mask)), np.int64)
    check(lib.pympr_count_mask(_i64(counts), _u8(mask), len(mask), len(counts)), "count_mask")
    return mask, np.cumsum(counts) - counts, int(counts.sum())


def _check_sum(status: int, row: int, kernel: str) -> None:
    if status == OVERFLOW:
        raise KernelError(f"the lengths of the rows up to {row} add up to more than int64 holds")
    check(status, kernel)


def _parts(rows: int) -> int:
    return lib.pympr_get_threads() if rows >= PARALLEL_ROWS else 1


def _u8(array: np.ndarray):
    return pointer(array, "uint8_t *")


def _i64(array: np.ndarray):
    return pointer(array, "int64_t *")

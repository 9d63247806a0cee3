"""Buckets of rows, and rows written to their buckets.

A bucket is a destination: a rank, a partition, a key group. First count what every bucket
gets, then make room, then scatter. All of it is stable: rows of one bucket keep their order.
Cursors are raw addresses as integers, so that rows go straight to other ranks' memory; the
caller answers for them.
"""

import numpy as np

from pympr.errors import KernelError
from pympr.native.columns import output, require_items, same_rows
from pympr.native.library import BAD, check, ffi, lib, pointer, require

PARALLEL_ROWS = 1 << 17
"""Below this one thread does it all: waking the others costs more than they save."""

STREAM_BYTES = 4 << 20
"""From here rows are written past the cache: fewer bytes may be read back from it."""


def buckets_from_table(hashes: np.ndarray, table: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Look up the bucket of every hash: table[hash >> (64 - b)] for a table of 2**b items, uint32.

    >>> table = np.array([7, 7, 9, 9], np.uint32)
    >>> buckets_from_table(np.array([0, 1 << 63], np.uint64), table).tolist()
    [7, 9]
    """
    require(hashes, "uint64", "hashes")
    require(table, "uint32", "table")
    bits = len(table).bit_length() - 1
    if len(table) != 1 << max(bits, 0) or bits > 32:
        raise ValueError(f"table must have a power of two of items, got {len(table)}")
    out = output(out, len(hashes), "uint32")
    check(
        lib.pympr_buckets_from_table(_u32(out), pointer(hashes, "uint64_t *"), len(hashes), _u32(table), bits),
        "buckets_from_table",
    )
    return out


def buckets_by_range(
    values: np.ndarray, splitters: np.ndarray, side: str = "left", out: np.ndarray | None = None
) -> np.ndarray:
    """Count the splitters below every value, uint32.

    `values` and the ascending `splitters` are both int64 or both float64. With side "left" a
    value equal to a splitter belongs below it, with "right" above, as in `numpy.searchsorted`.
    -0.0 equals 0.0; NaN equals NaN and comes after infinity. ValueError when the splitters
    do not ascend.

    >>> buckets_by_range(np.array([1, 5, 9]), np.array([5])).tolist()
    [0, 0, 1]
    >>> buckets_by_range(np.array([1, 5, 9]), np.array([5]), side="right").tolist()
    [0, 1, 1]
    """
    keys = _splitter_keys(values, splitters, side)
    out = output(out, len(values), "uint32")
    check(lib.pympr_buckets_by_range(_u32(out), *_ranges(values, keys)), "buckets_by_range")
    return out


def histogram(buckets: np.ndarray, num: int) -> np.ndarray:
    """Count the rows of each of `num` buckets, int64; KernelError names a bucket beyond.

    >>> histogram(np.array([0, 2, 2], np.uint32), 3).tolist()
    [1, 0, 2]
    """
    return histogram_parts(buckets, num).sum(axis=0)


def histogram_by_range(values: np.ndarray, splitters: np.ndarray, side: str = "left") -> np.ndarray:
    """Count the rows of each bucket of `buckets_by_range` without storing the buckets, int64.

    >>> histogram_by_range(np.array([1, 5, 9]), np.array([5])).tolist()
    [2, 1]
    """
    return histogram_by_range_parts(values, splitters, side).sum(axis=0)


def histogram_parts(buckets: np.ndarray, num: int) -> np.ndarray:
    """`histogram` of each thread's part of the rows, int64[parts, num]."""
    require(buckets, "uint32", "buckets")
    counts = np.empty((_parts(len(buckets)), _buckets(num)), np.int64)
    bad = ffi.new("int64_t *")
    status = lib.pympr_histogram(_i64(counts), bad, _u32(buckets), len(buckets), num, len(counts))
    if status == BAD:
        raise _bad_bucket(bad[0], buckets, num)
    check(status, "histogram")
    return counts


def histogram_by_range_parts(values: np.ndarray, splitters: np.ndarray, side: str = "left") -> np.ndarray:
    """`histogram_by_range` of each thread's part of the rows, int64[parts, num]."""
    keys = _splitter_keys(values, splitters, side)
    parts = _parts(len(values))
    counts = np.empty((parts, len(keys) + 1), np.int64)
    check(lib.pympr_histogram_by_range(_i64(counts), *_ranges(values, keys), parts), "histogram_by_range")
    if len(keys) == len(splitters):
        return counts
    return np.pad(counts, ((0, 0), (0, len(splitters) - len(keys))))


def scatter_fixed(values: np.ndarray, buckets: np.ndarray, cursors: np.ndarray) -> None:
    """Write row i at address cursors[buckets[i]], which advances by the item size.

    Items have 1, 2, 4, 8 or 16 bytes; `cursors` (uint64) comes back advanced. KernelError
    names the first bucket that has no cursor; rows before it may have been written.
    Destinations may share cache lines, and other threads or ranks may write beside them.

    >>> room = np.zeros(3)
    >>> cursors = np.array([room.ctypes.data, room.ctypes.data + 16], np.uint64)
    >>> scatter_fixed(np.array([1.0, 2.0, 3.0]), np.array([1, 0, 0], np.uint32), cursors)
    >>> room.tolist()
    [2.0, 3.0, 1.0]
    """
    require_items(values)
    require(buckets, "uint32", "buckets")
    same_rows(values, buckets, "buckets")
    _require_cursors(cursors)
    item_bytes = values.dtype.itemsize
    part_cursors = _part_cursors(cursors, lambda: histogram_parts(buckets, len(cursors)), len(values), item_bytes)
    bad = ffi.new("int64_t *")
    status = lib.pympr_scatter_fixed(
        _u64(part_cursors),
        bad,
        pointer(values, "uint8_t *"),
        item_bytes,
        _u32(buckets),
        len(values),
        len(cursors),
        len(part_cursors),
        *_scratch(len(cursors), len(part_cursors), values.nbytes),
    )
    if status == BAD:
        raise _bad_bucket(bad[0], buckets, len(cursors))
    check(status, "scatter_fixed")
    cursors[:] = part_cursors[-1]


def scatter_by_range(values: np.ndarray, splitters: np.ndarray, cursors: np.ndarray, side: str = "left") -> None:
    """`scatter_fixed` of int64 or float64 to their `buckets_by_range`, which are not stored.

    There is one cursor more than splitters. Saves writing and reading four bytes a row, and
    with more than one thread counts once more.

    >>> room = np.zeros(3, np.int64)
    >>> cursors = np.array([room.ctypes.data, room.ctypes.data + 16], np.uint64)
    >>> scatter_by_range(np.array([9, 1, 5]), np.array([5]), cursors)
    >>> room.tolist()
    [1, 5, 9]
    """
    keys = _splitter_keys(values, splitters, side)
    _require_cursors(cursors)
    if len(cursors) != len(splitters) + 1:
        raise ValueError(f"cursors must have {len(splitters) + 1} items, one more than splitters, got {len(cursors)}")
    used = cursors[: len(keys) + 1]
    part_cursors = _part_cursors(
        used, lambda: histogram_by_range_parts(values, splitters, side)[:, : len(used)], len(values), 8
    )
    check(
        lib.pympr_scatter_by_range(
            _u64(part_cursors),
            *_ranges(values, keys),
            len(part_cursors),
            *_scratch(len(used), len(part_cursors), values.nbytes),
        ),
        "scatter_by_range",
    )
    used[:] = part_cursors[-1]


def range_keys(values: np.ndarray, splitters: np.ndarray, side: str = "left") -> np.ndarray:
    """Splitters as integers (int64) that kernels compare: on the right of a key is what is above it or equal.

    At most as many as splitters; those that no value can be above of are left out.

    >>> range_keys(np.array([1, 5, 9]), np.array([5])).tolist()
    [6]
    """
    return _splitter_keys(values, splitters, side)


def _splitter_keys(values: np.ndarray, splitters: np.ndarray, side: str) -> np.ndarray:
    """Splitters as integers for a kernel that knows only "right" and only int64.

    On the left of a splitter is on the right of its predecessor's successor; what nothing can
    be above of is dropped.
    """
    if getattr(values, "dtype", None) not in (np.int64, np.float64):
        raise TypeError(f"values must be int64 or float64, got {getattr(values, 'dtype', type(values).__name__)}")
    require(values, str(values.dtype), "values")
    require(splitters, str(values.dtype), "splitters")
    keys = splitters
    if splitters.dtype == np.float64:
        keys = np.empty(len(splitters), np.int64)
        check(lib.pympr_range_keys(_i64(keys), pointer(splitters, "double *"), len(splitters)), "range_keys")
    descents = np.flatnonzero(keys[1:] < keys[:-1])
    if len(descents):
        at = descents[0]
        raise ValueError(f"splitters must ascend, got {splitters[at]} before {splitters[at + 1]} at {at}")
    if side == "right":
        return keys
    if side != "left":
        raise ValueError(f"side must be 'left' or 'right', got {side!r}")
    return keys[keys < np.iinfo(np.int64).max] + 1


def _ranges(values: np.ndarray, keys: np.ndarray) -> tuple:
    return pointer(values, "void *"), values.dtype == np.float64, len(values), _i64(keys), len(keys)


def _part_cursors(cursors: np.ndarray, count, rows: int, item_bytes: int) -> np.ndarray:
    """Where each thread's part begins in each bucket: behind the parts before it."""
    if _parts(rows) == 1:
        return cursors.reshape(1, -1).copy()
    sizes = count() * item_bytes
    return cursors + (np.cumsum(sizes, axis=0) - sizes).astype(np.uint64)


def _scratch(num: int, stages: int, total_bytes: int) -> tuple:
    """The last two arguments of a scatter: memory for the stages, and whether they stream."""
    scratch = np.empty(stages * lib.pympr_scatter_scratch_bytes(num), np.uint8)
    return ffi.from_buffer("uint8_t *", scratch), total_bytes >= STREAM_BYTES


def _parts(rows: int) -> int:
    return lib.pympr_get_threads() if rows >= PARALLEL_ROWS else 1


def _buckets(num: int) -> int:
    if num < 1:
        raise ValueError(f"num must be at least 1, got {num}")
    return num


def _require_cursors(cursors: np.ndarray) -> None:
    require(cursors, "uint64", "cursors")
    _buckets(len(cursors))
    if not cursors.flags.writeable:
        raise ValueError("cursors must be writable")


def _bad_bucket(row: int, buckets: np.ndarray, num: int) -> KernelError:
    return KernelError(f"row {row} has bucket {buckets[row]}, but there are {num} buckets")


def _u32(array: np.ndarray):
    return pointer(array, "uint32_t *")


def _u64(array: np.ndarray):
    return pointer(array, "uint64_t *")


def _i64(array: np.ndarray):
    return pointer(array, "int64_t *")

"""New strings from the rows of string columns: joined end to end, or with parts replaced."""

from collections.abc import Sequence

import numpy as np

from pympr.native import characters
from pympr.native.columns import bad_row, require_bytes
from pympr.native.library import BAD, check, ffi, lib, pointer
from pympr.native.take import lengths_to_offsets

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def join_rows(parts: Sequence[Rows], length: int) -> Rows:
    """Row i of every part, one after the other, as a new column; a part of one row is in every row.

    >>> comma = np.frombuffer(b",", np.uint8), np.array([0]), np.array([1])
    >>> words = np.frombuffer(b"abc", np.uint8), np.array([0, 1]), np.array([1, 3])
    >>> data, starts, ends = join_rows([words, comma], 2)
    >>> bytes(data), starts.tolist(), ends.tolist()
    (b'a,bc,', [0, 2], [2, 5])
    """
    lengths = np.zeros(length, np.int64)
    for data, starts, ends in parts:
        require_bytes(data, starts, ends)
        if len(starts) not in (1, length):
            raise ValueError(f"expected 1 or {length} rows, got {len(starts)}")
        lengths += ends - starts
    offsets = lengths_to_offsets(lengths)
    out, places, bad = np.empty(offsets[-1], np.uint8), offsets[:-1].copy(), ffi.new("int64_t *")
    for data, starts, ends in parts:
        columns = pointer(data, "uint8_t *"), len(data), pointer(starts, "int64_t *"), pointer(ends, "int64_t *")
        step = int(len(starts) == length)
        status = lib.pympr_append_rows(
            pointer(out, "uint8_t *"), pointer(places, "int64_t *"), bad, *columns, step, length
        )
        if status == BAD:
            raise bad_row(bad[0], data, starts, ends)
        check(status, "append_rows")
    return out, offsets[:-1], offsets[1:]


def replace(rows: Rows, old: bytes, new: bytes, limit: int = -1) -> Rows:
    """Take s.replace(old, new, limit) of every row s as a new column; ValueError for an empty `old`.

    >>> data, starts, ends = replace((np.frombuffer(b"abab", np.uint8), np.array([0]), np.array([4])), b"b", b"--")
    >>> bytes(data)
    b'a--a--'
    """
    data, starts, ends = rows
    counts = characters.count(rows, old)
    counts = counts if limit < 0 else np.minimum(counts, limit)
    offsets = lengths_to_offsets(ends - starts + counts * (len(new) - len(old)))
    out = np.empty(offsets[-1], np.uint8)
    texts = ffi.from_buffer(old), len(old), ffi.from_buffer(new or b"\0"), len(new)
    status = lib.pympr_replace_bytes(
        pointer(out, "uint8_t *"), pointer(offsets, "int64_t *"), pointer(data, "uint8_t *"),
        pointer(starts, "int64_t *"), pointer(ends, "int64_t *"), len(starts), *texts, limit,
    )  # fmt: skip
    check(status, "replace_bytes")
    return out, offsets[:-1], offsets[1:]

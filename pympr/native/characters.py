"""Lengths, places, classes and order of the rows of string columns, counted in code points as Python does.

A column is data uint8[], starts int64[n], ends int64[n]; all its rows lie in `data`, else KernelError.
Strings are valid UTF-8.
"""

import numpy as np

from pympr.native.columns import bad_row, require_bytes
from pympr.native.library import BAD, check, ffi, lib, pointer

CLASSES = ("isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower")
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def count_characters(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Take len(s) of every row s, int64.

    >>> count_characters(np.frombuffer("aé".encode(), np.uint8), np.array([0, 1]), np.array([3, 3])).tolist()
    [2, 1]
    """
    counts = np.empty(len(starts), np.int64)
    _run(lib.pympr_count_characters, [pointer(counts, "int64_t *")], (data, starts, ends))
    return counts


def find(rows: Rows, needle: bytes, from_right: bool = False, in_bytes: bool = False) -> np.ndarray:
    """Take s.find(needle), or rfind, of every row s, int64; in bytes from the row's start with `in_bytes`.

    >>> rows = np.frombuffer("éaba".encode(), np.uint8), np.array([0]), np.array([5])
    >>> find(rows, b"a").tolist(), find(rows, b"a", from_right=True, in_bytes=True).tolist(), find(rows, b"c").tolist()
    ([1], [4], [-1])
    """
    places = np.empty(len(rows[1]), np.int64)
    options = ffi.from_buffer(needle or b"\0"), len(needle), from_right, in_bytes
    _run(lib.pympr_find_bytes, [pointer(places, "int64_t *")], rows, *options)
    return places


def count(rows: Rows, needle: bytes) -> np.ndarray:
    """Take s.count(needle) of every row s, int64; ValueError for an empty needle.

    >>> count((np.frombuffer(b"aaa", np.uint8), np.array([0]), np.array([3])), b"aa").tolist()
    [1]
    """
    if not needle:
        raise ValueError("empty needle")
    counts = np.empty(len(rows[1]), np.int64)
    options = ffi.from_buffer(needle), len(needle)
    _run(lib.pympr_count_bytes, [pointer(counts, "int64_t *")], rows, *options)
    return counts


def classify(rows: Rows, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Take s.name() of every row s for a name of CLASSES, as (uint8, done).

    done (uint8) is 0 where characters beyond ASCII leave it open.

    >>> [column.tolist() for column in classify((np.frombuffer(b"1a", np.uint8), np.array([0, 0]), np.array([1, 2])), "isdigit")]
    [[1, 0], [1, 1]]
    """  # noqa: E501
    matches, done = np.empty(len(rows[1]), np.uint8), np.empty(len(rows[1]), np.uint8)
    outputs = [pointer(matches, "uint8_t *"), pointer(done, "uint8_t *")]
    _run(lib.pympr_classify, outputs, rows, CLASSES.index(name))
    return matches, done


def compare(left: Rows, right: Rows, length: int) -> np.ndarray:
    """-1, 0 or 1 (int8) as the left row is below, equal to or above the right one, in Python's order.

    A column of one row is compared with all `length` rows of the other.

    >>> rows = np.frombuffer(b"abac", np.uint8), np.array([0, 2]), np.array([2, 4])
    >>> compare(rows, (np.frombuffer(b"ab", np.uint8), np.array([0]), np.array([2])), 2).tolist()
    [0, 1]
    """
    order = np.empty(length, np.int8)
    sides = []
    for data, starts, ends in (left, right):
        require_bytes(data, starts, ends)
        if len(starts) not in (1, length):
            raise ValueError(f"expected 1 or {length} rows, got {len(starts)}")
        if len(starts) and (starts.min() < 0 or ends.max() > len(data)):
            raise bad_row(int(np.argmax((starts < 0) | (ends > len(data)))), data, starts, ends)
        sides += [pointer(data, "uint8_t *"), pointer(starts, "int64_t *"), pointer(ends, "int64_t *")]
        sides.append(int(len(starts) == length))
    check(lib.pympr_compare_bytes(pointer(order, "int8_t *"), *sides, length), "compare_bytes")
    return order


def _run(kernel, outputs: list, rows: Rows, *options) -> None:
    data, starts, ends = rows
    require_bytes(data, starts, ends)
    bad = ffi.new("int64_t *")
    columns = pointer(data, "uint8_t *"), len(data), pointer(starts, "int64_t *"), pointer(ends, "int64_t *")
    status = kernel(*outputs, bad, *columns, len(starts), *options)
    if status == BAD:
        raise bad_row(bad[0], data, starts, ends)
    check(status, "characters")

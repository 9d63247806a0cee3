"""Python's string methods over string columns, as views where a method returns a part.

A column is data uint8[], starts int64[n], ends int64[n]; all its rows, null ones too, lie in
`data`, else KernelError. Strings are valid UTF-8. The kernels use the threads of `library`.
"""

import numpy as np

from pympr.native.columns import bad_row, require_bytes
from pympr.native.library import BAD, check, ffi, lib, pointer

ANYWHERE, START, END = 0, 1, 2


_POINTERS = {np.dtype("int64"): "int64_t *", np.dtype("uint8"): "uint8_t *"}


def split_item(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, separator: bytes | None, maxsplit: int, index: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take s.split(separator, maxsplit)[index] of every row s as (starts, ends, found).

    The rows are views on `data`. found (uint8) is 0 where Python raises IndexError. None
    splits at white space. ValueError for an empty separator.

    >>> data = np.frombuffer(b"a:b:cdef", np.uint8)
    >>> [column.tolist() for column in split_item(data, np.array([0, 5]), np.array([5, 8]), b":", -1, 1)]
    [[2, 5], [3, 5], [1, 0]]
    """
    return _split_item(data, starts, ends, separator, maxsplit, index, 0)


def rsplit_item(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, separator: bytes | None, maxsplit: int, index: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take s.rsplit(separator, maxsplit)[index] of every row s; else as `split_item`.

    >>> data = np.frombuffer(b'x "y" "z"', np.uint8)
    >>> [column.tolist() for column in rsplit_item(data, np.array([0]), np.array([9]), b'"', 2, 1)]
    [[7], [8], [1]]
    """
    return _split_item(data, starts, ends, separator, maxsplit, index, 1)


def contains(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, needle: bytes) -> np.ndarray:
    """Whether `needle in s` for every row s, as uint8.

    >>> data = np.frombuffer(b"a Mobile phone", np.uint8)
    >>> contains(data, np.array([0, 3]), np.array([8, 14]), b"Mobile").tolist()
    [1, 0]
    """
    return _match(data, starts, ends, needle, ANYWHERE)


def startswith(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, prefix: bytes) -> np.ndarray:
    """Whether s.startswith(prefix) for every row s, as uint8.

    >>> startswith(np.frombuffer(b"abc", np.uint8), np.array([0, 1]), np.array([3, 3]), b"ab").tolist()
    [1, 0]
    """
    return _match(data, starts, ends, prefix, START)


def endswith(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, suffix: bytes) -> np.ndarray:
    """Whether s.endswith(suffix) for every row s, as uint8.

    >>> endswith(np.frombuffer(b"abc", np.uint8), np.array([0, 0]), np.array([3, 2]), b"bc").tolist()
    [1, 0]
    """
    return _match(data, starts, ends, suffix, END)


def strip(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, left: bool = True, right: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Take s.strip() of every row s as views (starts, ends); lstrip or rstrip with one side only.

    >>> data = np.frombuffer(" ab\\u2003".encode(), np.uint8)
    >>> [column.tolist() for column in strip(data, np.array([0]), np.array([6]))]
    [[1], [3]]
    """
    require_bytes(data, starts, ends)
    starts, ends = starts.copy(), ends.copy()
    _run(lib.pympr_strip, (starts, ends), (starts, ends), data, [len(starts), left, right])
    return starts, ends


def slice_ascii(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, begin: int | None, end: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take s[begin:end] of every row s as (starts, ends, done).

    Positions count code points as Python's do. done (uint8) is 0 where characters beyond
    ASCII leave it open which bytes those are; the row is unchanged there.

    >>> data = np.frombuffer("abcédef".encode(), np.uint8)
    >>> [column.tolist() for column in slice_ascii(data, np.array([0, 3]), np.array([3, 8]), -2, None)]
    [[1, 6], [3, 8], [1, 1]]
    """
    require_bytes(data, starts, ends)
    starts, ends, done = starts.copy(), ends.copy(), np.empty(len(starts), np.uint8)
    bounds = [part for bound in (begin, end) for part in (bound is not None, _clip_int64(bound or 0))]
    _run(lib.pympr_slice, (starts, ends, done), (starts, ends), data, [len(starts), *bounds])
    return starts, ends, done


def lower_ascii(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Copy every row s as s.lower(): (data, starts, ends, is_ascii).

    is_ascii (uint8) is 0 where s has other characters too: these are copied unchanged, so that
    the caller must do the row over.

    >>> data, starts, ends, _ = lower_ascii(np.frombuffer(b"xAbC", np.uint8), np.array([1]), np.array([4]))
    >>> bytes(data), starts.tolist(), ends.tolist()
    (b'abc', [0], [3])
    """
    return _change_case(data, starts, ends, 0)


def upper_ascii(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Copy every row s as s.upper(); else as `lower_ascii`.

    >>> bytes(upper_ascii(np.frombuffer(b"xAbC", np.uint8), np.array([1]), np.array([4]))[0])
    b'ABC'
    """
    return _change_case(data, starts, ends, 1)


def _split_item(data, starts, ends, separator, maxsplit, index, from_right):
    require_bytes(data, starts, ends)
    if separator == b"":
        raise ValueError("empty separator")
    rows = len(starts)
    outputs = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.uint8)
    splitter = [ffi.from_buffer(separator or b"\0"), len(separator or b""), _clip_int64(maxsplit), _clip_int64(index)]
    inputs = [*_addresses((starts, ends)), rows, *splitter, from_right]
    _run(lib.pympr_split_item, outputs, (starts, ends), data, inputs)
    return outputs


def _match(data, starts, ends, needle, where):
    require_bytes(data, starts, ends)
    matches = np.empty(len(starts), np.uint8)
    inputs = [*_addresses((starts, ends)), len(starts), ffi.from_buffer(needle + b"\0"), len(needle), where]
    _run(lib.pympr_match_bytes, (matches,), (starts, ends), data, inputs)
    return matches


def _change_case(data, starts, ends, to_upper):
    require_bytes(data, starts, ends)
    places = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(ends - starts, out=places[1:])
    out, is_ascii = np.empty(max(places[-1], 0), np.uint8), np.empty(len(starts), np.uint8)
    bad = ffi.new("int64_t *")
    status = lib.pympr_change_case(
        *_addresses((out, is_ascii)), bad, *_addresses((places, data)), len(data),
        *_addresses((starts, ends)), len(starts), to_upper,
    )  # fmt: skip
    _check_rows(status, "change_case", bad[0], data, starts, ends)
    return out, places[:-1], places[1:], is_ascii


def _run(kernel, outputs, rows, data, inputs) -> None:
    """Call a kernel whose arguments are its outputs, the bad row, the bytes, and what is its own."""
    bad = ffi.new("int64_t *")
    status = kernel(*_addresses(outputs), bad, pointer(data, "uint8_t *"), len(data), *inputs)
    _check_rows(status, "fields", bad[0], data, *rows)


def _check_rows(status: int, kernel: str, row: int, data, starts, ends) -> None:
    if status == BAD:
        raise bad_row(row, data, starts, ends)
    check(status, kernel)


def _addresses(arrays) -> list:
    return [pointer(array, _POINTERS[array.dtype]) for array in arrays]


def _clip_int64(value: int) -> int:
    return max(-(2**63), min(value, 2**63 - 1))

"""Words and lines of a text as views on its bytes, and strict UTF-8.

A text is a uint8 vector; positions are byte offsets into it. Words and lines come as two
int64 vectors `starts` and `ends`: with the text they are a variable-width column.
"""

import numpy as np

from pympr.native.columns import same_rows
from pympr.native.library import BAD, FULL, OK, check, ffi, lib, pointer, require

WORD_BYTES = 6  # a first guess of how much text there is to a word, or to a line
LINE_BYTES = 64


def split_words(
    data: np.ndarray, begin: int, end: int, starts_out: np.ndarray, ends_out: np.ndarray
) -> tuple[int, int]:
    """Split data[begin:end] as str.split() does; returns (number of words, position).

    The words are data[starts_out[i]:ends_out[i]]. Position is `end` when all are found, else
    the outputs are full (64 rows or more may be left unfilled by up to 47) and the split
    goes on with `begin` = position. The text is taken to be valid UTF-8; a word that touches
    `end` ends there, so cut with `cut_at_blank` first when the text goes on. ValueError for outputs
    of unequal length or without rows.

    >>> text = np.frombuffer("to be\\u2003or\\n".encode(), np.uint8)
    >>> starts, ends = np.empty(9, np.int64), np.empty(9, np.int64)
    >>> split_words(text, 0, len(text), starts, ends)
    (3, 11)
    >>> starts[:3].tolist(), ends[:3].tolist()
    ([0, 3, 8], [2, 5, 10])
    """
    _require_range(data, begin, end)
    return _split(lib.pympr_split_words, data, begin, end, starts_out, ends_out)[:2]


def split_lines(
    data: np.ndarray, begin: int, end: int, starts_out: np.ndarray, ends_out: np.ndarray, is_last: bool = True
) -> tuple[int, int]:
    """Split data[begin:end] as text files do; returns (number of lines, position).

    \\n, \\r\\n and a lone \\r end a line and are not part of it. Position is where the next
    line starts. With `is_last` it is `end` unless the outputs were full. Without it an unfinished
    line is left, and so is one that ends in a \\r at `end`, since a \\n may follow.
    ValueError for outputs of unequal length or without rows.

    >>> text = np.frombuffer(b"one\\r\\n\\ntwo", np.uint8)
    >>> starts, ends = np.empty(9, np.int64), np.empty(9, np.int64)
    >>> split_lines(text, 0, len(text), starts, ends, is_last=False)
    (2, 6)
    >>> starts[:2].tolist(), ends[:2].tolist()
    ([0, 5], [3, 5])
    """
    _require_range(data, begin, end)
    return _split(lib.pympr_split_lines, data, begin, end, starts_out, ends_out, is_last)[:2]


def words(data: np.ndarray, begin: int = 0, end: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """All words of data[begin:end] as new arrays (starts, ends).

    >>> [column.tolist() for column in words(np.frombuffer(b" to be ", np.uint8))]
    [[1, 4], [3, 6]]
    """
    starts, ends, _ = _grow(lib.pympr_split_words, data, begin, end, WORD_BYTES)
    return starts, ends


def lines(
    data: np.ndarray, begin: int = 0, end: int | None = None, is_last: bool = True
) -> tuple[np.ndarray, np.ndarray, int]:
    """All lines of data[begin:end] as new arrays (starts, ends), and the position after them.

    >>> starts, ends, position = lines(np.frombuffer(b"one\\ntwo", np.uint8))
    >>> starts.tolist(), ends.tolist(), position
    ([0, 4], [3, 7], 7)
    """
    return _grow(lib.pympr_split_lines, data, begin, end, LINE_BYTES, is_last)


def line_items(
    data: np.ndarray, separator: bytes, index: int, begin: int = 0, end: int | None = None
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Take line.split(separator)[index] of all lines of data[begin:end] as (starts, ends, whether all have it).

    The separator is an ASCII character that ends no line, the index 0 or more, else ValueError.
    Lines are those of `lines`; the arrays go up to the first line that has fewer items.

    >>> starts, ends, is_whole = line_items(np.frombuffer(b"a:b\\nc:d:e\\nf", np.uint8), b":", 1)
    >>> starts.tolist(), ends.tolist(), is_whole
    ([2, 6], [3, 7], False)
    """
    end = len(data) if end is None else end
    _require_range(data, begin, end)
    if len(separator) != 1 or not separator.isascii() or separator in b"\r\n":
        raise ValueError(f"the separator must be one ASCII character that ends no line, got {separator!r}")
    if index < 0:
        raise ValueError(f"the index must be 0 or more, got {index}")
    is_bad = False

    def kernel(*arguments):
        nonlocal is_bad
        status = lib.pympr_line_items(*arguments, ord(separator), min(index, 2**62))
        is_bad = status == BAD
        return OK if is_bad else status

    starts, ends, _ = _grow(kernel, data, begin, end, LINE_BYTES)
    return starts, ends, not is_bad


def cut_at_blank(data: np.ndarray, begin: int, end: int) -> int:
    """The position after the last white space of data[begin:end], or `begin`.

    All words before it are whole, whatever follows `end`.

    >>> cut_at_blank(np.frombuffer(b"to be or", np.uint8), 0, 8)
    6
    """
    _require_range(data, begin, end)
    return lib.pympr_cut_at_blank(pointer(data, "uint8_t *"), begin, end)


def cut_at_newline(data: np.ndarray, begin: int, end: int) -> int:
    """The position after the last finished line of data[begin:end], or `begin`.

    A \\r right before `end` does not count: a \\n may follow.

    >>> cut_at_newline(np.frombuffer(b"one\\ntwo\\r", np.uint8), 0, 8)
    4
    """
    _require_range(data, begin, end)
    return lib.pympr_cut_at_newline(pointer(data, "uint8_t *"), begin, end)


def validate_utf8(data: np.ndarray, begin: int = 0, end: int | None = None) -> int:
    """-1 when data[begin:end] is valid UTF-8, else the offset of the first bad byte.

    The offset is `UnicodeDecodeError.start` of Python's strict decoder, from the start of `data`.
    An unfinished code point at `end` is bad too.

    >>> validate_utf8(np.frombuffer("né".encode(), np.uint8))
    -1
    >>> validate_utf8(np.frombuffer(b"n\\xed\\xa0\\x80", np.uint8))
    1
    """
    end = len(data) if end is None else end
    _require_range(data, begin, end)
    position = ffi.new("int64_t *")
    status = lib.pympr_validate_utf8(position, pointer(data, "uint8_t *"), begin, end)
    if status == BAD:
        return position[0]
    check(status, "validate_utf8")
    return -1


def is_ascii(data: np.ndarray, begin: int = 0, end: int | None = None) -> bool:
    """Whether no byte of data[begin:end] is above 127.

    >>> is_ascii(np.frombuffer("né".encode(), np.uint8))
    False
    """
    end = len(data) if end is None else end
    _require_range(data, begin, end)
    return bool(lib.pympr_is_ascii(pointer(data, "uint8_t *"), begin, end))


def _split(kernel, data, begin, end, starts, ends, *options) -> tuple[int, int, bool]:
    """Rows written, position, and whether the outputs were too short."""
    require(starts, "int64", "starts_out")
    require(ends, "int64", "ends_out")
    same_rows(starts, ends, "ends_out")
    if len(starts) == 0:
        raise ValueError("starts_out must have rows, got 0")
    count, position = ffi.new("int64_t *"), ffi.new("int64_t *")
    status = kernel(
        pointer(starts, "int64_t *"),
        pointer(ends, "int64_t *"),
        count,
        position,
        len(starts),
        pointer(data, "uint8_t *"),
        begin,
        end,
        *options,
    )
    if status != FULL:
        check(status, "split")
    return count[0], position[0], status == FULL


def _grow(kernel, data, begin, end, row_bytes, *options) -> tuple[np.ndarray, np.ndarray, int]:
    """Split into arrays that double until all rows fit."""
    end = len(data) if end is None else end
    _require_range(data, begin, end)
    capacity = (end - begin) // row_bytes + 64
    starts, ends = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    rows, position, is_full = _split(kernel, data, begin, end, starts, ends, *options)
    while is_full:
        starts, ends = (np.concatenate([column, np.empty_like(column)]) for column in (starts, ends))
        more, position, is_full = _split(kernel, data, position, end, starts[rows:], ends[rows:], *options)
        rows += more
    return starts[:rows], ends[:rows], position


def _require_range(data: np.ndarray, begin: int, end: int) -> None:
    require(data, "uint8", "data")
    if not 0 <= begin <= end <= len(data):
        raise ValueError(f"[{begin}, {end}) is no range of data of {len(data)} bytes")

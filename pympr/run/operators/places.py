"""Where the lines of a text stand in their file."""

import numpy as np

from pympr.data.block import ColumnBlock, pair, single_column
from pympr.data.column import BytesColumn, FixedColumn
from pympr.native import text

Bytes = tuple[np.ndarray, int]


def places(path: str, raw: Bytes, offset: int, decoded: Bytes, starts: np.ndarray) -> ColumnBlock:
    """(path, byte offset in the file of the line) for what begins at `starts` (int64) of the decoded bytes.

    `raw` are whole lines as they lie in the file from `offset` on. Decoding moves bytes, but no line
    changes its number. A path that is not UTF-8 has ? for what cannot be told.

    >>> data = np.frombuffer(b"one\\ntwo three", np.uint8)
    >>> places("file", (data, 13), 100, (data, 13), np.array([0, 4, 8])).records()
    [('file', 100), ('file', 104), ('file', 104)]
    """
    line_starts = _line_starts(*decoded)
    raw_starts = line_starts if decoded[0] is raw[0] else _line_starts(*raw)
    lines = np.searchsorted(line_starts, starts, side="right") - 1
    name = np.frombuffer(path.encode("utf-8", "replace"), np.uint8)
    names = BytesColumn(name, np.zeros(len(starts), np.int64), np.full(len(starts), len(name), np.int64))
    return pair(single_column("string", names), single_column("int64", FixedColumn(raw_starts[lines] + offset)))


def _line_starts(data: np.ndarray, size: int) -> np.ndarray:
    return text.lines(data, 0, size)[0]

"""Python values to columns and back, exactly."""

from collections.abc import Sequence
from itertools import repeat
from operator import is_not, itemgetter
from typing import Any

import numpy as np

from pympr.data.column import DTYPES, BytesColumn, Column, FixedColumn, ManyColumn
from pympr.data.schema import Layout, Leaf, Many, Row, leaves

_KIND_OF_TYPE = {
    int: "int64",
    float: "float64",
    bool: "bool",
    str: "string",
    bytes: "bytes",
    type(None): "none",
}
_FILLER = {"int64": 0, "float64": 0.0, "bool": False, "string": "", "bytes": b"", "none": False}
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


def columns_of(records: Sequence[Any]) -> tuple[Layout, list[Column]] | None:
    """Layout and columns that give `records` back exactly, or None when there are none.

    >>> layout, columns = columns_of([("a", 1), ("b", 2)])
    >>> str(layout), columns[1].values.tolist()
    ('(string, int64)', [1, 2])
    >>> columns_of([1, "a"]) is None
    True
    """
    types = set(map(type, records))
    if types == {tuple}:
        return _row_of(records)
    kinds = {_KIND_OF_TYPE.get(kind) for kind in types}
    present = kinds - {"none"}
    if None in kinds or len(present) > 1:
        return None
    leaf = Leaf(present.pop() if present else "none", nullable="none" in kinds)
    column = _leaf_column(records, leaf)
    return None if column is None else (leaf, [column])


def _row_of(records: Sequence[tuple]) -> tuple[Layout, list[Column]] | None:
    lengths = set(map(len, records))
    if len(lengths) != 1 or 0 in lengths:
        return None
    items, columns = [], []
    for position in range(lengths.pop()):
        # Item by item: zip(*records) would hold an iterator for every record.
        converted = columns_of(list(map(itemgetter(position), records)))
        if converted is None:
            return None
        items.append(converted[0])
        columns += converted[1]
    return Row(tuple(items)), columns


def _leaf_column(values: Sequence[Any], leaf: Leaf) -> Column | None:
    valid = None
    if leaf.nullable:
        valid = np.frombuffer(bytes(map(is_not, values, repeat(None))), np.uint8)
        filler = _FILLER[leaf.kind]
        values = [filler if value is None else value for value in values]
    if leaf.kind == "string":
        return _string_column(values, valid)
    if leaf.kind == "bytes":
        return _measured_column(values, valid)
    if leaf.kind in ("bool", "none"):
        return FixedColumn(np.frombuffer(bytes(values), np.bool_), valid)
    try:
        return FixedColumn(np.fromiter(values, DTYPES[leaf.kind], len(values)), valid)
    except OverflowError:
        return None


def _string_column(values: Sequence[str], valid: np.ndarray | None) -> BytesColumn | None:
    """All strings encoded at once, each ended by the character 0, unless that is in one of them."""
    joined = "\0".join(values)
    try:
        data = np.frombuffer(joined.encode(), np.uint8)
    except UnicodeEncodeError:  # lone surrogates have no UTF-8
        return None
    ends = np.empty(len(values), np.int64)
    found = np.flatnonzero(data == 0)
    if len(found) != len(values) - 1:
        return _measured_column([value.encode() for value in values], valid)
    ends[:-1], ends[-1] = found, len(data)
    starts = np.zeros(len(values), np.int64)
    np.add(found, 1, out=starts[1:])
    return BytesColumn(data, starts, ends, valid)


def _measured_column(values: Sequence[bytes], valid: np.ndarray | None) -> BytesColumn:
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=offsets[1:])
    return BytesColumn(np.frombuffer(b"".join(values), np.uint8), offsets[:-1], offsets[1:], valid)


def values_of(layout: Layout, columns: Sequence[Column]) -> list[Any]:
    """The records that the columns hold.

    >>> layout, columns = columns_of([(1, ("x", None)), (2, ("y", None))])
    >>> values_of(layout, columns)
    [(1, ('x', None)), (2, ('y', None))]
    """
    if isinstance(layout, Leaf):
        return _leaf_values(layout, columns[0])
    if isinstance(layout, Many):
        return _lists(layout, columns[0])
    parts, at = [], 0
    for item in layout.items:
        size = len(leaves(item))
        parts.append(values_of(item, columns[at : at + size]))
        at += size
    return list(zip(*parts))


def _lists(layout: Many, column: ManyColumn) -> list[Any]:
    column = column if len(column) and column.ends[-1] - column.starts[0] == column.lengths.sum() else column.compact()
    if not len(column):
        return []
    first = int(column.starts[0])
    items = column.items.slice(first, int(column.ends[-1])).records()
    starts, ends = (column.starts - first).tolist(), (column.ends - first).tolist()
    return [layout.make(items[begin:end]) for begin, end in zip(starts, ends)]


def _leaf_values(leaf: Leaf, column: Column) -> list[Any]:
    if leaf.kind == "none":
        return [None] * len(column)
    if isinstance(column, FixedColumn):
        values = column.values.tolist()
    else:
        values = _byte_values(leaf.kind, column)
    if column.valid is None:
        return values
    return [value if present else None for value, present in zip(values, column.valid.tolist())]


def _byte_values(kind: str, column: BytesColumn) -> list[Any]:
    starts, ends = column.starts.tolist(), column.ends.tolist()
    if not starts:
        return []
    low, high = min(starts), max(ends)
    data = column.data[low:high].tobytes() if high - low < 4 * column.nbytes else None
    if data is None:
        data, low = column.data, 0
        rows = [data[a:b].tobytes() for a, b in zip(starts, ends)]
        return rows if kind == "bytes" else [row.decode() for row in rows]
    if kind == "string":
        if data.isascii():
            text = data.decode("ascii")
            return [text[a - low : b - low] for a, b in zip(starts, ends)]
        return [data[a - low : b - low].decode() for a, b in zip(starts, ends)]
    return [data[a - low : b - low] for a, b in zip(starts, ends)]

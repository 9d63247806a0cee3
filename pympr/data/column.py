"""Columns: values of one kind in NumPy memory, with views instead of copies."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pympr.native import take

DTYPES = {"int64": np.int64, "float64": np.float64, "bool": np.bool_, "none": np.bool_}


@dataclass(slots=True)
class FixedColumn:
    """`values[i]`, or None where `valid[i]` is 0; a stride of 0 holds one value n times."""

    values: np.ndarray
    valid: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        return self.values.itemsize * len(self.values)

    @property
    def is_constant(self) -> bool:
        return self.values.strides == (0,)

    def contiguous(self) -> np.ndarray:
        return np.ascontiguousarray(self.values)

    def slice(self, begin: int, end: int) -> "FixedColumn":
        return FixedColumn(self.values[begin:end], _slice(self.valid, begin, end))

    def take(self, index: np.ndarray) -> "FixedColumn":
        return FixedColumn(take.take_fixed(self.contiguous(), index), _take(self.valid, index))


@dataclass(slots=True)
class BytesColumn:
    """Row i is `data[starts[i]:ends[i]]`, or None where `valid[i]` is 0."""

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    valid: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def nbytes(self) -> int:
        return int((self.ends - self.starts).sum()) + 16 * len(self.starts)

    @property
    def is_sparse(self) -> bool:
        """Whether the buffer is much larger than the rows it holds."""
        return int((self.ends - self.starts).sum()) < len(self.data) // 2

    def slice(self, begin: int, end: int) -> "BytesColumn":
        return BytesColumn(self.data, self.starts[begin:end], self.ends[begin:end], _slice(self.valid, begin, end))

    def take(self, index: np.ndarray) -> "BytesColumn":
        starts, ends = take.take_fixed(self.starts, index), take.take_fixed(self.ends, index)
        return BytesColumn(self.data, starts, ends, _take(self.valid, index))

    def compact(self) -> "BytesColumn":
        """The same rows over a buffer of their own, so that the big one can go."""
        starts, ends = np.ascontiguousarray(self.starts), np.ascontiguousarray(self.ends)
        data, offsets = take.compact_bytes(self.data, starts, ends)
        return BytesColumn(data, offsets[:-1], offsets[1:], self.valid)


@dataclass(slots=True)
class ManyColumn:
    """Row i is the list of the rows `starts[i]:ends[i]` of `items`, a block of columns."""

    items: Any
    starts: np.ndarray
    ends: np.ndarray
    valid: None = None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> np.ndarray:
        return self.ends - self.starts

    @property
    def nbytes(self) -> int:
        return self.items.nbytes * int(self.lengths.sum()) // max(len(self.items), 1) + 16 * len(self.starts)

    @property
    def is_sparse(self) -> bool:
        """Whether the items are many more than the rows hold."""
        return int(self.lengths.sum()) < len(self.items) // 2

    def slice(self, begin: int, end: int) -> "ManyColumn":
        return ManyColumn(self.items, self.starts[begin:end], self.ends[begin:end])

    def take(self, index: np.ndarray) -> "ManyColumn":
        return ManyColumn(self.items, take.take_fixed(self.starts, index), take.take_fixed(self.ends, index))

    def compact(self) -> "ManyColumn":
        """The same rows over items of their own."""
        edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.lengths)])
        return ManyColumn(self.items.take(self.places()), edges[:-1], edges[1:])

    def places(self) -> np.ndarray:
        """Where the items of all rows are, row after row (int64)."""
        lengths = self.lengths
        shifts = self.starts - (np.cumsum(lengths) - lengths)
        return np.repeat(shifts, lengths) + np.arange(int(lengths.sum()), dtype=np.int64)


Column = FixedColumn | BytesColumn | ManyColumn


def concat_columns(columns: list[Column]) -> Column:
    """One column with the rows of all, in order."""
    if len(columns) == 1:
        return columns[0]
    valid = _concat_valid(columns)
    if isinstance(columns[0], FixedColumn):
        return FixedColumn(np.concatenate([column.values for column in columns]), valid)
    if isinstance(columns[0], ManyColumn):
        return _concat_many([column.compact() for column in columns])
    return _concat_bytes([column.compact() for column in columns], valid)


def with_separator(column: BytesColumn, separator: int) -> np.ndarray:
    """The bytes of all rows, each followed by the byte `separator` (uint8).

    >>> column = BytesColumn(np.frombuffer(b"abc", np.uint8), np.array([0, 1]), np.array([1, 3]))
    >>> bytes(with_separator(column, ord(",")))
    b'a,bc,'
    """
    compact = column.compact()
    out = np.full(len(compact.data) + len(column), separator, np.uint8)
    within = np.ones(len(out), np.bool_)
    within[np.cumsum(compact.ends - compact.starts + 1) - 1] = False
    out[within] = compact.data
    return out


def _concat_bytes(columns: list[BytesColumn], valid: np.ndarray | None) -> BytesColumn:
    shifts = np.cumsum([0] + [len(column.data) for column in columns[:-1]])
    data = np.concatenate([column.data for column in columns])
    starts = np.concatenate([column.starts + shift for column, shift in zip(columns, shifts)])
    ends = np.concatenate([column.ends + shift for column, shift in zip(columns, shifts)])
    return BytesColumn(data, starts, ends, valid)


def _concat_many(columns: list[ManyColumn]) -> ManyColumn:
    parts = [column.items for column in columns]
    joined = [concat_columns(list(same)) for same in zip(*(part.columns for part in parts))]
    shifts = np.cumsum([0] + [len(part) for part in parts])
    starts = np.concatenate([column.starts + shift for column, shift in zip(columns, shifts)])
    ends = np.concatenate([column.ends + shift for column, shift in zip(columns, shifts)])
    return ManyColumn(type(parts[0])(parts[0].layout, joined, int(shifts[-1])), starts, ends)


def _concat_valid(columns: list[Column]) -> np.ndarray | None:
    if all(column.valid is None for column in columns):
        return None
    return np.concatenate([mask_of(column) for column in columns])


def mask_of(column: Column) -> np.ndarray:
    """The validity mask (uint8), made when the column has none."""
    return np.ones(len(column), np.uint8) if column.valid is None else column.valid


def _slice(valid: np.ndarray | None, begin: int, end: int) -> np.ndarray | None:
    return None if valid is None else valid[begin:end]


def _take(valid: np.ndarray | None, index: np.ndarray) -> np.ndarray | None:
    return None if valid is None else take.take_fixed(np.ascontiguousarray(valid), index)

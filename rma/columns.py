"""Columns of keys and values: an array, or `(data uint8, starts int64, ends int64)` for bytes."""

import numpy as np

from pympr.native.hash import hash_bytes, hash_fixed

BytesColumn = tuple[np.ndarray, np.ndarray, np.ndarray]
Column = np.ndarray | BytesColumn

BYTES = "bytes"
"""The type of a column of bytes; not None, which NumPy takes for float64."""

_SEED = 0x10C4


def check_column(column: Column, name: str, dtype: np.dtype | str | None = None) -> Column:
    """`column`, contiguous; TypeError for what is none, or not of `dtype` where that is given."""
    if isinstance(column, tuple):
        data, starts, ends = (np.ascontiguousarray(array) for array in column)
        if [array.dtype for array in (data, starts, ends)] != [
            np.uint8,
            np.int64,
            np.int64,
        ] or starts.shape != ends.shape:
            raise TypeError(f"a column of bytes is (data uint8, starts int64, ends int64), got {name} otherwise")
        column = data, starts, ends
    elif not isinstance(column, np.ndarray) or column.ndim != 1 or column.dtype.hasobject or not column.itemsize:
        raise TypeError(f"{name} must be a 1-d array without Python objects, or a column of bytes")
    if dtype is not None and dtype_of(column) != dtype:
        raise TypeError(f"{name} must be {dtype}, got {dtype_of(column)}")
    return column if isinstance(column, tuple) else np.ascontiguousarray(column)


def dtype_of(column: Column) -> np.dtype | str:
    """The dtype of an array, or BYTES."""
    return BYTES if isinstance(column, tuple) else column.dtype


def count_rows(column: Column) -> int:
    """How many rows."""
    return len(column[1]) if isinstance(column, tuple) else len(column)


def hash_column(column: Column) -> np.ndarray:
    """uint64 hashes of int64 or bytes; distinct int64 have distinct hashes."""
    if isinstance(column, tuple):
        return hash_bytes(*column, seed=_SEED, kind="bytes")
    return hash_fixed(column, _SEED)


def take(column: Column, rows: np.ndarray) -> Column:
    """The given rows; those of bytes follow each other in new data.

    >>> data = np.frombuffer(b"hello", np.uint8)
    >>> data, starts, ends = take((data, np.array([0, 3]), np.array([3, 5])), np.array([1, 0]))
    >>> data.tobytes(), starts, ends
    (b'lohel', array([0, 2]), array([2, 5]))
    """
    if not isinstance(column, tuple):
        return column[rows]
    data, starts, ends = column
    lengths = ends[rows] - starts[rows]
    new_ends = np.cumsum(lengths)
    before = new_ends - lengths
    return data[np.repeat(starts[rows] - before, lengths) + np.arange(lengths.sum())], before, new_ends


def are_equal(left: Column, right: Column) -> np.ndarray:
    """Whether row i of `left` is row i of `right`, bool[n].

    >>> data = np.frombuffer(b"abacab", np.uint8)
    >>> starts = np.array([0, 2, 4])
    >>> are_equal((data, starts, starts + 2), (data, starts[[2, 2, 2]], starts[[2, 2, 2]] + 2))
    array([ True, False,  True])
    """
    if not isinstance(left, tuple):
        return left == right
    equal = (left[2] - left[1]) == (right[2] - right[1])
    rows = np.flatnonzero(equal)
    ours, starts, ends = take(left, rows)
    differences = np.concatenate([[0], np.cumsum(ours != take(right, rows)[0])])
    equal[rows] = differences[ends] == differences[starts]
    return equal


def repeats(hashes: np.ndarray, column: Column) -> np.ndarray:
    """Whether row i is the same as row i - 1, bool[n]; `hashes` are the rows' own."""
    rows = 1 + np.flatnonzero(hashes[1:] == hashes[:-1])
    result = np.zeros(len(hashes), bool)
    result[rows] = are_equal(take(column, rows), take(column, rows - 1))
    return result


def encode(column: Column) -> np.ndarray:
    """The column as uint8, without its number of rows: items, or lengths and then bytes."""
    if not isinstance(column, tuple):
        return column.view(np.uint8)
    data, starts, ends = take(column, np.arange(len(column[1])))
    return np.concatenate([(ends - starts).view(np.uint8), data])


def decode(message: np.ndarray, dtype: np.dtype | str, rows: int) -> tuple[Column, np.ndarray]:
    """The column of so many rows at the begin of `message`, and what follows it."""
    if isinstance(dtype, np.dtype):
        end = rows * dtype.itemsize
        return message[:end].view(dtype), message[end:]
    lengths = message[: 8 * rows].view(np.int64)
    ends = np.cumsum(lengths)
    end = 8 * rows + int(lengths.sum())
    return (message[8 * rows : end], ends - lengths, ends), message[end:]


def concatenate(columns: list[Column]) -> Column:
    """One column of all rows, in order; there is at least one column."""
    if not isinstance(columns[0], tuple):
        return np.concatenate(columns)
    shifts = np.cumsum([0] + [len(data) for data, _, _ in columns[:-1]])
    data = np.concatenate([data for data, _, _ in columns])
    starts, ends = (
        np.concatenate([column[part] + shift for column, shift in zip(columns, shifts, strict=True)]) for part in (1, 2)
    )
    return data, starts, ends

"""The memory of one rank's part of a look-up table, which others read piece by piece.

- directory: int64[2^bits + 1]; bucket b's records are `directory[b]:directory[b + 1]`.
  A bucket is the place of a hash in its rank's range of hashes.
- records, sorted by hash: (key, value) where keys are int64 and values fixed, else
  (key or hash, start, key_bytes, value_bytes), all int64;
- heap: at `start` the key, where keys are bytes, then the value.
"""

from typing import NamedTuple

import numpy as np

from pympr.rma.columns import Column, are_equal, count_rows, dtype_of, hash_column, take

_HEAP_RECORD = np.dtype([("word", "i8"), ("start", "i8"), ("key_bytes", "i8"), ("value_bytes", "i8")])


class Kind(NamedTuple):
    """What a table holds, a dtype or BYTES each; the same on all ranks."""

    key: np.dtype | str
    value: np.dtype | str

    @property
    def has_texts_as_keys(self) -> bool:
        return isinstance(self.key, str)

    @property
    def has_texts_as_values(self) -> bool:
        return isinstance(self.value, str)

    @property
    def is_plain(self) -> bool:
        """Whether records hold everything and there is no heap."""
        return not self.has_texts_as_keys and not self.has_texts_as_values

    @property
    def record(self) -> np.dtype:
        return np.dtype([("word", "i8"), ("value", self.value)]) if self.is_plain else _HEAP_RECORD


def owner_and_place(hashes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The rank in whose range of hashes each is, and its place there: the upper and the lower word of hash * size.

    >>> owner_and_place(np.array([0, 2**63, 2**64 - 1], np.uint64), 2)[0]
    array([0, 1, 1])
    """
    size = np.uint64(size)
    low = ((hashes & np.uint64(0xFFFFFFFF)) * size) >> np.uint64(32)
    owners = ((hashes >> np.uint64(32)) * size + low) >> np.uint64(32)
    return owners.astype(np.int64), hashes * size


def directory_bits(count: int) -> int:
    """So many that a bucket has about two of `count` records."""
    return max(1, (count // 2).bit_length())


def records_start(count: int) -> int:
    """Where in its memory the records of a rank with `count` of them begin."""
    return 8 * ((1 << directory_bits(count)) + 1)


class Records:
    """The records of one rank, made of its rows, which are sorted by `hashes`."""

    def __init__(self, keys: Column, values: Column, hashes: np.ndarray, size: int):
        self.kind = Kind(dtype_of(keys), dtype_of(values))
        self._keys, self._values, self._hashes, self._size = keys, values, hashes, size

    @property
    def count(self) -> int:
        return len(self._hashes)

    def memory_bytes(self) -> int:
        """What `write` needs."""
        heap_bytes = 0 if self.kind.is_plain else int(self._key_lengths().sum() + _lengths(self._values).sum())
        return records_start(self.count) + self.count * self.kind.record.itemsize + heap_bytes

    def write(self, memory: np.ndarray) -> None:
        """Lay everything out in `memory` (uint8) and keep no other copy of keys and values."""
        start = records_start(self.count)
        end = start + self.count * self.kind.record.itemsize
        self._write_directory(memory[:start].view(np.int64))
        records = memory[start:end].view(self.kind.record)
        if self.kind.is_plain:
            records["word"], records["value"] = self._keys, self._values
            self._keys, self._values = records["word"], records["value"]
        else:
            self._write_heap(records, memory[end:])

    def find(self, keys: Column, hashes: np.ndarray) -> np.ndarray:
        """The record of every key, -1 where there is none."""
        places = np.searchsorted(self._hashes, hashes)
        found = np.full(len(hashes), -1, np.int64)
        rows = np.arange(len(hashes))
        while len(rows):
            rows = rows[places[rows] < self.count]
            rows = rows[self._hashes[places[rows]] == hashes[rows]]
            equal = are_equal(take(keys, rows), take(self._keys, places[rows]))
            found[rows[equal]] = places[rows[equal]]
            rows = rows[~equal]
            places[rows] += 1  # another key with the same hash may follow
        return found

    def values(self, records: np.ndarray) -> Column:
        """The values of the given records."""
        return take(self._values, records)

    def _write_directory(self, directory: np.ndarray) -> None:
        bits = directory_bits(self.count)
        _, places = owner_and_place(self._hashes, self._size)
        bounds = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
        directory[0], directory[-1] = 0, self.count
        directory[1:-1] = np.searchsorted(places, bounds)

    def _write_heap(self, records: np.ndarray, heap: np.ndarray) -> None:
        key_bytes, value_bytes = self._key_lengths(), _lengths(self._values)
        both = key_bytes + value_bytes
        starts = np.cumsum(both) - both
        records["word"] = self._hashes.view(np.int64) if self.kind.has_texts_as_keys else self._keys
        records["start"], records["key_bytes"], records["value_bytes"] = starts, key_bytes, value_bytes
        if self.kind.has_texts_as_keys:
            _place(heap, starts, self._keys)
            self._keys = heap, starts, starts + key_bytes
        starts = starts + key_bytes
        _place(heap, starts, _as_bytes(self._values))
        if self.kind.has_texts_as_values:
            self._values = heap, starts, starts + value_bytes

    def _key_lengths(self) -> np.ndarray:
        """The bytes of each key in the heap."""
        return np.zeros(self.count, np.int64) if not self.kind.has_texts_as_keys else _lengths(self._keys)


def _lengths(column: Column) -> np.ndarray:
    if isinstance(column, tuple):
        return column[2] - column[1]
    return np.full(len(column), column.dtype.itemsize)


def _as_bytes(column: Column) -> Column:
    if isinstance(column, tuple):
        return column
    ends = column.dtype.itemsize * np.arange(1, len(column) + 1)
    return column.view(np.uint8), ends - column.dtype.itemsize, ends


def _place(heap: np.ndarray, starts: np.ndarray, column: Column) -> None:
    data, before, ends = take(column, np.arange(count_rows(column)))
    heap[np.repeat(starts - before, ends - before) + np.arange(len(data))] = data


def sort_by_hash(keys: Column) -> tuple[np.ndarray, np.ndarray]:
    """The rows of `keys` in the order of their hashes, those of one hash as they are; and the sorted hashes."""
    hashes = hash_column(keys)
    order = np.argsort(hashes, kind="stable")
    return order, hashes[order]

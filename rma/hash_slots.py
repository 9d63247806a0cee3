"""One rank's part of a hash table, whole batches at a time: open addressing with linear probing."""

from typing import Any

import numpy as np

_LEAST_SLOTS = 1024


class HashSlots:
    """Distinct keys with a value each, in the order in which they came; `keys` and `values` are views."""

    def __init__(self, key_dtype: np.dtype, value_dtype: np.dtype):
        self._count = 0
        self._keys, self._values = np.empty(0, key_dtype), np.empty(0, value_dtype)
        self._hashes = np.empty(0, np.uint64)
        self._slots = np.full(_LEAST_SLOTS, -1, np.int64)

    @property
    def keys(self) -> np.ndarray:
        return self._keys[: self._count]

    @property
    def values(self) -> np.ndarray:
        return self._values[: self._count]

    def find(self, keys: np.ndarray, hashes: np.ndarray) -> np.ndarray:
        """The row of every key, -1 where there is none.

        >>> table = HashSlots(np.dtype("int64"), np.dtype("float64"))
        >>> table.add(np.array([7, 9]), np.array([5, 5], np.uint64), np.array([0.5, 1.5]))
        >>> table.find(np.array([9, 8]), np.array([5, 5], np.uint64)), table.values
        (array([ 1, -1]), array([0.5, 1.5]))
        """
        result = np.full(len(keys), -1, np.int64)
        pending, places = np.arange(len(keys)), self._first_places(hashes)
        while len(pending):
            rows = self._slots[places]
            is_taken = rows >= 0
            is_same = is_taken & (self._keys[rows] == keys[pending]) if self._count else is_taken
            result[pending[is_same]] = rows[is_same]
            is_open = is_taken & ~is_same
            pending, places = pending[is_open], (places[is_open] + 1) & (len(self._slots) - 1)
        return result

    def add(self, keys: np.ndarray, hashes: np.ndarray, values: np.ndarray) -> None:
        """Take in distinct keys that are not here yet."""
        begin, end = self._count, self._count + len(keys)
        if end > len(self._keys):
            room = max(end, 2 * len(self._keys))
            self._keys, self._hashes = _grown(self._keys, room), _grown(self._hashes, room)
            self._values = _grown(self._values, room)
        self._keys[begin:end], self._hashes[begin:end], self._values[begin:end] = keys, hashes, values
        self._count = end
        if 2 * end > len(self._slots):
            self._slots = np.full(1 << (2 * end).bit_length(), -1, np.int64)
            begin = 0
        self._place(np.arange(begin, end))

    def _place(self, rows: np.ndarray) -> None:
        places = self._first_places(self._hashes[rows])
        while len(rows):
            is_free = self._slots[places] < 0
            # Of several that want one slot the last one written has it.
            self._slots[places[is_free]] = rows[is_free]
            is_open = self._slots[places] != rows
            rows, places = rows[is_open], (places[is_open] + 1) & (len(self._slots) - 1)

    def _first_places(self, hashes: np.ndarray) -> np.ndarray:
        return (hashes & np.uint64(len(self._slots) - 1)).astype(np.int64)


def _grown(array: np.ndarray, room: int) -> np.ndarray:
    larger: Any = np.empty(room, array.dtype)
    larger[: len(array)] = array
    return larger

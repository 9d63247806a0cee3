"""A table that is built once and then only read: look-ups by key, wherever the key lives."""

from typing import Any

import numpy as np

from pympr.rma.columns import (
    BYTES,
    Column,
    check_column,
    concatenate,
    count_rows,
    decode,
    dtype_of,
    encode,
    repeats,
    take,
)
from pympr.rma.group import Group, as_group
from pympr.rma.records import Kind, Records, owner_and_place, sort_by_hash
from pympr.rma.remote import fetch
from pympr.rma.twosided import swap
from pympr.rma.window import Window


class Table:
    """Keys and their values, spread over the ranks by the hash of the key; made and freed collectively.

    `keys` are int64, or a column of bytes `(data uint8, starts int64, ends int64)`;
    `values` a 1-d array of any dtype without Python objects, or a column of bytes.
    Each rank gives its own rows, of the same kinds everywhere (else TypeError on
    all). Of equal keys the first counts, by rank, then by position.

    `lookup` is collective and for many keys: a message to every rank and one back.
    `get` is for few keys by one rank alone: it reads the owners' memory, so it needs
    `is_one_sided`; RuntimeError where windows failed their test.

    >>> with Table(None, np.array([7, 8]), np.array([0.5, 1.5])) as table:
    ...     table.lookup(np.array([8, 9]))
    (array([1.5, 0. ]), array([ True, False]))
    """

    def __init__(self, world: Any, keys: Column, values: Column, way: str | None = None):
        self._group = as_group(world)
        self._window: Window | None = None
        self._kind = _agree_kind(self._group, keys, values)
        keys, values = self._to_owners(keys, values)
        order, hashes = sort_by_hash(keys)
        is_first = ~repeats(hashes, take(keys, order))
        order, hashes = order[is_first], hashes[is_first]
        self._records: Records | None = Records(take(keys, order), take(values, order), hashes, self._group.size)
        self._window = Window(world, self._records.memory_bytes(), np.uint8, way)
        self._records.write(self._window.local)
        self._counts = np.array([self._records.count])
        if self._group.size > 1:
            self._counts = np.empty(self._group.size, np.int64)
            self._group.comm.Allgather(np.array([self._records.count]), self._counts)
        with self._window.epoch():
            pass  # afterwards every rank sees what all have written

    @property
    def is_one_sided(self) -> bool:
        """Whether `get` works."""
        return self._open().way != "two-sided"

    def lookup(self, keys: Column) -> tuple[Column, np.ndarray]:
        """The value of every key and whether there is one (bool[n]); zeros or no bytes where not. Collective."""
        self._open()
        return self._look_up(keys, self._ask_owners)

    def get(self, keys: Column) -> tuple[Column, np.ndarray]:
        """As `lookup`, by this rank alone."""
        if not self.is_one_sided:
            raise RuntimeError("windows do not work with this MPI library here; use lookup, which all ranks call")
        return self._look_up(keys, lambda asked, hashes: fetch(self._window, self._kind, self._counts, asked, hashes))

    def free(self) -> None:
        """Give the memory back (collective); a second call does nothing."""
        if self._window is not None:
            self._window.free()
        self._window = self._records = None

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def _open(self) -> Window:
        if self._window is None:
            raise ValueError("this table was freed")
        return self._window

    def _look_up(self, keys: Column, answer: Any) -> tuple[Column, np.ndarray]:
        """Every distinct key is asked for once, in the order of hashes, which is also that of owners."""
        keys = check_column(keys, "keys", self._kind.key)
        order, hashes = sort_by_hash(keys)
        is_new = ~repeats(hashes, take(keys, order))
        found, values = answer(take(keys, order[is_new]), hashes[is_new])
        asked = np.empty(len(order), np.int64)
        asked[order] = np.cumsum(is_new) - 1
        return _spread(values, found, asked, self._kind), found[asked]

    def _ask_owners(self, keys: Column, hashes: np.ndarray) -> tuple[np.ndarray, Column]:
        owners, _ = owner_and_place(hashes, self._group.size)
        bounds = np.searchsorted(owners, np.arange(self._group.size + 1)).tolist()
        ranges = [np.arange(start, end) for start, end in zip(bounds[:-1], bounds[1:], strict=True)]
        questions = [_message(take(keys, rows), hashes[rows]) for rows in ranges]
        answers = [self._answer(question) for question in swap(self._group.comm, questions)]
        founds, values = [], []
        for rows, reply in zip(ranges, swap(self._group.comm, answers), strict=True):
            found = reply[: len(rows)].view(bool)
            founds.append(found)
            values.append(decode(_aligned(reply[len(rows) :]), self._kind.value, int(found.sum()))[0])
        return np.concatenate(founds), concatenate(values)

    def _answer(self, question: np.ndarray) -> np.ndarray:
        """A byte a key, whether it is here; then the values of those that are."""
        keys, hashes = _read_message(question, self._kind.key, np.dtype(np.uint64))
        records = self._records.find(keys, hashes)
        found = records >= 0
        return np.concatenate([found.view(np.uint8), encode(self._records.values(records[found]))])

    def _to_owners(self, keys: Column, values: Column) -> tuple[Column, Column]:
        """The rows whose keys belong to this rank, by the rank they came from."""
        if self._group.size == 1:
            return keys, values
        order, hashes = sort_by_hash(keys)
        owners, _ = owner_and_place(hashes, self._group.size)
        bounds = np.searchsorted(owners, np.arange(self._group.size + 1)).tolist()
        # Positions ascend again within an owner's rows, so that the first of equal keys stays the first.
        rows = [np.sort(order[start:end]) for start, end in zip(bounds[:-1], bounds[1:], strict=True)]
        messages = [_message(take(keys, part), take(values, part)) for part in rows]
        received = [_read_message(m, self._kind.key, self._kind.value) for m in swap(self._group.comm, messages)]
        return concatenate([part for part, _ in received]), concatenate([part for _, part in received])


def _message(first: Column, second: Column) -> np.ndarray:
    """Two columns of one length."""
    count = np.array([count_rows(first)])
    return np.concatenate([count.view(np.uint8), encode(first), encode(second)])


def _read_message(message: np.ndarray, first: np.dtype | str, second: np.dtype | str) -> tuple[Column, Column]:
    count = int(message[:8].view(np.int64)[0])
    one, rest = decode(message[8:], first, count)
    return one, decode(_aligned(rest), second, count)[0]


def _aligned(message: np.ndarray) -> np.ndarray:
    """`message` where the kernels and NumPy can read its items in place: behind bytes it may begin anywhere."""
    return message if message.ctypes.data % 16 == 0 else message.copy()


def _spread(values: Column, found: np.ndarray, asked: np.ndarray, kind: Kind) -> Column:
    """A value for every row, of the keys that were asked for and found."""
    places = (np.cumsum(found) - 1)[asked]
    has_value = found[asked]
    if not kind.has_texts_as_values:
        result = np.zeros(len(asked), kind.value)
        result[has_value] = values[places[has_value]]
        return result
    starts, ends = np.zeros((2, len(asked)), np.int64)
    starts[has_value], ends[has_value] = values[1][places[has_value]], values[2][places[has_value]]
    return values[0], starts, ends


def _agree_kind(group: Group, keys: Column, values: Column) -> Kind:
    """The kinds of the rows; TypeError or ValueError on all ranks where one gave something else."""
    kind, error = None, None
    try:
        kind = _kind(check_column(keys, "keys"), check_column(values, "values"))
    except (TypeError, ValueError) as raised:
        error = raised
    kinds = [kind] if group.size == 1 else group.comm.allgather(kind)
    if error is not None:
        raise error
    if any(other != kind for other in kinds):
        shown = ", ".join(f"rank {rank}: {other}" for rank, other in enumerate(kinds) if other != kind)
        raise TypeError(f"the ranks' keys and values must be of one kind; here {kind}, {shown}")
    return kind


def _kind(keys: Column, values: Column) -> Kind:
    if dtype_of(keys) not in (BYTES, np.dtype(np.int64)):
        raise TypeError(f"keys must be int64 or bytes, got {dtype_of(keys)}")
    if count_rows(keys) != count_rows(values):
        raise ValueError(f"there are {count_rows(keys)} keys and {count_rows(values)} values")
    return Kind(dtype_of(keys), dtype_of(values))

"""Keys and values over all ranks, read and changed in batches."""

from typing import Any

import numpy as np

from pympr.collectives.arguments import agree_arguments, as_vector, world_of
from pympr.rma.columns import hash_column
from pympr.rma.hash_slots import HashSlots
from pympr.rma.records import owner_and_place
from pympr.rma.twosided import swap

_FUNCTIONS = {"sum": np.add, "min": np.minimum, "max": np.maximum}
_KINDS = {"sum": "iufc", "min": "iuf", "max": "iuf"}


class HashTable:
    """A table from keys to values, spread over the ranks by the hash of the key; empty at first.

    Keys are int64, or bytes of a fixed width (dtype `S<n>`); values have any dtype without Python objects, also
    structured ones. `get`, `insert` and `accumulate` are collective: every rank gives a batch of its own, of any
    length, and each costs one message to every rank (`get`: and one back), by whatever MPI there is; no windows are
    needed. Batches of all ranks take effect by rank, then by position, so that the result is always the same.
    Nothing is kept outside of NumPy's memory, and `free` is not needed. `comm` is an mpi4py communicator, by default
    all ranks. For tables that are built once, also with strings of any length, and for reading by one rank alone
    there is `Table`.

    Raises TypeError or ValueError on all ranks when the arguments of one are wrong.

    >>> table = HashTable("int64", "float64")
    >>> table.insert([7, 8], [0.5, 1.5])
    >>> table.accumulate([8, 9, 9], [1.0, 2.0, 3.0])
    >>> table.get([9, 10, 8])
    (array([5. , 0. , 2.5]), array([ True, False,  True]))
    """

    def __init__(self, keys: Any = "int64", values: Any = "float64", comm: Any = None):
        self._world = world_of(comm)
        self.key_dtype, self.value_dtype = agree_arguments(self._world, lambda: _checked(keys, values))
        self._slots = HashSlots(self.key_dtype, self.value_dtype)

    def get(self, keys: Any) -> tuple[np.ndarray, np.ndarray]:
        """The value of every key and whether there is one (bool[n]); zeros where not. Collective."""
        keys = agree_arguments(self._world, lambda: (self._check_keys(keys), "get"))
        rows, questions = self._to_owners(keys, None)
        answers = [self._answer(self._read(question, False)[0]) for question in questions]
        values, found = np.zeros(len(keys), self.value_dtype), np.zeros(len(keys), bool)
        for part, answer in zip(rows, swap(self._world.comm, answers), strict=True):
            found[part] = answer[: len(part)].view(bool)
            values[part[found[part]]] = answer[len(part) :].copy().view(self.value_dtype)
        return values, found

    def insert(self, keys: Any, values: Any) -> None:
        """Set the value of every key, whether it is new or not; of equal keys the last counts. Collective."""
        keys, values = agree_arguments(self._world, lambda: (self._check_pairs(keys, values), "insert"))
        keys, values = self._received(keys, values)
        distinct, last = np.unique(keys[::-1], return_index=True)
        self._merge(distinct, values[len(keys) - 1 - last], lambda old, new: new)

    def accumulate(self, keys: Any, values: Any, operation: str = "sum") -> None:
        """Combine the value of every key with the given ones by "sum", "min" or "max"; a new key begins with its first.

        Collective. Floats add in the order of ranks and positions.
        """
        keys, values = agree_arguments(self._world, lambda: self._check_accumulate(keys, values, operation))
        keys, values = self._received(keys, values)
        order = np.argsort(keys, kind="stable")
        distinct, firsts = np.unique(keys[order], return_index=True)
        if len(distinct):
            function = _FUNCTIONS[operation]
            # With its dtype: NumPy would widen sums of small integers.
            self._merge(distinct, function.reduceat(values[order], firsts, dtype=values.dtype), function)

    def local_items(self) -> tuple[np.ndarray, np.ndarray]:
        """Copies of the keys that lie on this rank and their values, in the order in which the keys came."""
        return self._slots.keys.copy(), self._slots.values.copy()

    def __len__(self) -> int:
        """How many keys lie on this rank."""
        return len(self._slots.keys)

    def _merge(self, keys: np.ndarray, values: np.ndarray, combine: Any) -> None:
        hashes = self._hash(keys)
        rows = self._slots.find(keys, hashes)
        is_old = rows >= 0
        old = rows[is_old]
        self._slots.values[old] = combine(self._slots.values[old], values[is_old])
        self._slots.add(keys[~is_old], hashes[~is_old], values[~is_old])

    def _received(self, keys: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The pairs of all ranks that belong here, by rank, then by position."""
        _, messages = self._to_owners(keys, values)
        parts = [self._read(message, True) for message in messages]
        return np.concatenate([part for part, _ in parts]), np.concatenate([part for _, part in parts])

    def _to_owners(self, keys: np.ndarray, values: np.ndarray | None) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Which rows went to each rank, in order, and what came from each."""
        owners, _ = owner_and_place(self._hash(keys), self._world.size)
        order = np.argsort(owners, kind="stable")
        rows = np.split(order, np.cumsum(np.bincount(owners, minlength=self._world.size))[:-1])
        messages = []
        for part in rows:
            columns = [keys[part]] if values is None else [keys[part], values[part]]
            messages.append(np.concatenate([column.view(np.uint8) for column in columns]))
        return rows, swap(self._world.comm, messages)

    def _read(self, message: np.ndarray, has_values: bool) -> tuple[np.ndarray, np.ndarray]:
        pair_bytes = self.key_dtype.itemsize + has_values * self.value_dtype.itemsize
        end = len(message) // pair_bytes * self.key_dtype.itemsize
        keys, rest = message[:end].copy().view(self.key_dtype), message[end:].copy()
        return keys, rest.view(self.value_dtype) if has_values else rest

    def _answer(self, keys: np.ndarray) -> np.ndarray:
        """A byte a key, whether it is here; then the values of those that are."""
        rows = self._slots.find(keys, self._hash(keys))
        found = rows >= 0
        return np.concatenate([found.view(np.uint8), self._slots.values[rows[found]].view(np.uint8)])

    def _hash(self, keys: np.ndarray) -> np.ndarray:
        if keys.dtype.kind == "i":
            return hash_column(keys)
        starts = np.arange(len(keys)) * keys.itemsize
        return hash_column((keys.view(np.uint8), starts, starts + np.char.str_len(keys)))

    def _check_keys(self, keys: Any) -> np.ndarray:
        keys = as_vector(keys, "keys") if len(keys) else np.empty(0, self.key_dtype)
        is_fit = keys.dtype.kind in ("iu" if self.key_dtype.kind == "i" else "S")
        if not is_fit or keys.itemsize > self.key_dtype.itemsize or keys.dtype == np.uint64:
            raise TypeError(f"keys must be {self.key_dtype}, got {keys.dtype}")
        return np.ascontiguousarray(keys, self.key_dtype)

    def _check_pairs(self, keys: Any, values: Any) -> tuple[np.ndarray, np.ndarray]:
        keys, values = self._check_keys(keys), np.asarray(values)
        if values.shape != keys.shape:
            raise ValueError(f"there are {len(keys)} keys and values of shape {values.shape}")
        if len(values) and not np.can_cast(values.dtype, self.value_dtype, "same_kind"):
            raise TypeError(f"values of {values.dtype} do not become {self.value_dtype} without loss of kind")
        return keys, np.ascontiguousarray(values, self.value_dtype)

    def _check_accumulate(self, keys: Any, values: Any, operation: str) -> tuple[Any, Any]:
        if operation not in _FUNCTIONS:
            raise ValueError(f"unknown operation {operation!r}; there are {', '.join(_FUNCTIONS)}")
        if self.value_dtype.kind not in _KINDS[operation]:
            raise TypeError(f"operation {operation!r} has no meaning here for values of {self.value_dtype}")
        return self._check_pairs(keys, values), operation


def _checked(keys: Any, values: Any) -> tuple[Any, Any]:
    keys, values = np.dtype(keys), np.dtype(values)
    if keys != np.int64 and (keys.kind != "S" or not keys.itemsize):
        raise TypeError(f"keys must be int64 or bytes of a fixed width such as S16, got {keys}")
    if values.hasobject or not values.itemsize:
        raise TypeError(f"values of dtype {values} have no place in a table")
    return (keys, values), (keys.str, values.descr)

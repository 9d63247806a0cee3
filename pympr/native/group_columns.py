"""Columns that go into a group table and come out of it, as the C structs want them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pympr.native.columns import require_bytes
from pympr.native.group_layout import KINDS, OPERATIONS, State
from pympr.native.hash import hash_bytes, hash_combine, hash_fixed
from pympr.native.library import ffi, pointer, require
from pympr.native.sort import sort_permutation

STRINGS = ("string", "bytes")


@dataclass(frozen=True)
class Partials:
    """The groups of a table in the form in which tables are merged: a mean is its sum and count."""

    keys: list  # a column a key: a vector, or (data, starts, ends)
    key_valid: list  # uint8 masks, None where no key is null
    states: list  # a column a state; of sums that do not fit int64 the lowest 64 bits
    state_valid: list  # uint8 masks, 0 where all values of a group were null; None where none was
    carries: list  # how many times 2**64 to add to sums of int64, None where it is 0
    hashes: np.ndarray  # uint64, ascending

    def sorted(self) -> "Partials":
        """By hash, those of one hash as they are."""
        order = order_of(self.hashes)

        def take(columns):
            return [None if column is None else column[order] for column in columns]

        keys = [(key[0], key[1][order], key[2][order]) if isinstance(key, tuple) else key[order] for key in self.keys]
        masks = take(self.key_valid), take(self.state_valid)
        return Partials(keys, masks[0], take(self.states), masks[1], take(self.carries), self.hashes[order])


class RowsIn:
    """One call's columns as a `struct pympr_group_input`; keeps them alive."""

    def __init__(self, num_rows: int):
        self.input = ffi.new("struct pympr_group_input *")
        self.num_rows = num_rows
        self.is_nullable = False
        self.hashes = None
        self._kept, self._keys, self._values, self._carries = [], [], [], []

    def set_key(self, index: int, kind: str, column, valid) -> None:
        """Give key `index` its column; the mask may be None."""
        self._keys.append((index, kind, column, valid))
        if kind in STRINGS:
            data, starts, ends = column
            require_bytes(data, starts, ends)
            self._require_rows(starts, f"key {index}")
            self.input.keys[index] = self._address(data)
            self.input.key_data_bytes[index] = len(data)
            self.input.key_starts[index] = self._address(starts, "int64_t *")
            self.input.key_ends[index] = self._address(ends, "int64_t *")
        else:
            self._require_rows(require(column, kind, f"key {index}"), f"key {index}")
            self.input.keys[index] = self._address(column)
        self.input.key_valid[index] = self._mask(valid, f"the mask of key {index}")

    def set_value(self, index: int, state: State, column, valid, operation: str) -> None:
        """Give state `index` its values: a vector, or one Python scalar for all rows."""
        self._values.append((index, state, column, valid, operation))
        self.input.operations[index] = OPERATIONS[operation]
        self.input.value_kinds[index] = KINDS[state.kind]
        self.input.value_valid[index] = self._mask(valid, f"the mask of aggregate {state.aggregate}")
        if operation == "count" and column is None:
            return
        name = f"value column {state.aggregate}"
        if isinstance(column, np.ndarray):
            self._require_rows(require(column, state.kind, name), name)
        else:
            column = _constant(column, state.kind, name)
            self.input.is_constant[index] = 1
        self.input.values[index] = self._address(column)

    def set_carry(self, index: int, carry) -> None:
        """Give state `index` the carries of its values, if they have any."""
        if carry is not None:
            self._carries.append((index, carry))
            self._require_rows(require(carry, "int64", "carries"), "carries")
            self.input.carries[index] = self._address(carry, "int64_t *")

    def set_hashes(self, hashes) -> None:
        """Give the hashes of the keys, if they are known."""
        self.hashes = hashes
        if hashes is not None:
            self._require_rows(require(hashes, "uint64", "hashes"), "hashes")
            self.input.hashes = self._address(hashes, "uint64_t *")

    def set_states(self, states) -> None:
        """Give the place for the first state of every row's group, if it is wanted."""
        if states is not None:
            self._require_rows(require(states, "int64", "states_out"), "states_out")
            self.input.states = self._address(states, "int64_t *")

    @property
    def has_extras(self) -> bool:
        """Whether there are carries to add, or states to write."""
        return bool(self._carries) or self.input.states != ffi.NULL

    def only_key(self) -> tuple:
        """Kind, column and mask of the first key."""
        return self._keys[0][1:]

    def only_value(self) -> tuple[np.ndarray, bool]:
        """The column of the first state, and whether it is one item for all rows."""
        _, state, column, _, _ = self._values[0]
        is_vector = isinstance(column, np.ndarray)
        return (column, False) if is_vector else (_constant(column, state.kind, "value column 0"), True)

    def rearranged(self, num_rows: int, move: Callable, hashes: np.ndarray, with_keys: bool = True) -> "RowsIn":
        """Other rows, or an other order: `move` gives every vector, `hashes` are moved already.

        Without keys their place is taken by the hashes, for a table that only looks at those.
        """
        rows = RowsIn(num_rows)
        rows.set_hashes(hashes)
        for index, kind, column, valid in self._keys:
            if not with_keys:
                column = hashes.view(kind)
            elif kind in STRINGS:
                column = column[0], move(column[1]), move(column[2])
            else:
                column = move(column)
            rows.set_key(index, kind, column, None if valid is None else move(valid))
        for index, state, column, valid, operation in self._values:
            column = move(column) if isinstance(column, np.ndarray) else column
            rows.set_value(index, state, column, None if valid is None else move(valid), operation)
        for index, carry in self._carries:
            rows.set_carry(index, move(carry))
        return rows

    def key_slices(self, begin: int, end: int) -> tuple[list, list]:
        """The key columns of rows begin to end, and their masks."""
        columns, masks = [], []
        for _, kind, column, valid in self._keys:
            is_string = kind in STRINGS
            columns.append((column[0], column[1][begin:end], column[2][begin:end]) if is_string else column[begin:end])
            masks.append(None if valid is None else valid[begin:end])
        return columns, masks

    def hashed(self, seed: int, begin: int, end: int) -> np.ndarray:
        """The hashes of the keys of rows begin to end."""
        if self.hashes is not None:
            return self.hashes[begin:end]
        hashes = None
        for _, kind, column, valid in self._keys:
            hashes = combined_hash(hashes, kind, column, valid, seed, slice(begin, end))
        return hashes

    def _mask(self, valid, name: str):
        """NULL for a mask without zeros: most masks of nullable columns are."""
        if valid is None:
            return ffi.NULL
        self._require_rows(require(valid, "uint8", name), name)
        if valid.all():
            return ffi.NULL
        self.is_nullable = True
        return self._address(valid, "uint8_t *")

    def _address(self, array: np.ndarray, ctype: str = "void *"):
        self._kept.append(array)
        return pointer(array, ctype)

    def _require_rows(self, column: np.ndarray, name: str) -> None:
        if len(column) != self.num_rows:
            raise ValueError(f"{name} must have {self.num_rows} rows, got {len(column)}")


class RowsOut:
    """Arrays for the groups of a table as a `struct pympr_group_output`."""

    def __init__(self, num_rows: int):
        self.output = ffi.new("struct pympr_group_output *")
        self.num_rows = num_rows
        self.hashes = np.empty(num_rows + 1, np.uint64)[:num_rows]  # the kernel writes one ahead
        self.output.hashes = pointer(self.hashes, "uint64_t *")

    def key(self, index: int, kind: str, key_bytes: int):
        """The column that key `index` will be written to."""
        if kind not in STRINGS:
            column = np.empty(self.num_rows, kind)
            self.output.keys[index] = pointer(column, "void *")
            return column
        column = np.empty(key_bytes, np.uint8), self._int64(), self._int64()
        self.output.keys[index] = pointer(column[0], "void *")
        self.output.key_starts[index] = pointer(column[1], "int64_t *")
        self.output.key_ends[index] = pointer(column[2], "int64_t *")
        return column

    def state(self, index: int, state: State) -> np.ndarray:
        """The column that state `index` will be written to."""
        column = np.empty(self.num_rows, state.dtype)
        self.output.is_bool[index] = state.dtype == "bool"
        self.output.states[index] = pointer(column, "void *")
        return column

    def carry(self, index: int) -> np.ndarray:
        """The column that the carries of state `index` will be written to."""
        column = self._int64()
        self.output.carries[index] = pointer(column, "int64_t *")
        return column

    def mask(self, masks, index: int) -> np.ndarray:
        """The mask that goes with key or state `index`; `masks` is that array of the struct."""
        column = np.empty(self.num_rows, np.uint8)
        masks[index] = pointer(column, "uint8_t *")
        return column

    def _int64(self) -> np.ndarray:
        return np.empty(self.num_rows, np.int64)


def order_of(hashes: np.ndarray) -> np.ndarray:
    """The stable permutation that sorts hashes; with the first bit flipped they sort as int64."""
    return sort_permutation((hashes ^ np.uint64(1 << 63)).view(np.int64))


def combined_hash(hashes, kind: str, column, valid, seed: int, rows) -> np.ndarray:
    """The hashes of some rows of a key column, combined with those of the columns before it, if any."""
    valid = None if valid is None else valid[rows]
    if kind in STRINGS:
        data, starts, ends = column
        part = hash_bytes(data, starts[rows], ends[rows], seed, valid, kind=kind)
    else:
        part = hash_fixed(column[rows], seed, valid)
    return part if hashes is None else hash_combine(hashes, part)


def _constant(value, kind: str, name: str) -> np.ndarray:
    """One item of `kind`, refused when it is not exactly `value`."""
    fits = {"int64": (int, bool), "float64": (float, int), "bool": (bool,)}[kind]
    if not isinstance(value, fits):
        raise TypeError(f"{name} must be a vector or a constant of {kind}, got {type(value).__name__}")
    try:
        constant = np.array([value], kind)
    except OverflowError as error:
        raise ValueError(f"{name} is {value}, which is no {kind}") from error
    if constant[0] != value and value == value:
        raise ValueError(f"{name} is {value}, which is no {kind}")
    return constant

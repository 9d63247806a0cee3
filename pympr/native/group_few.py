"""Sums of many rows of few keys, made in small tables before the groups enter the hash table.

Int64 keys that lie close together address their sums themselves; short strings and bytes are looked up in a
table of nothing but keys, without a branch a row. Only sums of int64 come so: the order in which
they are added does not show.
"""

import numpy as np

from pympr.native.group_columns import RowsIn
from pympr.native.group_layout import State
from pympr.native.library import FULL, check, ffi, lib, pointer

LEAST_ROWS = 1 << 15  # fewer are not worth the tables
NEAR_KEYS = 1 << 16  # whose four tables of sums use the second cache in part only
LEAST_REPEATS = 4  # rows a key for which another table of close keys is worth it
SLOTS = 1 << 15
MOST_STRINGS = 1 << 14
MOST_PASSED = 1 << 16  # rows that a table of strings leaves to others
TABLES = 4


def sum_few(rows: RowsIn, state: State) -> tuple[list[RowsIn], int]:
    """Rows that stand for the first of `rows`, and how many those are: 0 where this is not the way."""
    kind, key, _ = rows.only_key()
    sums = _near_sums if kind == "int64" else _short_sums
    return sums(rows, state, kind, key, *rows.only_value())


def is_for_few(rows: RowsIn, keys: tuple[str, ...], states: list[State]) -> bool:
    """Whether these are rows of one int64, string or bytes key with one sum of int64, without nulls."""
    is_sum = len(states) == 1 and (states[0].operation, states[0].kind) == ("sum", "int64")
    is_plain = rows.hashes is None and not rows.is_nullable and not rows.has_extras
    return is_sum and is_plain and keys in (("int64",), ("string",), ("bytes",)) and rows.num_rows >= LEAST_ROWS


def _near_sums(rows: RowsIn, state: State, _: str, keys: np.ndarray, values: np.ndarray, is_constant: bool):
    found, begin, position = [], 0, ffi.new("int64_t *")
    while begin < rows.num_rows:
        part = _NearSums()
        status = part.add(keys, values, is_constant, begin, rows.num_rows, position)
        if position[0] > begin:
            found.append(part.rows(state))
        is_worth = position[0] - begin >= LEAST_REPEATS * (found[-1].num_rows if found else 1)
        begin = position[0]
        if status == FULL and not (is_worth and rows.num_rows - begin >= LEAST_ROWS):
            break
    return found, begin


class _NearSums:
    """A `struct pympr_near_sums` and its arrays."""

    def __init__(self):
        self._sums, self._seen = np.zeros(TABLES * NEAR_KEYS, np.int64), np.zeros(NEAR_KEYS, np.uint8)
        self._table = ffi.new("struct pympr_near_sums *")
        self._table.sums, self._table.seen = pointer(self._sums, "int64_t *"), pointer(self._seen, "uint8_t *")
        self._table.room = NEAR_KEYS

    def add(self, keys, values, is_constant: bool, begin: int, end: int, position) -> int:
        arrays = pointer(keys, "int64_t *"), pointer(values, "int64_t *")
        status = lib.pympr_group_near_add(self._table, *arrays, is_constant, begin, end, position)
        if status != FULL:
            check(status, "group_near_add")
        return status

    def rows(self, state: State) -> RowsIn:
        at = np.flatnonzero(self._seen)
        sums = self._sums.reshape(TABLES, NEAR_KEYS)[:, at].sum(0)
        return _sum_rows("int64", at + np.int64(self._table.low), sums, state)


def _short_sums(rows: RowsIn, state: State, kind: str, key: tuple, values: np.ndarray, is_constant: bool):
    data, starts, ends = key
    words, sums = np.zeros(2 * SLOTS, np.uint64), np.zeros(TABLES * (SLOTS + 1), np.int64)
    slots, firsts, passed = (np.empty(size, np.int64) for size in (MOST_STRINGS, MOST_STRINGS, MOST_PASSED))
    table, position = ffi.new("struct pympr_short_sums *"), ffi.new("int64_t *")
    table.words, table.sums, table.num_slots = pointer(words, "uint64_t *"), pointer(sums, "int64_t *"), SLOTS
    table.slots, table.rows, table.max_keys = pointer(slots, "int64_t *"), pointer(firsts, "int64_t *"), MOST_STRINGS
    table.passed, table.max_passed = pointer(passed, "int64_t *"), MOST_PASSED
    columns = pointer(starts, "int64_t *"), pointer(ends, "int64_t *"), pointer(values, "int64_t *")
    text = pointer(data, "uint8_t *")
    status = lib.pympr_group_short_add(table, text, len(data), *columns, is_constant, 0, rows.num_rows, position)
    if status != FULL:
        check(status, "group_short_add")
    slots, firsts, passed = slots[: table.num_keys], firsts[: table.num_keys], passed[: table.num_passed]
    totals = sums.reshape(TABLES, SLOTS + 1)[:, slots].sum(0)
    left = np.repeat(values, len(passed)) if is_constant else values[passed]
    parts = [(firsts, totals), (passed, left)]
    found = [_sum_rows(kind, (data, starts[at], ends[at]), amounts, state) for at, amounts in parts if len(at)]
    return found, position[0]


def _sum_rows(kind: str, key, values: np.ndarray, state: State) -> RowsIn:
    rows = RowsIn(len(values))
    rows.set_key(0, kind, key, None)
    rows.set_hashes(None)
    rows.set_value(0, state, values, None, "sum")
    return rows

"""Combining by key where floats are summed and nothing of the result may depend on who merged what.

Before the exchange a float sum is a state of `pympr.native.binned` (five integers), an integer sum two
integers, its upper and its lower 32 bits; they are told apart by how many they are.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock, concat, pair, to_columns
from pympr.data.column import Column, FixedColumn
from pympr.data.schema import Layout, Leaf, Row, is_pair, leaves
from pympr.native import binned
from pympr.native.group_ids import group_ids
from pympr.plan.wide import Operations
from pympr.run.operators.arrays import arrays_of_column
from pympr.run.operators.python_combine import one_nan

_INTEGER, _FLOAT = Leaf("int64"), Leaf("float64")
_STATE, _HALVES = Row((_INTEGER,) * binned.words()), Row((_INTEGER,) * 2)
_FLOAT_SUM = ("sum", "float64")
_KNOWN = {_FLOAT_SUM, ("sum", "int64"), ("min", "int64"), ("max", "int64")}
_MARK = int(binned.empty_states(1)[0, 0]) >> 32
_PIECE_ROWS = 1 << 18
_EXTREMES = {"min": np.minimum, "max": np.maximum, "lesser": np.minimum, "greater": np.maximum}


def is_binned(config: Config, aggregates: tuple[tuple[str, str], ...]) -> bool:
    """Whether these aggregates are combined here: float sums, where results must be reproducible."""
    return config.reproducible and _FLOAT_SUM in aggregates and _KNOWN.issuperset(aggregates)


class BinnedCombiner:
    """Takes (key, value) columns of one layout, gives (key, state) columns in the canonical order."""

    def __init__(self, operation: Operations, config: Config) -> None:
        self._operation, self._seed = operation, config.hash_seed
        self._waiting: list[ColumnBlock] = []
        self._states: list[ColumnBlock] = []
        self._rows = self._merged = 0

    def add_while_it_pays(self, block: ColumnBlock) -> ColumnBlock:
        """Combine a block's values; none is given back."""
        if not len(block):
            return block
        self._waiting.append(block.compact())
        self._rows += len(block)
        if self._rows >= _PIECE_ROWS:
            self._combine()
        return block.slice(0, 0)

    def _combine(self) -> None:
        if self._waiting:
            self._states.append(states_of(concat(self._waiting), self._operation, self._seed))
            self._waiting, self._rows = [], 0
        if sum(map(len, self._states)) > 2 * self._merged + _PIECE_ROWS:
            self._merge()

    def _merge(self) -> None:
        if len(self._states) < 2:
            return
        self._states = [merged(concat(self._states), self._operation, self._seed)]
        self._merged = len(self._states[0])

    @property
    def num_bytes(self) -> int:
        """What waits and is held."""
        return sum(block.nbytes for block in [*self._waiting, *self._states])

    def results(self) -> Iterator[Block]:
        """`result`, where there is one."""
        if len(found := self.result()):
            yield found

    def result(self) -> Block:
        """(key, state) of every key."""
        self._combine()
        self._merge()
        return self._states[0] if self._states else ObjectBlock([])


def states_of(block: ColumnBlock, operation: Operations, seed: int) -> ColumnBlock:
    """(key, state) columns of (key, value) columns, a row a key."""
    keys, ids, count = _grouped(block, seed)
    values = block.item(1)
    items = (values,) if isinstance(values.layout, Leaf) else tuple(map(values.item, range(len(values.layout.items))))
    operations = (operation,) if isinstance(operation, str) else operation
    made = [_state_of(item, name, ids, count) for item, name in zip(items, operations)]
    return pair(keys, made[0] if isinstance(operation, str) else _tuples(made, count))


def _state_of(item: ColumnBlock, operation: str, ids: np.ndarray, count: int) -> ColumnBlock:
    values = item.columns[0].contiguous()
    if operation != "sum":
        return _columns([_extreme(operation, values, ids, count)], _INTEGER)
    if values.dtype == np.float64:
        states = binned.empty_states(count)
        binned.add_each(states, ids, values)
        return _columns(list(states.T), _STATE)
    return _columns(_added([values >> 32, values & 0xFFFFFFFF], ids, count), _HALVES)


def merged(block: ColumnBlock, operation: Operations, seed: int) -> ColumnBlock:
    """(key, state) columns with a row a key."""
    keys, ids, count = _grouped(block, seed)
    made = [_merged_item(item, name, ids, count) for item, name in _items(block.item(1), operation)]
    return pair(keys, made[0] if isinstance(operation, str) else _tuples(made, count))


def _merged_item(item: ColumnBlock, operation: str, ids: np.ndarray, count: int) -> ColumnBlock:
    if item.layout == _STATE:
        states = binned.empty_states(count)
        binned.merge(states, ids, _states(item))
        return _columns(list(states.T), _STATE)
    arrays = [column.contiguous() for column in item.columns]
    if item.layout == _HALVES:
        return _columns(_added(arrays, ids, count), _HALVES)
    return _columns([_extreme(operation, arrays[0], ids, count)], _INTEGER)


def finished(block: ColumnBlock, operation: Operations, seed: int) -> Block:
    """(key, value) columns of (key, state) columns, a row a key in the canonical order."""
    block = merged(block, operation, seed)
    exact: dict[int, np.ndarray] = {}
    made = []
    for position, (item, _) in enumerate(_items(block.item(1), operation)):
        made.append(_finished_item(item, exact, position))
    result = pair(block.item(0), made[0] if isinstance(operation, str) else _tuples(made, len(block)))
    return _with_large(result, exact, isinstance(operation, str)) if exact else result


def _finished_item(item: ColumnBlock, exact: dict[int, np.ndarray], position: int) -> ColumnBlock:
    if item.layout == _STATE:
        return _columns([binned.finish(_states(item))], _FLOAT)
    if item.layout != _HALVES:
        return item
    upper, lower = (column.contiguous() for column in item.columns)
    upper, lower = upper + (lower >> 32), lower & 0xFFFFFFFF
    if len(upper) and (upper.max() >= 1 << 31 or upper.min() < -(1 << 31)):
        exact[position] = (upper.astype(object) << 32) + lower.astype(object)
    return _columns([(upper << 32) | lower], _INTEGER)


def _with_large(block: ColumnBlock, exact: dict[int, np.ndarray], is_plain: bool) -> Block:
    """Python's integers where int64 is too small."""
    records = block.records()
    for position, numbers in exact.items():
        for row, number in enumerate(numbers.tolist()):
            key, value = records[row]
            records[row] = key, number if is_plain else (*value[:position], number, *value[position + 1 :])
    return ObjectBlock(records)


def has_states(block: Block, operation: Operations | None) -> bool:
    """Whether a block is (key, state) columns: where combiners have a name, plain values are no tuples."""
    if operation is None or not isinstance(block, ColumnBlock) or not is_pair(block.layout):
        return False
    value = block.layout.items[1]
    if isinstance(operation, str):
        return value == _STATE
    return isinstance(value, Row) and len(value.items) == len(operation) and _STATE in value.items


def without_states(records: Iterable[Any], operation: Operations, seed: int) -> list[Any]:
    """Records of which some may be (key, state): these merged and finished, before the others."""
    numbers: dict[Any, int] = {}
    found: dict[tuple[int, ...], list[tuple[int, Any]]] = {}
    others = []
    for record in records:
        if isinstance(record, tuple) and len(record) == 2 and (shape := _shape(record[1], operation)):
            number = numbers.setdefault(one_nan(record[0]), len(numbers))
            found.setdefault(shape, []).append((number, record[1]))
        else:
            others.append(record)
    keys, done = list(numbers), []
    for shape in sorted(found):
        block = finished(to_columns(ObjectBlock(found[shape])), operation, seed)
        done += [(keys[number], value) for number, value in block.records()]
    return done + others


def _shape(value: Any, operation: Operations) -> tuple[int, ...]:
    """How many integers every item of a state has; nothing for what is none."""
    if isinstance(operation, str):
        return (binned.words(),) if _is_state(value) else ()
    if not isinstance(value, tuple) or len(value) != len(operation) or not any(map(_is_state, value)):
        return ()
    return tuple(len(item) if isinstance(item, tuple) else 1 for item in value)


def _is_state(value: Any) -> bool:
    is_long = type(value) is tuple and len(value) == binned.words()
    return is_long and type(value[0]) is int and value[0] >> 32 == _MARK


def _grouped(block: ColumnBlock, seed: int) -> tuple[ColumnBlock, np.ndarray, int]:
    """One row of every key, the number of every row's key among them, and how many there are."""
    keys = block.item(0)
    kinds = [leaf.kind for leaf in leaves(keys.layout)]
    valid = [column.valid for column in keys.columns]
    ids, count, first_rows = group_ids(kinds, list(map(arrays_of_column, keys.columns)), len(block), seed, valid)
    return keys.take(first_rows), ids, count


def _items(values: ColumnBlock, operation: Operations) -> list[tuple[ColumnBlock, str]]:
    if isinstance(operation, str):
        return [(values, operation)]
    return [(values.item(position), name) for position, name in enumerate(operation)]


def _states(item: ColumnBlock) -> np.ndarray:
    return np.stack([column.contiguous() for column in item.columns], axis=1)


def _added(arrays: list[np.ndarray], ids: np.ndarray, count: int) -> list[np.ndarray]:
    sums = [np.zeros(count, np.int64) for _ in arrays]
    for total, values in zip(sums, arrays):
        np.add.at(total, ids, values)
    return sums


def _extreme(operation: str, values: np.ndarray, ids: np.ndarray, count: int) -> np.ndarray:
    found = np.empty(count, np.int64)
    found[ids] = values  # any of the key's
    _EXTREMES[operation].at(found, ids, values)
    return found


def _columns(arrays: list[np.ndarray], layout: Layout) -> ColumnBlock:
    columns: list[Column] = [FixedColumn(np.ascontiguousarray(array)) for array in arrays]
    return ColumnBlock(layout, columns, len(arrays[0]))


def _tuples(items: list[ColumnBlock], count: int) -> ColumnBlock:
    columns = [column for item in items for column in item.columns]
    return ColumnBlock(Row(tuple(item.layout for item in items)), columns, count)

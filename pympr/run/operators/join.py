"""Joining two inputs by key.

Rows come by key group, in one group in the order of the left rows, then in that of the right ones: the order of an
inner join depends on the keys alone, whatever the partitions. Right rows that meet none follow at the end.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock, concat, inside, outside, to_columns
from pympr.data.column import Column, FixedColumn
from pympr.data.schema import Layout, Leaf, Row, is_pair, leaves
from pympr.native.join import join_indices
from pympr.native.join_groups import HOWS, MOST_RIGHT_ROWS, GroupedPairs
from pympr.run.operators.arrange import GroupedBlock, by_key_group
from pympr.run.operators.combine import arrays_of_column
from pympr.run.operators.python_combine import one_nan

_KEEPS_LEFT, _KEEPS_RIGHT = ("left", "full"), ("right", "full")


def join(how: str, left: Iterator[Block], right: Iterator[Block], config: Config) -> Iterator[Block]:
    """(k, (v, w)) for equal keys; None stands for the side that has no row."""
    a, b = to_columns(concat(left)), to_columns(concat(right))
    if how == "inner":  # elsewhere None may stand for lists, and they are objects
        a, b = inside(a), inside(b)
    if not len(a) and not (len(b) and how in _KEEPS_RIGHT):
        return
    if not len(b) and how not in _KEEPS_LEFT:
        return
    if not _are_typed(a, b):
        a, b = by_key_group(a, config), by_key_group(b, config)
        yield _join_records(how, a.records(), b.records())
    elif how in HOWS and a.layout.items[0] == Leaf("int64") and len(b) <= MOST_RIGHT_ROWS:
        yield outside(_join_groups(how, by_key_group(a, config), by_key_group(b, config)))
    else:
        b = by_key_group(b, config) if how in _KEEPS_RIGHT else b
        yield _join_columns(how, by_key_group(a, config), b)


def _join_groups(how: str, a: GroupedBlock, b: GroupedBlock) -> Block:
    """The join of rows with whole numbers as keys, group by group."""
    words = [side.columns[0].contiguous().view(np.uint64) for side in (a, b)]
    pairs = GroupedPairs(words[0], a.edges, words[1], b.edges, how)
    if how != "inner":
        return _paired(how, a, b, *pairs.rows())
    w = b.item(1)
    taken = iter(pairs.take(_moved(a.columns), _moved(w.columns)))
    columns = [_taken(column, taken) for column in [*a.columns, *w.columns]]
    key, v = a.layout.items
    return ColumnBlock(Row((key, Row((v, w.layout)))), columns, pairs.length)


def _moved(columns: list[Column]) -> list[np.ndarray]:
    """The arrays of which rows are taken, column by column."""
    arrays: list[np.ndarray] = []
    for column in columns:
        parts = [column.values] if isinstance(column, FixedColumn) else [column.starts, column.ends]
        arrays += [np.ascontiguousarray(part) for part in parts + ([] if column.valid is None else [column.valid])]
    return arrays


def _taken(column: Column, taken: Iterator[np.ndarray]) -> Column:
    """The column with the next of the arrays taken."""
    parts = [next(taken)] if isinstance(column, FixedColumn) else [next(taken), next(taken)]
    valid = None if column.valid is None else next(taken)
    if isinstance(column, FixedColumn):
        return FixedColumn(*parts, valid)
    return replace(column, starts=parts[0], ends=parts[1], valid=valid)


def _are_typed(a: Block, b: Block) -> bool:
    if not (isinstance(a, ColumnBlock) and isinstance(b, ColumnBlock)):
        return False
    if not (is_pair(a.layout) and is_pair(b.layout)):
        return False
    return a.layout.items[0] == b.layout.items[0] and all(leaf.kind != "none" for leaf in leaves(a.layout.items[0]))


def _join_columns(how: str, a: ColumnBlock, b: ColumnBlock) -> Block:
    kinds = [leaf.kind for leaf in leaves(a.layout.items[0])]
    return _paired(how, a, b, *join_indices(_keys(a), _keys(b), how, kinds=kinds))


def _paired(how: str, a: ColumnBlock, b: ColumnBlock, a_index: np.ndarray, b_index: np.ndarray) -> Block:
    """The records of pairs of rows, -1 standing for no row."""
    if how in _KEEPS_RIGHT:
        key = _merged_keys(a.item(0), b.item(0), a_index, b_index)
    else:
        key = a.item(0).take(a_index)
    v = _take_or_null(a.item(1), a_index, how in _KEEPS_RIGHT)
    w = _take_or_null(b.item(1), b_index, how in _KEEPS_LEFT)
    if not (isinstance(v, ColumnBlock) and isinstance(w, ColumnBlock)):
        return ObjectBlock(list(zip(key.records(), zip(v.records(), w.records()))))
    layout = Row((key.layout, Row((v.layout, w.layout))))
    return outside(ColumnBlock(layout, [*key.columns, *v.columns, *w.columns], len(a_index)))


def _keys(block: ColumnBlock) -> list[Any]:
    columns = block.item(0).columns
    return [arrays_of_column(c) if c.valid is None else (arrays_of_column(c), c.valid) for c in columns]


def _merged_keys(a: ColumnBlock, b: ColumnBlock, a_index: np.ndarray, b_index: np.ndarray) -> ColumnBlock:
    both = concat([a, b])
    return both.take(np.where(a_index >= 0, a_index, b_index + len(a)))


def _take_or_null(block: ColumnBlock, index: np.ndarray, may_miss: bool) -> Block:
    missing = index < 0
    if not may_miss or not missing.any():
        return block.take(index)
    if not len(block):
        return _nulls(block.layout, len(index))
    taken = block.take(np.where(missing, 0, index))
    if isinstance(block.layout, Row):
        records = [None if gone else record for gone, record in zip(missing.tolist(), taken.records())]
        return to_columns(ObjectBlock(records))
    column = taken.columns[0]
    present = (~missing).astype(np.uint8)
    column.valid = present if column.valid is None else column.valid & present
    return ColumnBlock(Leaf(block.layout.kind, nullable=True), [column], len(index))


def _nulls(layout: Layout, length: int) -> ColumnBlock:
    return ColumnBlock(Leaf("none"), [FixedColumn(np.zeros(length, np.bool_))], length)


def _join_records(how: str, left: Any, right: Any) -> ObjectBlock:
    by_key: dict[Any, list[Any]] = {}
    for key, value in right:
        by_key.setdefault(one_nan(key), []).append(value)
    joined, met = [], set()
    for key, value in left:
        key = one_nan(key)
        matches = by_key.get(key)
        if matches is not None:
            met.add(key)
            joined += [(key, (value, other)) for other in matches]
        elif how in _KEEPS_LEFT:
            joined.append((key, (value, None)))
    if how in _KEEPS_RIGHT:
        joined += [(k, (None, w)) for k, values in by_key.items() if k not in met for w in values]
    return ObjectBlock(joined)

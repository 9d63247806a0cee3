"""Grouping by key: all values of a key, in the order of partition and position."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ManyBlock, ObjectBlock, concat
from pympr.data.column import ManyColumn
from pympr.data.schema import Many, Row, is_pair, leaves
from pympr.native.group_ids import group_permutation
from pympr.run.operators.combine import arrays_of_column, in_hash_order
from pympr.run.operators.python_combine import one_nan
from pympr.run.place import first_items
from pympr.run.result_iterable import ResultIterable

# Groups that become Python objects at a time: what follows may be done with them before the next are made.
_GROUPS_A_BLOCK = 1 << 12


def group_by_key(blocks: Iterator[Block], config: Config) -> Iterator[Block]:
    """(key, ResultIterable of values) in the order of the key hash."""
    block = concat(blocks)
    if _has_key_columns(block):
        yield _as_columns(block, config)
        return
    groups = values_by_key(block.records())
    if groups:
        yield in_hash_order([(key, ResultIterable(values)) for key, values in groups.items()], config)


def _as_columns(block: ColumnBlock, config: Config) -> Block:
    values = block.item(1)
    order, edges, firsts = _order(block, config)
    lists = ManyColumn(values.take(order), edges[:-1], edges[1:])
    layout = Row((block.layout.items[0], Many(values.layout, ResultIterable)))
    return ManyBlock(ColumnBlock(layout, [*block.item(0).take(firsts).columns, lists], len(firsts)))


def _order(block: ColumnBlock, config: Config) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows by key in the order of the key hash, where each key's begin and end, and its first row."""
    keys = block.item(0)
    kinds, valid = [leaf.kind for leaf in leaves(keys.layout)], [column.valid for column in keys.columns]
    columns = [arrays_of_column(column) for column in keys.columns]
    return group_permutation(kinds, columns, len(block), config.hash_seed, valid)


def cogroup(inputs: list[Iterator[Block]], config: Config) -> Iterator[Block]:
    """(key, one ResultIterable an input) in the order of the key hash."""
    groups = [_lists_by_key(concat(blocks), config) for blocks in inputs]
    keys = dict.fromkeys(key for group in groups for key in group)
    if keys:
        yield in_hash_order([(k, tuple(ResultIterable(g.get(k, [])) for g in groups)) for k in keys], config)


def _has_key_columns(block: Block) -> bool:
    """Whether the kernels can tell the keys apart."""
    if not isinstance(block, ColumnBlock) or not is_pair(block.layout):
        return False
    return all(leaf.kind != "none" for leaf in leaves(block.layout.items[0]))


def _grouped(block: ColumnBlock, config: Config) -> Iterator[tuple[list[Any], list[list[Any]]]]:
    """Some keys, in the order of their hash, and the values of each, again and again."""
    keys, values = block.item(0), block.item(1)
    order, offsets, firsts = _order(block, config)
    for begin in range(0, len(firsts), _GROUPS_A_BLOCK):
        bounds = offsets[begin : begin + _GROUPS_A_BLOCK + 1]
        mine = values.take(np.ascontiguousarray(order[bounds[0] : bounds[-1]])).records()
        edges = (bounds - bounds[0]).tolist()
        lists = [mine[first:last] for first, last in zip(edges, edges[1:])]
        yield list(keys.take(firsts[begin : begin + _GROUPS_A_BLOCK]).records()), lists


def _lists_by_key(block: Block, config: Config) -> dict[Any, list[Any]]:
    if not _has_key_columns(block):
        return values_by_key(block.records())
    found = (pair for keys, lists in _grouped(block, config) for pair in zip(keys, lists, strict=True))
    return {one_nan(key) if key != key or isinstance(key, tuple) else key: values for key, values in found}


def values_by_key(records: Any) -> dict[Any, list[Any]]:
    """The values of every key in their order, keys as they came first; all NaN are one key.

    Raises TypeError, with the record, for a record that is not a pair.
    """
    groups: dict[Any, list[Any]] = {}
    try:
        for key, value in records:
            if key not in groups and (key != key or isinstance(key, tuple)):
                key = one_nan(key)
            if key in groups:
                groups[key].append(value)
            else:
                groups[key] = [value]
    except (TypeError, ValueError):
        first_items(ObjectBlock(records))
        raise
    return groups

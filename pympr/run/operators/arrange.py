"""Rows brought into the order of small numbers: their partition, or the group of their key."""

from dataclasses import dataclass, replace

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock
from pympr.data.column import Column, FixedColumn
from pympr.data.keyhash import hash_block
from pympr.native import partition
from pympr.run.place import first_items

_FEW_ROWS = 1 << 13  # below, sorting them costs less than setting up a scatter to thousands of places


@dataclass(slots=True)
class GroupedBlock(ColumnBlock):
    """(key, value) rows by key group, each group's in their order; those of group g are `edges[g]:edges[g + 1]`."""

    edges: np.ndarray

    def groups(self, begin: int, end: int) -> "GroupedBlock":
        """The rows of some groups; the others have none."""
        first, last = int(self.edges[begin]), int(self.edges[end])
        rows = self.slice(first, last)
        return GroupedBlock(rows.layout, rows.columns, rows.length, np.clip(self.edges - first, 0, last - first))


def arranged(block: Block, numbers: np.ndarray, edges: np.ndarray) -> Block:
    """The rows by `numbers` (uint32), those of one number in their order; `edges` (int64) is where each begins."""
    if isinstance(block, ObjectBlock) or len(block) < min(_FEW_ROWS, 2 * len(edges)):
        return block.take(np.argsort(numbers, kind="stable"))
    columns: list[Column] = []
    for column in block.columns:
        valid = None if column.valid is None else _scattered(column.valid, numbers, edges)
        if isinstance(column, FixedColumn):
            columns.append(FixedColumn(_scattered(column.values, numbers, edges), valid))
        else:
            starts, ends = _scattered(column.starts, numbers, edges), _scattered(column.ends, numbers, edges)
            columns.append(replace(column, starts=starts, ends=ends, valid=valid))
    return ColumnBlock(block.layout, columns, len(block))


def by_key_group(block: Block, config: Config) -> Block:
    """(key, value) records by the group of their key; columns become a GroupedBlock."""
    if isinstance(block, GroupedBlock):
        return block
    groups = np.arange(config.key_groups, dtype=np.uint32)
    numbers = partition.buckets_from_table(hash_block(first_items(block), config.hash_seed), groups)
    edges = edges_of(numbers, config.key_groups)
    rows = arranged(block, numbers, edges)
    return GroupedBlock(rows.layout, rows.columns, len(rows), edges) if isinstance(rows, ColumnBlock) else rows


def edges_of(numbers: np.ndarray, count: int) -> np.ndarray:
    """Where the rows of each number below `count` begin once they are arranged, and their end: int64[count + 1]."""
    edges = np.zeros(count + 1, np.int64)
    np.cumsum(partition.histogram(numbers, count), out=edges[1:])
    return edges


def _scattered(values: np.ndarray, numbers: np.ndarray, edges: np.ndarray) -> np.ndarray:
    out = np.empty(len(values), values.dtype)
    cursors = np.uint64(out.ctypes.data) + edges[:-1].astype(np.uint64) * np.uint64(values.itemsize)
    partition.scatter_fixed(np.ascontiguousarray(values), numbers, cursors)
    return out

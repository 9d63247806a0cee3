"""Blocks: runs of records, as columns or as Python objects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pympr.data.column import Column, FixedColumn, concat_columns
from pympr.data.convert import columns_of, values_of
from pympr.data.schema import Layout, Leaf, Row, has_many, width


@dataclass(slots=True)
class ColumnBlock:
    """`length` records of one layout, as columns; never changed once made."""

    layout: Layout
    columns: list[Column]
    length: int

    def __len__(self) -> int:
        return self.length

    @property
    def nbytes(self) -> int:
        return sum(column.nbytes for column in self.columns)

    def records(self) -> list[Any]:
        """The records as Python values."""
        return values_of(self.layout, self.columns)

    def slice(self, begin: int, end: int) -> "ColumnBlock":
        """Records `begin` to `end`, without a copy."""
        return ColumnBlock(self.layout, [c.slice(begin, end) for c in self.columns], end - begin)

    def take(self, index: np.ndarray) -> "ColumnBlock":
        """The records at the positions `index` (int64)."""
        return ColumnBlock(self.layout, [c.take(index) for c in self.columns], len(index))

    def compact(self) -> "ColumnBlock":
        """The same records over buffers of their own size."""
        columns = [c.compact() if not isinstance(c, FixedColumn) and c.is_sparse else c for c in self.columns]
        return ColumnBlock(self.layout, columns, self.length)

    def item(self, position: int) -> "ColumnBlock":
        """The block of every record's item at `position`, without a copy."""
        items = self.layout.items
        begin = sum(width(item) for item in items[:position])
        layout = items[position]
        return ColumnBlock(layout, self.columns[begin : begin + width(layout)], self.length)


@dataclass(slots=True)
class ObjectBlock:
    """Records that have no layout, as a list; never changed once made."""

    values: Sequence[Any]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        return 64 * len(self.values)

    def records(self) -> Sequence[Any]:
        """The records themselves."""
        return self.values

    def slice(self, begin: int, end: int) -> "ObjectBlock":
        """Records `begin` to `end`."""
        return ObjectBlock(self.values[begin:end])

    def take(self, index: np.ndarray) -> "ObjectBlock":
        """The records at the positions `index`."""
        values = self.values
        return ObjectBlock([values[i] for i in index.tolist()])

    def compact(self) -> "ObjectBlock":
        """The block itself: it holds no more than its records."""
        return self


class ManyBlock(ObjectBlock):
    """Records with lists in them: `inner` has their columns, for steps that know such; to others they are objects.

    They are made anew whenever they are asked for.
    """

    __slots__ = ("inner",)

    def __init__(self, inner: ColumnBlock) -> None:
        self.inner = inner

    def __reduce__(self) -> tuple[Any, ...]:
        return ManyBlock, (self.inner,)

    def __len__(self) -> int:
        return self.inner.length

    @property
    def values(self) -> list[Any]:
        return self.inner.records()

    @property
    def nbytes(self) -> int:
        return self.inner.nbytes

    def records(self) -> list[Any]:
        """The records as Python values."""
        return self.inner.records()

    def slice(self, begin: int, end: int) -> "ManyBlock":
        """Records `begin` to `end`, without a copy."""
        return ManyBlock(self.inner.slice(begin, end))

    def take(self, index: np.ndarray) -> "ManyBlock":
        """The records at the positions `index` (int64)."""
        return ManyBlock(self.inner.take(index))

    def compact(self) -> "ManyBlock":
        """The same records over buffers of their own size."""
        return ManyBlock(self.inner.compact())


Block = ColumnBlock | ObjectBlock


def outside(block: ColumnBlock) -> Block:
    """The block as others may see it: lists are no columns to them."""
    return ManyBlock(block) if has_many(block.layout) else block


def inside(block: Block) -> Block:
    """The block with its columns, lists among them."""
    return block.inner if isinstance(block, ManyBlock) else block


def to_columns(block: Block) -> Block:
    """The block as columns where its records have a layout, else itself.

    >>> to_columns(ObjectBlock([1, 2])).layout
    Leaf(kind='int64', nullable=False)
    >>> to_columns(ObjectBlock([1, "a"]))
    ObjectBlock(values=[1, 'a'])
    """
    if isinstance(block, (ColumnBlock, ManyBlock)) or not len(block):
        return block
    converted = columns_of(block.values)
    if converted is None:
        return block
    layout, columns = converted
    return ColumnBlock(layout, columns, len(block))


def pair(keys: ColumnBlock, values: ColumnBlock) -> ColumnBlock:
    """The block of (key, value) records."""
    return ColumnBlock(Row((keys.layout, values.layout)), keys.columns + values.columns, keys.length)


def concat(blocks: Iterable[Block]) -> Block:
    """One block with the records of all, in order; columns when all have the same layout."""
    blocks = [block for block in blocks if len(block)]
    if len(blocks) == 1:
        return blocks[0]
    if blocks and all(isinstance(b, ColumnBlock) and b.layout == blocks[0].layout for b in blocks):
        columns = [concat_columns(list(parts)) for parts in zip(*(b.columns for b in blocks))]
        return ColumnBlock(blocks[0].layout, columns, sum(map(len, blocks)))
    if blocks and all(isinstance(b, ManyBlock) and b.inner.layout == blocks[0].inner.layout for b in blocks):
        return ManyBlock(concat([block.inner for block in blocks]))
    return ObjectBlock([record for block in blocks for record in block.records()])


def single_column(kind: str, column: Column) -> ColumnBlock:
    """The block of one column of `kind`."""
    return ColumnBlock(Leaf(kind), [column], len(column))

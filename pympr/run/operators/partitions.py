"""Functions over whole partitions and whole blocks."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock, concat, to_columns
from pympr.data.column import BytesColumn, FixedColumn
from pympr.data.schema import Leaf, Row, leaves
from pympr.plan.function import Function
from pympr.plan.narrow import MapPartitions
from pympr.run.operators.fused import parts_of


def map_partition(node: MapPartitions, index: int, blocks: Iterator[Block], config: Config) -> Iterator[Block]:
    """The records that the function gives for the partition's iterator, in blocks."""
    items = chain.from_iterable(part.records() for block in blocks for part in parts_of(block))
    function = node.function.call
    records = iter(function(index, items) if node.with_index else function(items))
    while batch := list(islice(records, config.block_records)):
        yield ObjectBlock(batch)


def map_blocks(function: Function, blocks: Iterator[Block]) -> Iterator[Block]:
    """f(array) for blocks of one column, f(array, array, ...) for tuples; gives an array or a tuple of arrays."""
    for block in blocks:
        if not len(block):
            continue
        result = function.call(*arrays_of(to_columns(block)))
        columns = result if isinstance(result, tuple) else (result,)
        yield block_of_arrays(columns, is_row=isinstance(result, tuple))


def arrays_of(block: Block) -> list[np.ndarray]:
    """The columns of a block as arrays; strings and bytes as object arrays.

    Raises TypeError when the records have no columns.
    """
    if not isinstance(block, ColumnBlock):
        sample = ", ".join(sorted({type(record).__name__ for record in block.values[:100]}))
        raise TypeError(f"records of {sample} have no columns: use map, or records of one plain type")
    arrays = []
    for position, column in enumerate(block.columns):
        if isinstance(column, FixedColumn) and column.valid is None:
            arrays.append(column.values)
        else:
            single = ColumnBlock(leaves(block.layout)[position], [column], len(block))
            arrays.append(np.array(single.records() + [None], object)[:-1])
    return arrays


def block_of_arrays(arrays: tuple[Any, ...], is_row: bool) -> Block:
    blocks = [single_block(np.asarray(array)) for array in arrays]
    lengths = {len(block) for block in blocks}
    if len(lengths) != 1:
        raise ValueError(f"the arrays have different lengths {sorted(lengths)}")
    if not is_row:
        return blocks[0]
    if not all(isinstance(block, ColumnBlock) for block in blocks):
        return ObjectBlock(list(zip(*(block.records() for block in blocks))))
    layout = Row(tuple(block.layout for block in blocks))
    return ColumnBlock(layout, [block.columns[0] for block in blocks], lengths.pop())


def single_block(array: np.ndarray) -> Block:
    if array.ndim != 1:
        raise ValueError(f"expected 1-d arrays, got {array.ndim} dimensions")
    kind = array.dtype.kind
    if kind in "iu" and array.dtype != np.uint64:
        return ColumnBlock(Leaf("int64"), [FixedColumn(array.astype(np.int64, copy=False))], len(array))
    if kind == "f" and array.dtype.itemsize <= 8:
        return ColumnBlock(Leaf("float64"), [FixedColumn(array.astype(np.float64, copy=False))], len(array))
    if kind == "b":
        return ColumnBlock(Leaf("bool"), [FixedColumn(array)], len(array))
    if kind == "S":
        return _byte_strings(array)
    return to_columns(ObjectBlock(array.tolist()))


def _byte_strings(array: np.ndarray) -> ColumnBlock:
    """A bytes column over the array's own memory; NumPy drops the zeros at the end of an item, and so does this."""
    array = np.ascontiguousarray(array)
    starts = np.arange(len(array), dtype=np.int64) * array.itemsize
    ends = starts + np.char.str_len(array)
    return ColumnBlock(Leaf("bytes"), [BytesColumn(array.view(np.uint8), starts, ends)], len(array))


def gathered(blocks: Iterator[Block]) -> Block:
    """All blocks of a partition as one, as columns where they are."""
    return concat([to_columns(block) for block in blocks])

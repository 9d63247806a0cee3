"""Combining by key before and after the exchange: kernels where exact, else Python."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock, concat, pair, to_columns
from pympr.data.column import FixedColumn
from pympr.data.keyhash import hash_keys
from pympr.data.schema import Layout, Leaf, Row, is_pair, leaves
from pympr.native.group import GroupTable
from pympr.native.group_layout import MAX_STATES
from pympr.plan.wide import CombineWords, FinalCombine, LocalCombine, Operations
from pympr.run.operators.arrays import arrays_of_column, column_of_arrays
from pympr.run.operators.binned_combine import BinnedCombiner, finished, has_states, is_binned, without_states
from pympr.run.operators.combine_rows import equal_look_alike, has_one_kind, hold, in_pieces, made_of
from pympr.run.operators.python_combine import PythonCombiner

# Bodo skips its pre-aggregation above the same share of new keys.
SAMPLE_ROWS, MOST_NEW = 1 << 17, 0.85
# What a partition gives, in the order in which it is merged with that of others.
TABLES, PASSED, PYTHON = range(3)
WORDS = Row((Leaf("string"), Leaf("int64")))
_EXACT = {("sum", "int64"), ("min", "int64"), ("max", "int64")}
_ORDERED = {("sum", "float64"), ("min", "float64"), ("max", "float64")}
_EXACT_OR_ORDERED = _EXACT | _ORDERED
_LOOSE = {"lesser": "min", "greater": "max"}
Aggregates = tuple[tuple[str, str], ...]


class CombineSink:
    """Takes a stage's partitions and gives what is left of them after combining.

    Where the operation is exact one table serves all partitions of the rank;
    where the order of merging shows in the result (floating-point sums, Python
    functions) every partition is combined for itself. Where results must be
    reproducible, floating-point sums are exact before they are rounded at the end.
    """

    def __init__(self, node: LocalCombine, config: Config) -> None:
        self._node, self._config = node, config
        self._has_one_kind = node.made is None or has_one_kind(node.made)
        self._tables: dict[Row, Any] = {}
        self._done: list[tuple[int, int, Block]] = []

    def consume(self, partition: int, blocks: Iterator[Block]) -> None:
        """Combine one partition's blocks."""
        if isinstance(self._node, CombineWords):
            for block in blocks:
                self._table(self._tables, WORDS).add_words(block, self._node.constant)
                del block  # the buffer that it looks at can be read into again
            return
        ordered: dict[Row, Any] = {}
        python = self._new_python()
        for block in in_pieces(self._node, blocks):
            rest = self._add(block, ordered, python)
            if rest is not None:
                self._give(partition, PASSED, rest)
            del block
        for table in [*ordered.values(), python]:
            for block in table.results():
                self._give(partition, PYTHON if table is python else TABLES, block)

    def _new_table(self, layout: Row) -> Any:
        """A table for one partition."""
        return TypedCombiner(layout, self._node.operation, self._config)

    def _new_python(self) -> Any:
        """What Python's functions merge of one partition."""
        return PythonCombiner(self._node.create.call, self._node.merge_value.call)

    def _give(self, partition: int, place: int, block: Block) -> None:
        """Keep a block of a partition: what its tables hold, what passed them by, what Python merged, in that order."""
        self._done.append((partition, place, block))

    def _table(self, tables: dict[Row, Any], layout: Row) -> Any:
        if layout not in tables and is_binned(self._config, _aggregates(layout, self._node.operation)):
            tables[layout] = BinnedCombiner(self._node.operation, self._config)
        if layout not in tables:
            is_shared = tables is self._tables
            tables[layout] = CombineSink._new_table(self, layout) if is_shared else self._new_table(layout)
        return tables[layout]

    def _add(self, block: Block, ordered: dict, python: PythonCombiner) -> Block | None:
        """Combine a block's rows; what is not worth it comes back."""
        block = to_columns(block) if self._node.operation else block
        made = None if len(python) else made_of(self._node, block)
        tables = self._tables_for(made, ordered)
        if tables is None:
            python.add(block.records())
            return None
        rest = self._table(tables, made.layout).add_while_it_pays(made)
        return rest.compact() if len(rest) else None

    def _tables_for(self, block: Block | None, ordered: dict) -> dict | None:
        found = aggregates_of(self._node.operation, block)
        if found is None:
            return None
        is_exact = _EXACT.issuperset(found) or is_binned(self._config, found)
        is_shared = is_exact and self._has_one_kind and not _look_different(block.layout.items[0])
        return self._tables if is_shared else ordered

    def finish(self) -> list[tuple[int, Block]]:
        """(source partition, block) of what is to be exchanged; exact tables count as partition -1."""
        self._give_shared()
        return [(partition, block) for partition, _, block in sorted(self._done, key=itemgetter(0, 1))]

    def _give_shared(self) -> None:
        for table in self._tables.values():
            self._give(-1, TABLES, table.result())
        self._tables.clear()


def _look_different(keys: Layout) -> bool:
    """Whether equal keys may look different (0.0 and -0.0, 1 and True): which of them came first must show."""
    return any(leaf.kind in ("float64", "bool") for leaf in leaves(keys))


def aggregates_of(operation: Operations | None, block: Block | None) -> Aggregates | None:
    """(operation, kind) of every value of (key, value) columns that a table can take, or None.

    One operation is for plain values, some for tuples of as many.
    """
    if operation is None or not isinstance(block, ColumnBlock) or not is_pair(block.layout):
        return None
    keys, value = block.layout.items
    if isinstance(operation, str) != isinstance(value, Leaf):
        return None
    items = (value,) if isinstance(value, Leaf) else value.items
    operations = (operation,) if isinstance(operation, str) else operation
    if len(items) != len(operations) or any(not isinstance(item, Leaf) or item.nullable for item in items):
        return None
    found = tuple((_LOOSE.get(name, name), item.kind) for name, item in zip(operations, items))
    is_known = _EXACT_OR_ORDERED.issuperset(found) and all(leaf.kind != "none" for leaf in leaves(keys))
    if not is_known or len(found) > MAX_STATES:
        return None
    columns = zip(operations, block.item(1).columns)
    return found if all(name not in _LOOSE or equal_look_alike(column) for name, column in columns) else None


def _aggregates(layout: Row, operation: Operations) -> Aggregates:
    operations = (operation,) if isinstance(operation, str) else operation
    return tuple((_LOOSE.get(name, name), leaf.kind) for name, leaf in zip(operations, leaves(layout.items[1])))


class TypedCombiner:
    """A kernel's table for records of one layout.

    Its hash is the one that places rows: what it gives is in the canonical order, and rows that
    another table gave come in the order of its slots.
    """

    def __init__(self, layout: Row, operation: Operations, config: Config, capacity: int = 1 << 14) -> None:
        self._keys, self._value = layout.items
        kinds = tuple(leaf.kind for leaf in leaves(self._keys))
        aggregates = _aggregates(layout, operation)
        self._rows = 0
        self._is_useless: bool | None = None
        self._table = GroupTable(kinds, aggregates, seed=config.hash_seed, capacity=capacity)

    def add_while_it_pays(self, block: ColumnBlock) -> ColumnBlock:
        """Combine a block's values, or give back what is not worth it.

        When nearly all of the first keys were new, merging before the exchange
        costs more than it saves: the rest passes by.
        """
        if self._rows < SAMPLE_ROWS:
            sample = min(len(block), SAMPLE_ROWS - self._rows)
            self.add(block.slice(0, sample))
            block = block.slice(sample, len(block))
        if self._rows >= SAMPLE_ROWS and self._is_useless is None:
            self._is_useless = len(self._table) > MOST_NEW * self._rows
        if self._is_useless:
            return block
        self.add(block)
        return block.slice(0, 0)

    def add(self, block: ColumnBlock) -> None:
        """Combine a block's values."""
        self._rows += len(block)
        keys, values = block.item(0).columns, block.item(1).columns
        valid = [column.valid for column in keys]
        self._table.add([arrays_of_column(c) for c in keys], list(map(_value, values)), len(block), key_valid=valid)

    def add_words(self, block: ColumnBlock, constant: int) -> None:
        """Combine (word, constant) for the words of a block of texts."""
        column = block.columns[0]
        for begin, end in zip(column.starts.tolist(), column.ends.tolist()):
            self._table.add_words(column.data, begin, end, [constant])

    def results(self) -> Iterator[Block]:
        """`result`, in one block or more."""
        yield self.result()

    @property
    def num_bytes(self) -> int:
        """What the table takes."""
        return self._table.nbytes

    def result(self) -> Block:
        """(key, combined) in the order of the table's hash; Python ints where int64 is too small."""
        groups = self._table.result()
        keys = [column_of_arrays(k, valid) for k, valid in zip(groups.keys, groups.key_valid)]
        size = len(groups.hashes)
        value = ColumnBlock(self._value, list(map(FixedColumn, groups.values)), size)
        block = pair(ColumnBlock(self._keys, keys, size), value)
        for position, exact in groups.overflow.items():
            block = _with_exact(block, exact, position)
        return block


def _value(column: FixedColumn) -> Any:
    return column.values[0].item() if column.is_constant and len(column) else column.contiguous()


def _with_exact(block: Block, exact: dict[int, int], position: int) -> Block:
    """The block with Python ints as values, or as item `position` of tuples that are the values."""
    records = list(block.records())
    for row, number in exact.items():
        key, value = records[row]
        whole = (*value[:position], number, *value[position + 1 :]) if isinstance(value, tuple) else number
        records[row] = key, whole
    return ObjectBlock(records)


def final_combine(node: FinalCombine, blocks: Iterator[Block], config: Config) -> Iterator[Block]:
    """One record a key, merged over all blocks of a partition, in the order of the key hash."""
    block = concat(blocks)
    if not len(block):
        return
    if has_states(block, node.operation):
        yield finished(block, node.operation, config.hash_seed)
        return
    if hold(node.bindings) and aggregates_of(node.operation, block) is not None:
        table = TypedCombiner(block.layout, node.operation, config, capacity=len(block))
        table.add(block)
        yield table.result()
        return
    merged = PythonCombiner(lambda combiner: combiner, node.merge_combiners.call)
    records = block.records()
    is_mixed = config.reproducible and node.operation is not None
    merged.add(without_states(records, node.operation, config.hash_seed) if is_mixed else records)
    yield in_hash_order(merged.items(), config)


def in_hash_order(records: list[tuple[Any, Any]], config: Config) -> Block:
    """(key, value) records in the canonical order: by key hash, equal hashes as they came."""
    order = np.argsort(hash_keys([key for key, _ in records], config.hash_seed), kind="stable")
    return ObjectBlock([records[position] for position in order.tolist()])

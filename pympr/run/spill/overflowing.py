"""Tables of one partition in which the order of merging shows, and that become too large.

From then on rows are not merged but written behind what the table held, and merged in the end, a
range of key hashes at a time: every key in the order in which its values came, as the table would have.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock
from pympr.data.keyhash import hash_keys
from pympr.data.schema import Row
from pympr.plan.wide import LocalCombine, Operations
from pympr.run.operators.combine import TypedCombiner
from pympr.run.operators.python_combine import PythonCombiner, check_pair, one_nan
from pympr.run.spill.memory import Memory, size_of
from pympr.run.spill.operators import SIGN, hashes_of
from pympr.run.spill.spilled import Writer
from pympr.run.spill.split import ranges

# Tables grow by doubling: what is made larger is there twice.
_TABLES = 4
_BATCH = 1 << 12
_SAMPLE = 64


class OverflowingTyped(TypedCombiner):
    """A TypedCombiner that holds no more than its part of the memory."""

    def __init__(self, layout: Row, operation: Operations, config: Config, memory: Memory) -> None:
        super().__init__(layout, operation, config)
        self._make = lambda: TypedCombiner(layout, operation, config)
        self._memory, self._config = memory, config
        self._later: Writer | None = None

    def add(self, block: ColumnBlock) -> None:
        """Combine a block's values, now or later."""
        if self._later is not None:
            self._later.add(0, block)
            return
        super().add(block)
        # Before it is decided whether combining pays the table is small.
        if self._is_useless is False and self.num_bytes > self._memory.share_bytes // _TABLES:
            held = super().result()
            if isinstance(held, ColumnBlock):  # sums beyond int64 stay in the table
                self._later = Writer(self._memory, 1)
                self._later.add(0, held)
                self._table = self._make()._table

    def results(self) -> Iterator[Block]:
        """(key, combined) in the order of the table's hash."""
        if self._later is None:
            yield self.result()
            return
        numbers, most = (hashes_of(self._config),), self._memory.share_bytes // _TABLES
        for (part,), _ in ranges(self._memory, tuple(self._later.finish()), numbers, most):
            table = self._make()
            for block in part:
                table.add(block)
            yield table.result()


class OverflowingPython(PythonCombiner):
    """A PythonCombiner that holds about no more than its part of the memory."""

    def __init__(self, node: LocalCombine, config: Config, memory: Memory) -> None:
        super().__init__(node.create.call, node.merge_value.call)
        self._memory, self._config = memory, config
        self._later: Writer | None = None

    def add(self, records: Iterable[Any]) -> None:
        """Merge (key, value) records, now or later; raises what PythonCombiner does."""
        if self._later is not None:
            self._write(records, is_combined=False)
            return
        super().add(records)
        if self._size() > self._memory.share_bytes:
            self._later = Writer(self._memory, 1)
            self._write(self._combined.items(), is_combined=True)

    def _size(self) -> int:
        """About what all keys and combiners take: those that came first stand for all."""
        some = list(islice(self._combined.items(), _SAMPLE))
        return size_of(ObjectBlock(some)) * len(self) // max(len(some), 1)

    def _write(self, records: Iterable[Any], is_combined: bool) -> None:
        assert self._later is not None, "rows are written once the table is full"
        batch = []
        for record in records:
            try:
                key, value = record
            except (TypeError, ValueError):
                check_pair(record)
                raise
            batch.append((key, is_combined, value))
            if len(batch) == _BATCH:
                self._later.add(0, ObjectBlock(batch))
                batch = []
        self._later.add(0, ObjectBlock(batch))

    def results(self) -> Iterator[Block]:
        """(key, combiner) records; keys of one hash in the order in which they came first."""
        if self._later is None:
            yield from super().results()
            return
        self._combined.clear()
        most = self._memory.share_bytes
        for (part,), _ in ranges(self._memory, tuple(self._later.finish()), (self._hashes,), most):
            for block in part:
                self._merge(block.records())
            yield ObjectBlock(self.items())
            self._combined.clear()

    def _merge(self, records: Iterable[Any]) -> None:
        for key, is_combined, value in records:
            if is_combined:
                self._combined[one_nan(key)] = value
            else:
                super().add([(key, value)])

    def _hashes(self, block: Block) -> np.ndarray:
        keys = [key for key, _, _ in block.records()]
        return (hash_keys(keys, self._config.hash_seed) ^ SIGN).view(np.int64)

"""Combining before the exchange, with tables that stay within the budget."""

from collections.abc import Iterator

from pympr.config import Config
from pympr.data.block import Block
from pympr.data.schema import Row
from pympr.plan.wide import LocalCombine
from pympr.run.operators.combine import CombineSink
from pympr.run.spill.file import in_pieces
from pympr.run.spill.memory import Memory
from pympr.run.spill.overflowing import OverflowingPython, OverflowingTyped
from pympr.run.spill.staged import Staged


class BoundedSink(CombineSink):
    """A CombineSink whose results are staged as they come.

    A table for several partitions is given out when it has become large, and a new one is begun: what
    it holds is exact, so it does not show how often that was. Tables of one partition overflow.
    """

    def __init__(self, node: LocalCombine, config: Config, staged: Staged, memory: Memory) -> None:
        super().__init__(node, config)
        self._staged, self._memory = staged, memory

    def consume(self, partition: int, blocks: Iterator[Block]) -> None:
        """Combine one partition's blocks."""
        super().consume(partition, self._watched(blocks))

    def finish(self) -> None:  # type: ignore[override]
        """Stage what is left."""
        self._give_shared()

    def _new_table(self, layout: Row) -> OverflowingTyped:
        return OverflowingTyped(layout, self._node.operation, self._config, self._memory)

    def _new_python(self) -> OverflowingPython:
        return OverflowingPython(self._node, self._config, self._memory)

    def _give(self, partition: int, place: int, block: Block) -> None:
        self._staged.add(partition, block, place)

    def _watched(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The blocks, in pieces that make no table much larger; large tables are given out in between."""
        for block in blocks:
            for piece in in_pieces(block, self._memory.buffer_bytes):
                if sum(table.num_bytes for table in self._tables.values()) > self._memory.share_bytes // 2:
                    self._give_shared()
                yield piece
            del block, piece  # the buffer that it looks at can be read into again


def local_combine(node: LocalCombine, blocks: Iterator[Block], memory: Memory, config: Config) -> Iterator[Block]:
    """What is left of one partition after combining, for rows that need no exchange."""
    staged = Staged(memory)
    sink = BoundedSink(node, config, staged, memory)
    sink.consume(0, blocks)
    sink.finish()
    for block in staged.blocks():
        yield from block.pieces(memory.buffer_bytes)

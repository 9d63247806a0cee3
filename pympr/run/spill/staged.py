"""What leaves a stage on one rank: in memory as long as it is little, else on disk."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from pympr.collectives.reduce import allreduce, reduce_tree
from pympr.collectives.world import World
from pympr.data.block import Block, ColumnBlock, ObjectBlock, concat, to_columns
from pympr.data.schema import Layout
from pympr.plan.wide import ByRange
from pympr.run.exchange import OBJECTS, Parts, merged_layout
from pympr.run.operators.sort import keys_of
from pympr.run.spill.file import Frame, SpillFile, in_pieces
from pympr.run.spill.memory import Memory, size_of

# More than any memory, and small enough to be multiplied by the ranks.
_ON_DISK_BYTES = 1 << 44


class StagedBlock:
    """One block of a source partition, in memory or on disk."""

    def __init__(self, source: int, place: int, block: Block) -> None:
        self.source, self.place, self._rows = source, place, len(block)
        self._block: Block | None = block
        self._frames: list[Frame] = []
        self._file: SpillFile | None = None

    def __len__(self) -> int:
        return self._rows

    def spill(self, file: SpillFile, most_bytes: int) -> None:
        """Write it, as frames of about `most_bytes`."""
        if self._block is not None:
            self._frames = [file.append(piece) for piece in in_pieces(self._block, most_bytes)]
            self._block, self._file = None, file

    def pieces(self, most_bytes: int) -> Iterator[Block]:
        """Its rows, as blocks of about `most_bytes`."""
        if self._block is not None:
            yield from in_pieces(self._block, most_bytes)
            return
        assert self._file is not None, "a block is in memory or in a file"
        for frame in self._frames:
            yield from in_pieces(self._file.read(frame), most_bytes)

    def whole(self) -> Block:
        """The block itself; it is in memory."""
        assert self._block is not None, "the block is on disk"
        return self._block


class Staged:
    """(source partition, block) parts of a rank; on disk once they take more than a share of the memory."""

    def __init__(self, memory: Memory | None) -> None:
        """Without a budget all stays in memory."""
        self._memory = memory
        self._blocks: list[StagedBlock] = []
        self._file: SpillFile | None = None
        self.layout: Layout | str | None = None
        self.rows = self.num_bytes = 0

    @property
    def is_spilled(self) -> bool:
        """Whether rows are on disk."""
        return self._file is not None

    def add(self, source: int, block: Block, place: int = 0) -> None:
        """Keep a block, as columns where its records allow it, behind those of lower places of its source."""
        if not len(block):
            return
        block = to_columns(block)
        self.rows += len(block)
        self.layout = merged_layout(self.layout, block.layout if isinstance(block, ColumnBlock) else OBJECTS)
        self._blocks.append(StagedBlock(source, place, block))
        if self._memory is None:
            return
        self.num_bytes += size_of(block)
        if self._file is not None:
            self._blocks[-1].spill(self._file, self._memory.buffer_bytes)
        elif self.num_bytes > self._memory.share_bytes:
            self._file = SpillFile(self._memory)
            for staged in self._blocks:
                staged.spill(self._file, self._memory.buffer_bytes)

    def extend(self, source: int, blocks: Iterable[Block]) -> None:
        """Keep blocks."""
        for block in blocks:
            self.add(source, block)

    def parts(self) -> Parts:
        """What is in memory, which is all, in order."""
        return [(staged.source, staged.whole()) for staged in self.blocks()]

    def blocks(self) -> list[StagedBlock]:
        """All blocks in the order of their sources and places."""
        return sorted(self._blocks, key=lambda staged: (staged.source, staged.place))

    def at_most(self, world: World, memory: Memory) -> tuple[int, int]:
        """All ranks together have staged no more bytes than the first; the second is the smallest share. Collective."""
        mine = np.array([_ON_DISK_BYTES if self.is_spilled else self.num_bytes, -memory.share_bytes], np.int64)
        most, share = (mine if world.is_solo else allreduce(world, mine, "max")).tolist()
        return most * world.size, -share

    def agreed_layout(self, world: World) -> Layout | str | None:
        """As `run.exchange.agreed_layout`; collective."""
        return reduce_tree(world, self.layout, merged_layout)


def as_agreed(block: Block, layout: Layout | str | None) -> Block:
    """The block as it travels: as objects where not all rows have one layout."""
    return ObjectBlock(block.records()) if layout == OBJECTS else block


class StagedKeys:
    """The sort keys of a staged block, computed for the rows that are asked for."""

    def __init__(self, contract: ByRange, staged: StagedBlock, layout: Any, memory: Memory) -> None:
        self._contract, self._staged, self._layout, self._memory = contract, staged, layout, memory
        self.source = staged.source

    def __len__(self) -> int:
        return len(self._staged)

    def take(self, index: np.ndarray) -> Block:
        """The keys of the rows at ascending positions."""
        taken, begin = [], 0
        for piece in self._staged.pieces(self._memory.buffer_bytes):
            low, high = np.searchsorted(index, [begin, begin + len(piece)])
            if high > low:
                taken.append(self._of(piece).take(index[low:high] - begin))
            begin += len(piece)
        return concat(taken)

    def pieces(self) -> Iterator[Block]:
        """The keys of all rows, some at a time."""
        return map(self._of, self._staged.pieces(self._memory.buffer_bytes))

    def _of(self, piece: Block) -> Block:
        return keys_of(self._contract, as_agreed(piece, self._layout))

"""Rows on disk: written in buckets, read in order, again and again."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter

import numpy as np

from pympr.data.block import Block, concat
from pympr.run.operators.arrange import arranged, edges_of
from pympr.run.spill.file import Frame, SpillFile, in_pieces
from pympr.run.spill.memory import Memory, size_of


class Spilled:
    """Rows of one partition or bucket in a file, in their order."""

    def __init__(self, file: SpillFile, frames: Sequence[Frame]) -> None:
        self._file, self.frames = file, frames
        self.rows = sum(frame.rows for frame in frames)
        self.num_bytes = sum(frame.memory_bytes for frame in frames)

    def __iter__(self) -> Iterator[Block]:
        for frame in self.frames:
            yield self._file.read(frame)

    def from_row(self, place: int) -> Iterator[Block]:
        """The blocks from row `place` on."""
        for frame in self.frames:
            if place < frame.rows:
                block = self._file.read(frame)
                yield block.slice(place, len(block))
            place = max(place - frame.rows, 0)

    def some(self, most: int) -> Iterator[Block]:
        """At most so many of its blocks, at even distances."""
        step = max(1, -(-len(self.frames) // most))
        for frame in self.frames[step // 2 :: step]:
            yield self._file.read(frame)


class Writer:
    """Deals rows out to `count` buckets of one file, in order; a buffer's worth of them waits in memory.

    Rows of a bucket come out by their tag, rows of one tag as they were added.
    """

    def __init__(self, memory: Memory, count: int) -> None:
        self._memory, self._file = memory, SpillFile(memory)
        self._waiting: list[list[tuple[int, Block, int]]] = [[] for _ in range(count)]
        self._frames: list[list[tuple[int, Frame]]] = [[] for _ in range(count)]
        self._waiting_bytes = 0

    def add(self, bucket: int, block: Block, tag: int = 0, memory_bytes: int = 0) -> None:
        """Put rows, which take so much in memory, behind those of the bucket and tag."""
        size = memory_bytes or size_of(block)
        for piece in in_pieces(block, self._memory.buffer_bytes, size):
            if len(piece):
                taken = max(1, size * len(piece) // len(block))
                self._waiting[bucket].append((tag, piece, taken))
                self._waiting_bytes += taken
                if self._waiting_bytes >= self._memory.buffer_bytes:
                    self._flush()

    def deal(self, block: Block, numbers: np.ndarray, tag: int = 0) -> None:
        """Put every row into the bucket of its number (uint32)."""
        if not len(block):
            return
        edges, size = edges_of(numbers, len(self._frames)), size_of(block)
        block = arranged(block, numbers, edges)
        for bucket in np.flatnonzero(np.diff(edges)).tolist():
            begin, end = int(edges[bucket]), int(edges[bucket + 1])
            self.add(bucket, block.slice(begin, end), tag, max(1, size * (end - begin) // len(block)))

    def finish(self) -> list[Spilled]:
        """The buckets."""
        self._flush()
        ordered = [sorted(frames, key=itemgetter(0)) for frames in self._frames]
        return [Spilled(self._file, [frame for _, frame in frames]) for frames in ordered]

    def _flush(self) -> None:
        for bucket, waiting in enumerate(self._waiting):
            # Neighbours of one layout as one block; others stay apart, so that columns stay columns.
            for (tag, _), found in groupby(waiting, key=lambda item: (item[0], getattr(item[1], "layout", None))):
                _, blocks, sizes = zip(*found)
                self._frames[bucket].append((tag, self._file.append(concat(blocks), sum(sizes))))
            waiting.clear()
        self._waiting_bytes = 0


Gathered = list[Block] | Spilled


def gather(memory: Memory, blocks: Iterator[Block] | Spilled, most_bytes: int) -> Gathered:
    """All blocks in a list where they take at most `most_bytes`, else on disk."""
    if isinstance(blocks, Spilled):
        return list(blocks) if blocks.num_bytes <= most_bytes else blocks
    kept: list[Block] = []
    taken = 0
    blocks = iter(blocks)
    for block in blocks:
        kept.append(block)
        taken += size_of(block)
        if taken > most_bytes:
            return spill(memory, chain(drained(kept), blocks))
    return kept


def spill(memory: Memory, blocks: Iterator[Block]) -> Spilled:
    """All blocks on disk, in their order."""
    writer = Writer(memory, 1)
    for block in blocks:
        writer.add(0, block)
        del block
    return writer.finish()[0]


def drained(blocks: list[Block]) -> Iterator[Block]:
    """The blocks, each let go once the next is asked for."""
    blocks.reverse()
    while blocks:
        yield blocks.pop()


def dealt(memory: Memory, rows: Spilled, count: int, numbers_of: Callable[[Block], np.ndarray]) -> list[Spilled]:
    """The rows in `count` buckets, each in order."""
    writer = Writer(memory, count)
    for block in rows:
        writer.deal(block, numbers_of(block))
    return writer.finish()

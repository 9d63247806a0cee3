"""Rows kept for later actions: in memory, on disk, and copied to other ranks."""

import os
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from pympr.collectives.nodemap import nodes_of
from pympr.collectives.objects import pack, unpack
from pympr.collectives.reduce import allreduce
from pympr.collectives.schedules.two_level import Nodes
from pympr.collectives.shift import shift
from pympr.collectives.world import World
from pympr.data.block import Block
from pympr.plan.storage import StorageLevel
from pympr.run.kept_pieces import InMemory, OnDisk, OnScratch, Piece, read_blocks
from pympr.run.operators.fresh import fresh
from pympr.run.rows import Rows, readable
from pympr.run.scratch import Scratch
from pympr.run.spill.memory import Memory, held_bytes
from pympr.run.spill.spilled import drained, spill
from pympr.run.together import together


class Kept:
    """The rows of one RDD on this rank, and copies of others' rows."""

    def __init__(self, total: int, level: StorageLevel, memory: Memory, scratch: Scratch, folder: str = "") -> None:
        self.total, self.level = total, level
        self.pieces: dict[int, Piece] = {}
        self.copies: dict[int, dict[int, Piece]] = {}
        self._memory, self._scratch, self._folder = memory, scratch, folder
        self._is_shared = bool(folder)

    def put(self, index: int, blocks: Iterable[Block]) -> None:
        """Keep a partition."""
        self.pieces[index] = self._piece(f"part-{index:05d}", iter(blocks))

    def _piece(self, name: str, blocks: Iterator[Block]) -> Piece:
        if self._is_shared:
            return OnDisk(os.path.join(self._folder, name), blocks)
        if self.level.useMemory:
            room = self._memory.keep_bytes - self._memory.kept_bytes
            held, taken = [], 0
            for block in blocks:
                held.append(block)
                taken += held_bytes(block)
                if taken > room:
                    break
            else:
                return self._in_memory(InMemory(held))
            blocks = chain(drained(held), blocks)
        if not self.level.useDisk:
            return OnScratch(spill(self._memory, blocks))
        self._folder = self._folder or self._scratch.own_directory("kept", self._memory.folder.checked())
        piece = OnDisk(os.path.join(self._folder, name), blocks)
        self._memory.spilled_bytes += piece.num_bytes
        return piece

    def _in_memory(self, piece: InMemory) -> InMemory:
        self._memory.kept_bytes += piece.num_bytes
        return piece

    def rows(self) -> Rows:
        """The rows, with copies of what functions might change; a shared folder's any rank can read."""
        if self._is_shared:
            return readable(self.total, lambda index: _read(self._folder, index)).through(fresh)
        return Rows(self.total, sorted(self.pieces), (), self._blocks).through(fresh)

    def _blocks(self, index: int) -> Iterator[Block]:
        return self.pieces[index].blocks()

    def copy(self, world: World) -> None:
        """Bring every partition to as many further ranks as the level says, and there are; collective."""
        for number in range(1, min(self.level.replication, world.size)):
            packed = together(world, lambda: _packed(self.pieces), "kept rows that are copied")
            received = shift(world, packed, distance_of(nodes_of(world), number))

            def put(received: np.ndarray = received, number: int = number) -> None:
                self.copies[number] = {
                    index: self._piece(f"copy-{number}-{index:05d}", blocks)
                    for index, blocks in unpack(received).items()
                }

            together(world, put, "copies of kept rows")

    def mend(self, world: World) -> bool:
        """Bring back partitions whose files are gone from their copies; False when some have none. Collective.

        Costs one small reduction when nothing is missing, nothing without files.
        """
        if not self.level.useDisk or self._is_shared:
            return True
        missing = [index for index, piece in self.pieces.items() if not piece.is_there]
        if not _total(world, len(missing)):
            return True
        for number in sorted(self.copies):
            missing = self._ask(world, missing, number)
        return not _total(world, len(missing))

    def _ask(self, world: World, missing: list[int], number: int) -> list[int]:
        """Ask the rank with copy `number` for partitions; what is missing still."""
        distance = 0 if world.is_solo else distance_of(nodes_of(world), number)
        wanted = unpack(shift(world, pack(missing), distance)) if not world.is_solo else []
        present = {i: piece for i, piece in self.copies[number].items() if i in wanted and piece.is_there}
        answer = together(world, lambda: _packed(present), "copies of kept rows")
        found = unpack(shift(world, answer, -distance))

        def put() -> None:
            for index, blocks in found.items():
                self.put(index, blocks)

        together(world, put, "kept rows that come back")
        return [index for index in missing if index not in found]

    def free(self) -> None:
        """Give back memory and files, but not those of a shared folder."""
        if self._is_shared:
            return
        for pieces in (self.pieces, *self.copies.values()):
            for piece in pieces.values():
                if isinstance(piece, InMemory):
                    self._memory.kept_bytes -= piece.num_bytes
                piece.free()


def distance_of(nodes: Nodes, number: int) -> int:
    """How far copy `number` (1, 2, ...) is: on the nodes that follow while there are such, if all have as many ranks.

    >>> from pympr.collectives.schedules.two_level import make_nodes
    >>> [distance_of(make_nodes(np.array([0, 0, 1, 1])), number) for number in (1, 2, 3)]
    [2, 1, 3]
    """
    sizes = nodes.ranks_of(np.arange(nodes.count))
    if sizes.min() != sizes.max():
        return number
    return number % nodes.count * int(sizes[0]) + number // nodes.count


def _packed(pieces: dict[int, Piece]) -> np.ndarray:
    return pack({index: list(piece.blocks()) for index, piece in pieces.items()})


def _total(world: World, number: int) -> int:
    return int(allreduce(world, np.array([number], np.int64), "sum")[0])


def _read(folder: str, index: int) -> Iterator[Block]:
    return read_blocks(os.path.join(folder, f"part-{index:05d}"))

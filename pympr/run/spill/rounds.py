"""An exchange of more rows than fit into memory: a bounded part of them at a time, what arrives goes to disk.

No rank receives more in a round than its share of memory, even if all rows of the round are for it.
"""

import pickle
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from pympr.collectives.exchange import Counters, Part, Received
from pympr.collectives.objects import dump
from pympr.collectives.reduce import allreduce
from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock
from pympr.plan.wide import ByRange, BySource, Contract
from pympr.run.exchange import OBJECTS, Moved, bytes_of, from_wire, move, spec_of, wire_columns
from pympr.run.operators.sort import keys_of
from pympr.run.place import place, splitters_of
from pympr.run.place_by_source import partitions_by_source
from pympr.run.placement import owned_by, owners
from pympr.run.rows import Rows, held
from pympr.run.spill.file import in_pieces
from pympr.run.spill.memory import Memory, size_of
from pympr.run.spill.spilled import Writer
from pympr.run.spill.staged import Staged, StagedKeys, as_agreed
from pympr.run.together import together
from pympr.run.verified import exchange

_LEAST_ROUND_BYTES = 1 << 16
# The partition of rows `begin` and on of a source, uint32.
Placing = Callable[[int, int, Block], np.ndarray]
Piece = tuple[int, int, Block]


def move_staged(
    world: World, contract: Contract, staged: Staged, config: Config, memory: Memory
) -> tuple[Rows, list[Counters]]:
    """The rows of a contract's partitions on their owners, and what that cost: in memory or on disk. Collective."""
    # Ranks may have kept unlike much, but have to decide alike.
    most_bytes, share_bytes = staged.at_most(world, memory)
    if most_bytes <= share_bytes:
        return _moved(contract, move(world, contract, staged.parts(), config))
    rounds = _Rounds(world, contract, staged, config, memory)
    if rounds.fit_at_once(share_bytes):
        return _moved(contract, move(world, contract, staged.parts(), config))
    return rounds.run()


def _moved(contract: Contract, moved: Moved) -> tuple[Rows, list[Counters]]:
    return held(contract.num_partitions, moved.partitions), moved.counters


class _Rounds:
    """One exchange through the disk."""

    def __init__(self, world: World, contract: Contract, staged: Staged, config: Config, memory: Memory) -> None:
        self._world, self._contract, self._staged, self._memory = world, contract, staged, memory
        self._config, self._task = config, f"exchange by {contract}"
        self._layout = staged.agreed_layout(world)
        self._place = _placing(world, contract, staged, self._layout, config, memory)
        self._owners = owners(contract.num_partitions, world.size)
        self._owned = owned_by(world.rank, contract.num_partitions, world.size)
        self._ships_partition = contract.num_partitions > world.size

    def fit_at_once(self, share_bytes: int) -> bool:
        """Whether no rank has rows on disk, nor gets more than a share of memory; collective."""
        volumes = np.zeros(self._world.size + 1, np.int64)
        if self._staged.is_spilled:
            volumes[-1] = 1
        if self._world.is_solo or int(self._sum(volumes)[-1]):
            return False
        together(self._world, lambda: self._add_volumes(volumes), self._task)
        return int(self._sum(volumes).max()) <= share_bytes

    def _sum(self, values: np.ndarray) -> np.ndarray:
        return allreduce(self._world, values, "sum")

    def _add_volumes(self, volumes: np.ndarray) -> None:
        for source, begin, block in self._pieces(self._memory.buffer_bytes):
            ranks = self._owners[self._place(source, begin, block)]
            counts = np.bincount(ranks, minlength=self._world.size)
            volumes[:-1] += counts * size_of(block) // max(len(block), 1)

    def run(self) -> tuple[Rows, list[Counters]]:
        """All rounds."""
        writer, counters = Writer(self._memory, len(self._owned)), []
        if self._world.is_solo:
            together(self._world, lambda: self._deal_all(writer), self._task)
        else:
            counters = self._exchange(writer)
        buckets = together(self._world, writer.finish, self._task)
        partitions = dict(zip(self._owned, buckets))
        return Rows(self._contract.num_partitions, list(self._owned), (), partitions.__getitem__), counters

    def _deal_all(self, writer: Writer) -> None:
        for source, begin, block in self._pieces(self._memory.buffer_bytes):
            writer.deal(block, self._place(source, begin, block), source)

    def _exchange(self, writer: Writer) -> list[Counters]:
        pack, put = (
            (self._pickles, self._put_objects) if self._layout == OBJECTS else (self._columns, self._put_columns)
        )
        spec = ("bytes", "int64") if self._layout == OBJECTS else self._spec()
        most = max(self._memory.share_bytes // (2 * self._world.size), _LEAST_ROUND_BYTES)
        batches = _batches(self._pieces(most), most)
        arrived: list[Received] = []
        counters: list[Counters] = []

        def step() -> list[Part] | None:
            if arrived:
                put(writer, arrived.pop())
            batch = next(batches, None)
            return None if batch is None else [pack(*piece) for piece in batch]

        while True:
            # What failed in writing the rows of the last round is told before those of the next are sent.
            sent = together(self._world, step, self._task)
            if not int(allreduce(self._world, np.array([sent is not None], np.int64), "max")[0]):
                return counters
            received, counted = exchange(self._world, sent or [], spec, self._config, self._task)
            arrived.append(received)
            counters.append(counted)
            del received

    def _pieces(self, most_bytes: int) -> Iterator[Piece]:
        """(source, place of its first row in the source, block of at most so many bytes)."""
        last, begin = None, 0
        for staged in self._staged.blocks():
            begin = begin if staged.source == last else 0
            last = staged.source
            for block in staged.pieces(most_bytes):
                for piece in in_pieces(as_agreed(block, self._layout), most_bytes):
                    yield last, begin, piece
                    begin += len(piece)

    def _spec(self) -> tuple[str, ...]:
        if self._layout in (None, OBJECTS):
            return ()
        return spec_of(self._layout) + (("uint32",) if self._ships_partition else ())

    def _columns(self, source: int, begin: int, block: ColumnBlock) -> Part:
        numbers = self._place(source, begin, block)
        columns = wire_columns(block, self._layout)
        return Part(source, columns + ([numbers] if self._ships_partition else []), self._owners[numbers])

    def _put_columns(self, writer: Writer, received: Received) -> None:
        if not len(received.offsets) or not received.offsets[-1]:
            return
        block, rest = from_wire(received.columns, self._layout)
        numbers = rest[0] - np.uint32(self._owned.start) if rest else np.zeros(len(block), np.uint32)
        for source, (begin, end) in zip(received.sources.tolist(), pairwise(received.offsets.tolist())):
            writer.deal(block.slice(begin, end), numbers[begin:end], source)

    def _pickles(self, source: int, begin: int, block: Block) -> Part:
        """A pickle for every partition that rows of the block go to."""
        numbers = self._place(source, begin, block)
        order = np.argsort(numbers, kind="stable")
        present, begins = np.unique(numbers[order], return_index=True)
        pickles = [dump(block.take(run).values) for run in np.split(order, begins[1:])]
        return Part(source, [bytes_of(pickles), present.astype(np.int64)], self._owners[present])

    def _put_objects(self, writer: Writer, received: Received) -> None:
        (data, starts, ends), numbers = received.columns
        for source, (first, last) in zip(received.sources.tolist(), pairwise(received.offsets.tolist())):
            for row in range(first, last):
                values = pickle.loads(data[starts[row] : ends[row]].data)
                writer.add(int(numbers[row]) - self._owned.start, ObjectBlock(values), source)


def _batches(pieces: Iterator[Piece], most_bytes: int) -> Iterator[list[Piece]]:
    """What is sent in each round."""
    batch: list[Piece] = []
    taken = 0
    for piece in pieces:
        size = size_of(piece[2])
        if batch and taken + size > most_bytes:
            yield batch
            batch, taken = [], 0
        batch.append(piece)
        taken += size
    if batch:
        yield batch


def _placing(world: World, contract: Contract, staged: Staged, layout: Any, config: Config, memory: Memory) -> Placing:
    """How rows are placed; collective for range contracts, which find their splitters here."""
    if isinstance(contract, BySource):
        return lambda source, begin, block: partitions_by_source(contract, source, begin, len(block))
    if isinstance(contract, ByRange) and contract.num_partitions > 1:
        keys = [StagedKeys(contract, block, layout, memory) for block in staged.blocks()]
        splitters = splitters_of(world, contract, keys)
        return lambda source, begin, block: splitters.partitions_of(keys_of(contract, block), source, begin)
    placing = place(world, contract, [], config)
    return lambda source, begin, block: placing.partitions_of(-1, block)

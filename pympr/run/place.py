"""From a movement contract to the partition of every row."""

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from pympr.collectives.exchange import RangeBuckets
from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock
from pympr.data.keyhash import hash_block, hash_keys
from pympr.data.schema import Row, is_pair
from pympr.native import partition
from pympr.plan.wide import ByRange, BySource, Contract, Hash
from pympr.run.operators.sort import is_own_key, keys_of
from pympr.run.place_by_source import partitions_by_source
from pympr.run.placement import group_table, owners
from pympr.run.select_keys import HeldKeys, Keys
from pympr.run.splitters import Splitters, find_splitters
from pympr.run.together import together


class Placing:
    """Partitions of rows by a contract, for the blocks that are sent and for what arrived."""

    def __init__(
        self,
        contract: Contract,
        compute: Callable[[Block], np.ndarray],
        ships_partition: bool = False,
        splitters: Splitters | None = None,
        groups: np.ndarray | None = None,
        compute_ranks: Callable[[Block, int], np.ndarray] | None = None,
    ) -> None:
        self.computes_keys = isinstance(contract, ByRange) and not is_own_key(contract)  # by the user's function
        self.contract = contract
        self._splitters = None if self.computes_keys else splitters
        self.groups = groups  # the partition of each key group, where rows are wanted by group
        self.num_partitions = contract.num_partitions
        self.ships_partition = ships_partition and contract.num_partitions > 1
        self._compute, self._compute_ranks = compute, compute_ranks

    def partitions_of(self, position: int, block: Block) -> np.ndarray:
        """The partition of every row of block number `position` of those that are sent, uint32."""
        if self.num_partitions == 1:
            return np.zeros(len(block), np.uint32)
        return self._compute(block)

    def ranks_of(self, block: Block, size: int) -> np.ndarray | None:
        """The rank that every row of a block goes to, uint32, where it is found without the partition."""
        if self._compute_ranks is None or self.num_partitions == 1:
            return None
        return self._compute_ranks(block, size)

    def ranges_of(self, block: Block, size: int) -> RangeBuckets | None:
        """Where the rows of a block go, unless their partitions must be stored to say so.

        They need not when records are their own sort keys and every rank has one partition.
        """
        if self._splitters is None or self.num_partitions != size or self.num_partitions == 1:
            return None
        return self._splitters.ranges_of(block)

    def partitions_again(self, block: Block) -> np.ndarray:
        """The partition of rows that arrived."""
        return self._compute(block)


class PlacingBySource(Placing):
    """Partitions of rows by where they come from, which the receiver is told."""

    def __init__(self, contract: BySource, parts: list[tuple[int, Block]]) -> None:
        super().__init__(contract, lambda block: np.zeros(len(block), np.uint32), ships_partition=True)
        self._contract, self._begins = contract, begins_of(parts)

    def partitions_of(self, position: int, block: Block) -> np.ndarray:
        return partitions_by_source(self._contract, *self._begins[position], len(block))


class PlacingByRange(Placing):
    """Partitions of rows by splitters; where these cut ties, the receiver is told."""

    def __init__(
        self, contract: ByRange, parts: list[tuple[int, Block]], keys: list[HeldKeys], splitters: Splitters
    ) -> None:
        def again(block: Block) -> np.ndarray:
            return splitters.partitions_of(keys_of(contract, block))

        super().__init__(contract, again, ships_partition=splitters.cut_ties, splitters=splitters)
        self._cuts, self._keys, self._begins = splitters, [held.block for held in keys], begins_of(parts)

    def partitions_of(self, position: int, block: Block) -> np.ndarray:
        return self._cuts.partitions_of(self._keys[position], *self._begins[position])


def place(world: World, contract: Contract, parts: list[tuple[int, Block]], config: Config) -> Placing:
    """How the rows of (source partition, block) parts are placed; collective for range contracts.

    Those find their splitters here.
    """
    if isinstance(contract, BySource):
        return PlacingBySource(contract, parts)
    if isinstance(contract, ByRange):
        return _place_by_range(world, contract, parts)
    if contract.function is None:
        table = group_table(contract.num_partitions, config.key_groups)

        def by_hash(block: Block, table: np.ndarray = table) -> np.ndarray:
            return partition.buckets_from_table(hash_block(first_items(block), config.hash_seed), table)

        def ranks_by_hash(block: Block, size: int) -> np.ndarray:
            return by_hash(block, owners(contract.num_partitions, size)[table])

        by_group = contract.by_group and len(table) == config.key_groups
        return Placing(contract, by_hash, groups=table if by_group else None, compute_ranks=ranks_by_hash)
    return Placing(contract, lambda block: _by_function(contract, block), ships_partition=True)


def _by_function(contract: Hash, block: Block) -> np.ndarray:
    function, count = contract.function.call, contract.num_partitions
    chosen = [index(function(key)) % count for key in first_items(block).records()]
    return np.array(chosen, np.int64).astype(np.uint32)


def _place_by_range(world: World, contract: ByRange, parts: list[tuple[int, Block]]) -> Placing:
    if contract.num_partitions == 1:
        return Placing(contract, lambda block: np.zeros(len(block), np.uint32))
    task = f"the keys of {contract}"
    keys = together(world, lambda: [HeldKeys(source, keys_of(contract, block)) for source, block in parts], task)
    return PlacingByRange(contract, parts, keys, splitters_of(world, contract, keys))


def splitters_of(world: World, contract: ByRange, keys: Sequence[Keys]) -> Splitters:
    """The splitters that a contract asks for; collective."""
    return find_splitters(world, keys, contract.num_partitions, contract.ascending, contract.splits_ties)


def begins_of(parts: list[tuple[int, Block]]) -> list[tuple[int, int]]:
    """The source of each part, and where in it the part begins."""
    begins: list[tuple[int, int]] = []
    done: dict[int, int] = {}
    for source, block in parts:
        begins.append((source, done.get(source, 0)))
        done[source] = begins[-1][1] + len(block)
    return begins


def first_items(block: Block) -> Block:
    """The keys of (key, value) records.

    Raises TypeError, with the record, for a record that is not a pair.
    """
    if isinstance(block, ColumnBlock):
        if isinstance(block.layout, Row) and len(block.layout.items) >= 1 and is_pair(block.layout):
            return block.item(0)
        record = block.slice(0, 1).records()
        raise TypeError(f"expected (key, value) records, got {record[0]!r}")
    keys = []
    for record in block.values:
        try:
            key, _ = record
        except (TypeError, ValueError):
            raise TypeError(f"expected (key, value) records, got {record!r}") from None
        keys.append(key)
    return ObjectBlock(keys)


def partition_of(key: Any, contract: Hash, config: Config) -> int:
    """The partition of one key by a hash contract."""
    if contract.function is not None:
        return index(contract.function.call(key)) % contract.num_partitions
    table = group_table(contract.num_partitions, config.key_groups)
    return int(partition.buckets_from_table(hash_keys([key], config.hash_seed), table)[0])

"""The one seam where blocks become buffers and rows change ranks."""

import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pympr.collectives.exchange import Counters, Part, Received
from pympr.collectives.objects import dump
from pympr.collectives.reduce import reduce_tree
from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock, concat, to_columns
from pympr.data.column import DTYPES, BytesColumn, FixedColumn, mask_of
from pympr.data.schema import Layout, Leaf, leaves, unify
from pympr.plan.wide import Contract
from pympr.run.operators.arrange import GroupedBlock, arranged, by_key_group, edges_of
from pympr.run.operators.combine import arrays_of_column
from pympr.run.place import Placing, place
from pympr.run.placement import owned_by, owners
from pympr.run.together import together
from pympr.run.verified import check_borders, exchange

OBJECTS = "objects"
Parts = list[tuple[int, Block]]


@dataclass
class Moved:
    """What an exchange left on this rank, and what it cost."""

    partitions: dict[int, list[Block]]
    counters: list[Counters] = field(default_factory=list)


def move(world: World, contract: Contract, parts: Parts, config: Config) -> Moved:
    """Bring rows to the owners of their partitions; collective.

    `parts` are (source partition, block); rows of a partition arrive in the
    order of source and position.
    """
    moved = _move(world, contract, parts, config)
    check_borders(world, contract, moved.partitions, config)
    return moved


def _move(world: World, contract: Contract, parts: Parts, config: Config) -> Moved:
    task = f"exchange by {contract}"
    parts = together(world, lambda: _as_columns(parts), task)
    layout = agreed_layout(world, parts)
    if layout == OBJECTS:
        parts = [(source, ObjectBlock(block.records())) for source, block in parts]
    placing = place(world, contract, parts, config)
    if world.is_solo:
        return Moved(_separate(placing, concat([block for _, block in parts]), world, _ids(placing, parts), config))
    if layout is None:
        return Moved({index: [] for index in owned_by(world.rank, contract.num_partitions, world.size)})
    if layout == OBJECTS:
        sent = together(world, lambda: _object_parts(world, placing, parts), task)
        return _receive_objects(world, placing, sent, config)
    sent = together(world, lambda: _column_parts(world, placing, parts, layout), task)
    return _receive_columns(world, placing, sent, layout, config)


def _as_columns(parts: Parts) -> Parts:
    return [(source, to_columns(block)) for source, block in sorted(parts, key=_source) if len(block)]


def _source(part: tuple[int, Block]) -> int:
    return part[0]


def _ids(placing: Placing, parts: Parts) -> np.ndarray | None:
    if placing.num_partitions == 1 or placing.groups is not None or not parts:
        return None
    return np.concatenate([placing.partitions_of(position, block) for position, (_, block) in enumerate(parts)])


def agreed_layout(world: World, parts: Parts) -> Layout | str | None:
    """The layout that all rows of all ranks have, OBJECTS when there is none, None without rows; collective."""
    mine: Layout | str | None = None
    for _, block in parts:
        mine = merged_layout(mine, block.layout if isinstance(block, ColumnBlock) else OBJECTS)
    return reduce_tree(world, mine, merged_layout)


def merged_layout(left: Layout | str | None, right: Layout | str | None) -> Layout | str | None:
    """The layout of rows of two layouts, OBJECTS when they have none; None stands for no rows."""
    if left is None or right is None:
        return right if left is None else left
    if left == OBJECTS or right == OBJECTS:
        return OBJECTS
    return unify(left, right) or OBJECTS


def _column_parts(world: World, placing: Placing, parts: Parts, layout: Layout) -> list[Part]:
    table = owners(placing.num_partitions, world.size)
    sent, extra = [], placing.ships_partition
    for position, (source, block) in enumerate(parts):
        if (ranges := placing.ranges_of(block, world.size)) is not None:
            sent.append(Part(source, [ranges.values], ranges))
            continue
        columns = wire_columns(block, layout)
        if (ranks := placing.ranks_of(block, world.size)) is not None:
            sent.append(Part(source, columns, ranks))
            continue
        ids = placing.partitions_of(position, block)
        buckets = ids if placing.num_partitions == world.size else table[ids]
        sent.append(Part(source, columns + ([ids.astype(np.int64)] if extra else []), buckets))
    return sent


def _timed(
    world: World, sent: list[Part], spec: tuple[str, ...], placing: Placing, config: Config
) -> tuple[Received, Counters]:
    begun = time.perf_counter()
    received, counters = exchange(world, sent, spec, config, f"exchange by {placing.contract}")
    return received, counters._replace(seconds=time.perf_counter() - begun)


def _receive_columns(world: World, placing: Placing, sent: list[Part], layout: Layout, config: Config) -> Moved:
    extra = placing.ships_partition
    spec = spec_of(layout) + (("int64",) if extra else ())
    received, counters = _timed(world, sent, spec, placing, config)
    sent.clear()

    def separate() -> dict[int, list[Block]]:
        block, rest = from_wire(received.columns, layout)
        return _separate(placing, block, world, rest[0] if extra else None, config)

    # The user's function runs again on the rows that arrived.
    parts = together(world, separate, "the keys of rows that arrived") if placing.computes_keys else separate()
    return Moved(parts, [counters])


def wire_columns(block: ColumnBlock, layout: Layout) -> list[Any]:
    """The arrays that travel for a block among others of a layout."""
    wire: list[Any] = []
    for own, leaf, column in zip(leaves(block.layout), leaves(layout), block.columns):
        if own.kind == "none" != leaf.kind:
            wire += _nulls(leaf, len(block))
            continue
        wire.append(arrays_of_column(column) if leaf.is_variable else column.contiguous().view(_wire_dtype(leaf)))
        if leaf.nullable:
            wire.append(np.ascontiguousarray(mask_of(column)))
    return wire


def _nulls(leaf: Leaf, length: int) -> list[Any]:
    """A column of None only, as the kind that other ranks' columns have."""
    valid = np.zeros(length, np.uint8)
    if leaf.is_variable:
        nothing = np.zeros(length, np.int64)
        return [(np.empty(0, np.uint8), nothing, nothing), valid]
    return [np.zeros(length, _wire_dtype(leaf)), valid]


def _wire_dtype(leaf: Leaf) -> str:
    return "uint8" if leaf.kind in ("bool", "none") else leaf.kind


def spec_of(layout: Layout) -> tuple[str, ...]:
    """The dtypes of the arrays that travel for a layout."""
    spec: list[str] = []
    for leaf in leaves(layout):
        spec.append("bytes" if leaf.is_variable else _wire_dtype(leaf))
        spec += ["uint8"] if leaf.nullable else []
    return tuple(spec)


def from_wire(wire: Sequence[Any], layout: Layout) -> tuple[ColumnBlock, list[Any]]:
    """The block of the arrays that came, and the arrays that are left."""
    columns, at = [], 0
    for leaf in leaves(layout):
        arrays = wire[at]
        valid = wire[at + 1] if leaf.nullable else None
        at += 2 if leaf.nullable else 1
        if leaf.is_variable:
            columns.append(BytesColumn(*arrays, valid))
        else:
            columns.append(FixedColumn(arrays.view(DTYPES[leaf.kind]), valid))
    return ColumnBlock(layout, columns, len(columns[0])), list(wire[at:])


def _object_parts(world: World, placing: Placing, parts: Parts) -> list[Part]:
    """Objects travel as one pickle for every (source, partition): a bytes column with a row for each."""
    table = owners(placing.num_partitions, world.size)
    sent = []
    for position, (source, block) in enumerate(parts):
        ids = placing.partitions_of(position, block)
        order = np.argsort(ids, kind="stable")
        present, begins = np.unique(ids[order], return_index=True)
        pickles = [dump(block.take(run).values) for run in np.split(order, begins[1:])]
        sent.append(Part(source, [bytes_of(pickles), present.astype(np.int64)], table[present]))
    return sent


def bytes_of(values: list[bytes]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Byte strings as a column that travels."""
    lengths = np.array([len(value) for value in values], np.int64)
    ends = np.cumsum(lengths)
    return np.frombuffer(b"".join(values), np.uint8), ends - lengths, ends


def _receive_objects(world: World, placing: Placing, sent: list[Part], config: Config) -> Moved:
    received, counters = _timed(world, sent, ("bytes", "int64"), placing, config)
    (data, starts, ends), ids = received.columns
    owned = owned_by(world.rank, placing.num_partitions, world.size)
    partitions: dict[int, list[Block]] = {index: [] for index in owned}

    def unpack() -> None:
        for index, begin, end in zip(ids.tolist(), starts.tolist(), ends.tolist()):
            partitions[index].append(ObjectBlock(pickle.loads(data[begin:end].data)))

    together(world, unpack, "unpacking what an exchange brought")
    return Moved(partitions, [counters])


def _separate(
    placing: Placing, block: Block, world: World, ids: np.ndarray | None, config: Config
) -> dict[int, list[Block]]:
    """The rows of this rank by partition; in one, by key group where that is asked for, else order kept."""
    owned = owned_by(world.rank, placing.num_partitions, world.size)
    if not len(block):
        return {index: [] for index in owned}
    if placing.groups is not None and isinstance(block, ColumnBlock):
        return _by_group(by_key_group(block, config), placing.groups, owned)
    if len(owned) == 1:
        return {owned[0]: [block]}
    ids = placing.partitions_again(block) if ids is None else ids
    local = (ids - owned.start).astype(np.uint32, copy=False)
    edges = edges_of(local, len(owned))
    block = arranged(block, local, edges)
    return {index: [block.slice(int(a), int(b))] if b > a else [] for index, a, b in zip(owned, edges[:-1], edges[1:])}


def _by_group(block: GroupedBlock, groups: np.ndarray, owned: range) -> dict[int, list[Block]]:
    borders = np.searchsorted(groups, np.arange(owned.start, owned.stop + 1)).tolist()
    parts = [block.groups(begin, end) for begin, end in zip(borders[:-1], borders[1:])]
    return {index: [part] if len(part) else [] for index, part in zip(owned, parts)}

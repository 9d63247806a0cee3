"""One table from plan node to what it does to rows."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from pympr.config import Config
from pympr.plan import narrow, sources, wide
from pympr.plan.node import Node
from pympr.run import in_place
from pympr.run.buffers import Buffers
from pympr.run.keep import Kept
from pympr.run.key_filter import KeyFilter
from pympr.run.listing import Listing
from pympr.run.operators import columns, fused, partitions
from pympr.run.operators import sources as read
from pympr.run.operators import zip as zips
from pympr.run.operators.line_items import line_items
from pympr.run.operators.sort_groups import sort_groups
from pympr.run.operators.source_arrays import read_rows
from pympr.run.operators.source_csv import read_csv
from pympr.run.operators.source_json import read_json
from pympr.run.operators.source_text import read_split
from pympr.run.operators.source_whole import read_group
from pympr.run.records import Intake
from pympr.run.rows import Rows, held, readable, union
from pympr.run.spill import combining, joining, sorting
from pympr.run.spill import operators as wide_steps
from pympr.run.spill.memory import Memory
from pympr.run.verified import sorted_blocks
from pympr.stages.cut import StageInput


class Evaluator:
    """Rows of a stage's pipeline, given what earlier stages left on this rank."""

    def __init__(
        self,
        rank: int,
        config: Config,
        listing: Listing,
        intake: Intake,
        memory: Memory,
        left: dict[int, Rows],
        kept: Mapping[int, Kept],
    ) -> None:
        self.rank, self.config, self.listing, self.intake = rank, config, listing, intake
        self.memory, self.left, self.kept = memory, left, kept
        self.broadcast: set[int] = set()  # stages whose rows went to all ranks
        self.filters: dict[int, KeyFilter] = {}  # of the keys that rows of a stage can meet
        self.buffers = Buffers(config.read_bytes)

    def rows(self, node: Node) -> Rows:
        """The rows a node gives; nothing is computed before its partitions are walked."""
        return _TABLE[type(node)](self, node)

    def sliced(self, total: int, blocks: Callable[[int], Any]) -> Rows:
        """A partition for each slice of what every rank has."""
        return readable(total, lambda index: self.intake.passed(0, blocks(index)))

    def files(self, splits: list[Any], read: Callable[[Any], Any]) -> Rows:
        """A partition for each split of files."""

        def blocks(index: int) -> Any:
            split = splits[index]
            return self.intake.passed(split.num_bytes, read(split))

        return readable(len(splits), blocks)


def _collection(at: Evaluator, node: sources.Collection) -> Rows:
    return at.sliced(node.num_slices, lambda index: read.read_slice(node.values, node.num_slices, index, at.config))


def _range(at: Evaluator, node: sources.Range) -> Rows:
    return at.sliced(node.num_slices, lambda index: read.read_range(node, index, at.config))


def _text(at: Evaluator, node: sources.TextFile) -> Rows:
    splits = at.listing.of(node)
    return at.files(splits, lambda split: read_split(split, node, at.config, at.buffers))


def _json(at: Evaluator, node: sources.JsonLines) -> Rows:
    return at.files(at.listing.of(node), lambda split: read_json(split, node, at.config, at.buffers))


def _csv(at: Evaluator, node: sources.CsvFile) -> Rows:
    return at.files(at.listing.of(node), lambda split: read_csv(split, node, at.config, at.buffers))


def _line_items(at: Evaluator, node: narrow.LineItems) -> Rows:
    text = node.child
    splits = at.listing.of(text)
    return at.files(splits, lambda split: line_items(node, read_split(split, text, at.config, at.buffers)))


def _records(at: Evaluator, node: sources.BinaryRecords) -> Rows:
    splits = at.listing.of(node)
    return at.files(splits, lambda split: read.read_records(split, node.record_length, at.config))


def _array_files(at: Evaluator, node: sources.ArrayFiles) -> Rows:
    return at.files(at.listing.of(node), lambda split: read_rows(split, at.config))


def _arrays(at: Evaluator, node: sources.Arrays) -> Rows:
    mine = {at.rank: list(read.read_arrays(node))}
    return held(node.num_ranks, mine)


def _map_partitions(at: Evaluator, node: narrow.MapPartitions) -> Rows:
    rows = at.rows(node.child)
    return replace(rows, blocks=lambda index: partitions.map_partition(node, index, rows.blocks(index), at.config))


def _join(at: Evaluator, node: wide.Join) -> Rows:
    left, right = at.rows(node.left), at.rows(node.right)
    if node.may_stay and node.right.stage in at.broadcast:

        def join(of_left: Any, of_right: Any) -> Any:
            return joining.join(node.how, of_left, of_right, at.memory, at.config)

        return replace(left, blocks=in_place.joined(left, right, at.config, join))

    def blocks(index: int) -> Any:
        return joining.join(node.how, left.blocks(index), right.blocks(index), at.memory, at.config)

    return replace(left, blocks=blocks)


def _cogroup(at: Evaluator, node: wide.CoGroup) -> Rows:
    inputs = [at.rows(child) for child in node.inputs]

    def blocks(index: int) -> Any:
        return wide_steps.cogroup([rows.blocks(index) for rows in inputs], at.memory, at.config)

    return replace(inputs[0], blocks=blocks)


def _zip(at: Evaluator, node: wide.Zip) -> Rows:
    left, right = at.rows(node.left), at.rows(node.right)
    # Rows that any rank can make go where the others lie.
    base = right if left.free and not left.mine else left

    def blocks(index: int) -> Any:
        return zips.zip_rows(index, left.blocks(index), right.blocks(index), at.config)

    return replace(base, blocks=blocks)


def _cartesian(at: Evaluator, node: wide.Cartesian) -> Rows:
    left, right = at.rows(node.left), at.rows(node.right)
    count = node.num_right
    mine, free = ([i * count + j for i in numbers for j in range(count)] for numbers in (left.mine, left.free))
    return Rows(left.total * count, mine, free, zips.Product(count, left.blocks, right.blocks).blocks)


def _gather(at: Evaluator, node: wide.Repartition) -> Rows:
    rows = at.rows(node.child)
    by = node.partitioning
    sources = range(rows.total)  # none, when what has no partitions becomes one
    return readable(
        by.num_partitions,
        lambda index: chain.from_iterable(map(rows.blocks, sources[by[index].start : by[index].stop])),
    )


def _columns(at: Evaluator, node: Node) -> Rows:
    """Column steps one above the other, and the Python steps above them, take a block together."""
    nodes: list[Any] = [node]
    while isinstance(nodes[-1].child, columns.ColumnStep):
        nodes.append(nodes[-1].child)
    rows = at.rows(nodes[-1].child)
    if nodes == [node] and isinstance(node, narrow.Fused):
        return rows.through(lambda blocks: fused.run_steps(node.steps, blocks))
    return rows.through(lambda blocks: columns.run_columns(nodes[::-1], blocks))


def _step(step: Callable[[Evaluator, Any], Callable]) -> Callable[[Evaluator, Any], Rows]:
    """A node that only passes its child's blocks through a function."""
    return lambda at, node: at.rows(node.child).through(step(at, node))


_local_combine = _step(lambda at, node: lambda blocks: combining.local_combine(node, blocks, at.memory, at.config))
_TABLE: dict[type, Callable[[Evaluator, Any], Rows]] = {
    StageInput: lambda at, node: at.left[node.stage],
    narrow.Stored: lambda at, node: at.kept[node.rdd_id].rows(),
    sources.Collection: _collection,
    sources.Range: _range,
    sources.TextFile: _text,
    sources.BinaryRecords: _records,
    sources.Arrays: _arrays,
    sources.WholeFiles: lambda at, node: at.files(
        at.listing.of(node), lambda group: read_group(group, node, at.config)
    ),
    sources.CsvFile: _csv,
    sources.JsonLines: _json,
    narrow.LineItems: _line_items,
    sources.ArrayFiles: _array_files,
    narrow.Union: lambda at, node: union([at.rows(child) for child in node.inputs]),
    narrow.MapPartitions: _map_partitions,
    narrow.MapBlocks: _step(lambda at, node: lambda blocks: partitions.map_blocks(node.function, blocks)),
    narrow.Fused: _columns,
    narrow.Project: _columns,
    narrow.Where: _columns,
    narrow.Spread: _columns,
    narrow.SpreadEach: _columns,
    narrow.SortGroups: _step(lambda at, node: lambda blocks: sort_groups(node, blocks, at.config)),
    narrow.Words: _step(lambda at, node: lambda blocks: columns.words(node, blocks)),
    wide.LocalCombine: _local_combine,
    wide.CombineWords: _local_combine,
    wide.FinalCombine: _step(
        lambda at, node: lambda blocks: wide_steps.final_combine(node, blocks, at.memory, at.config)
    ),
    wide.Group: _step(lambda at, node: lambda blocks: wide_steps.group_by_key(blocks, at.memory, at.config)),
    wide.PartitionBy: _step(lambda at, node: lambda blocks: blocks),
    wide.Sort: _step(
        lambda at, node: (
            lambda blocks: sorted_blocks(
                node.partitioning, sorting.sort_rows(node.partitioning, blocks, at.memory), at.config
            )
        )
    ),
    wide.Repartition: _gather,
    wide.Zip: _zip,
    wide.Cartesian: _cartesian,
    wide.Join: _join,
    wide.CoGroup: _cogroup,
}

"""All records on every rank, in the order of the partitions."""

from collections.abc import Iterator, Sequence
from typing import Any

from pympr.data.block import Block
from pympr.run.actions.action import Run
from pympr.run.share import share_values, values_at


def collect(run: Run, root: int | None = None) -> list[Any] | None:
    """The records as a list, on every rank, or at `root` only."""
    partitions = collect_partitions(run, root)
    return None if partitions is None else [record for part in partitions for record in part]


def collect_chosen(run: Run, partitions: Sequence[int]) -> list[Any]:
    """The records of some partitions, in the order in which they are named; nothing else is computed.

    Raises IndexError for a partition that is not there.
    """
    for index in partitions:
        if not 0 <= index < run.rows.total:
            raise IndexError(f"partition {index} of {run.rows.total} does not exist")
    if not partitions:
        return []
    chosen = set(partitions)

    def compact_chosen(index: int, blocks: Iterator[Block]) -> list[Block] | None:
        return _compact(index, blocks) if index in chosen else None

    mine = run.walk(compact_chosen, min(chosen), max(chosen) + 1)
    mine = {index: blocks for index, blocks in mine.items() if blocks is not None}
    merged = {index: blocks for part in share_values(run.world, mine) for index, blocks in part.items()}
    return [record for index in partitions for block in merged[index] for record in block.records()]


def collect_partitions(run: Run, root: int | None = None) -> list[list[Any]] | None:
    """One list of records for every partition."""
    found = _in_order(run, run.each(_compact), root)
    return None if found is None else [[r for block in blocks for r in block.records()] for blocks in found]


def _compact(index: int, blocks: Iterator[Block]) -> list[Block]:
    return [block.compact() for block in blocks]


def _in_order(run: Run, mine: dict[int, Any], root: int | None) -> list[Any] | None:
    everyone = share_values(run.world, mine) if root is None else values_at(run.world, mine, root)
    if everyone is None:
        return None
    merged = {index: value for part in everyone for index, value in part.items()}
    return [merged[index] for index in sorted(merged)]


def gathered_partials(run: Run, mine: dict[int, Any]) -> list[Any]:
    """The partitions' values in order, on every rank."""
    found = _in_order(run, mine, None)
    assert found is not None
    return found

"""All records on every rank, in the order of the partitions."""

from collections.abc import Iterator
from typing import Any

from pympr.collectives.gather import allgather_objects, gather_objects
from pympr.data.block import Block
from pympr.run.actions.action import Run


def collect(run: Run, root: int | None = None) -> list[Any] | None:
    """The records as a list, on every rank, or at `root` only."""
    partitions = collect_partitions(run, root)
    return None if partitions is None else [record for part in partitions for record in part]


def collect_partitions(run: Run, root: int | None = None) -> list[list[Any]] | None:
    """One list of records for every partition."""
    found = _in_order(run, run.each(_compact), root)
    return None if found is None else [[r for block in blocks for r in block.records()] for blocks in found]


def _compact(index: int, blocks: Iterator[Block]) -> list[Block]:
    return [block.compact() for block in blocks]


def _in_order(run: Run, mine: dict[int, Any], root: int | None) -> list[Any] | None:
    if root is None:
        everyone: list[dict[int, Any]] | None = allgather_objects(run.world, mine)
    else:
        everyone = gather_objects(run.world, mine, root)
    if everyone is None:
        return None
    merged = {index: value for part in everyone for index, value in part.items()}
    return [merged[index] for index in sorted(merged)]


def gathered_partials(run: Run, mine: dict[int, Any]) -> list[Any]:
    """The partitions' values in order, on every rank."""
    found = _in_order(run, mine, None)
    assert found is not None
    return found

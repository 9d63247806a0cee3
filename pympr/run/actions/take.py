"""The first or smallest records, without computing what is not needed."""

import heapq
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

from pympr.data.block import Block
from pympr.run.actions.action import Run
from pympr.run.actions.collect import gathered_partials
from pympr.run.operators.preselect import preselection
from pympr.run.share import share_values

GROWTH = 4


def take(run: Run, number: int) -> list[Any]:
    """The first `number` records: one partition first, then four times as many at each step."""
    taken: list[Any] = []
    begin, width = 0, 1
    while len(taken) < number and begin < run.rows.total:
        end = min(begin + width, run.rows.total)
        missing = number - len(taken)
        mine = run.walk(lambda index, blocks, missing=missing: list(islice(_records(blocks), missing)), begin, end)
        merged = {index: part for ranks in share_values(run.world, mine) for index, part in ranks.items()}
        taken += [record for index in sorted(merged) for record in merged[index]]
        begin, width = end, width * GROWTH
    return taken[:number]


def take_ordered(run: Run, number: int, key: Callable[[Any], Any] | None, is_largest: bool) -> list[Any]:
    """The `number` smallest (or largest) records in order; equal ones in the order of the partitions."""
    select = heapq.nlargest if is_largest else heapq.nsmallest
    candidates = preselection(key, number, is_largest)
    mine = run.each(lambda index, blocks: select(number, _records(map(candidates, blocks)), key=key))
    return select(number, chain.from_iterable(gathered_partials(run, mine)), key=key)


def _records(blocks: Iterator[Block]) -> Iterator[Any]:
    return chain.from_iterable(block.records() for block in blocks)

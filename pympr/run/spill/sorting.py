"""Sorting a partition that does not fit into memory: ranges of keys, each sorted by itself."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pympr.data.block import Block, ColumnBlock
from pympr.data.schema import Leaf
from pympr.plan.wide import ByRange
from pympr.run.key_cuts import FIXED
from pympr.run.operators import sort
from pympr.run.spill.memory import Memory
from pympr.run.spill.spilled import Spilled, dealt, gather
from pympr.run.spill.split import ranges
from pympr.run.splitters import Splitters

_SAMPLED_BLOCKS, _SAMPLED_ROWS = 16, 1 << 12
_LEAST_BUCKETS, _MOST_BUCKETS = 4, 64


def sort_rows(contract: ByRange, blocks: Iterator[Block], memory: Memory) -> Iterator[Block]:
    """As `operators.sort.sort_rows`, in several blocks where one would be too large."""
    rows = gather(memory, blocks, memory.share_bytes)
    if not isinstance(rows, Spilled):
        yield from sort.sort_rows(contract, iter(rows))
        return
    kind = _kind_of_all(contract, rows)
    most = memory.share_bytes // 2
    found = _fixed(contract, memory, rows, most) if kind in FIXED else _others(contract, memory, rows, most)
    for part, is_single in found:
        if part.num_bytes > most and is_single:
            yield from part  # equal keys stay in the order in which they came
        else:
            yield from sort.sort_rows(contract, iter(part))


def _kind_of_all(contract: ByRange, rows: Spilled) -> str:
    """The kind of all keys, "objects" where they are of several or not one column."""
    layouts = {frame.layout for frame in rows.frames}
    if sort.is_own_key(contract) or len(layouts) > 1:
        only = layouts.pop() if len(layouts) == 1 else None
        return only.kind if isinstance(only, Leaf) and not only.nullable else "objects"
    kinds: set[str] = set()
    for block in rows:
        keys = sort.keys_of(contract, block)
        kinds.add(keys.layout.kind if sort.is_typed(keys) else "objects")
        if len(kinds) > 1 or "objects" in kinds:
            return "objects"
    return kinds.pop()


def _fixed(contract: ByRange, memory: Memory, rows: Spilled, most: int) -> Iterator[tuple[Spilled, bool]]:
    """Ranges of numbers."""

    def numbers(block: Block) -> np.ndarray:
        keys = sort.keys_of(contract, block)
        assert isinstance(keys, ColumnBlock), f"keys of {contract} became objects"
        return keys.columns[0].contiguous()

    found = ranges(memory, (rows,), (numbers,), most, contract.ascending)
    return ((parts[0], is_single) for parts, is_single in found)


def _others(contract: ByRange, memory: Memory, rows: Spilled, most: int) -> Iterator[tuple[Spilled, bool]]:
    """Ranges of keys that Python compares."""
    sample = _sample(contract, rows)
    wanted = min(max(2 * -(-rows.num_bytes // most), _LEAST_BUCKETS), _MOST_BUCKETS)
    heavy = _heaviest(sample, wanted)
    if heavy:
        buckets = dealt(memory, rows, 3, lambda block: _around(sort.keys_of(contract, block), heavy[0]))
    else:
        splitters = [sample[len(sample) * place // wanted] for place in range(1, wanted)]
        cut = Splitters(splitters, True)
        buckets = dealt(memory, rows, wanted, lambda block: cut.partitions_of(sort.keys_of(contract, block)))
    places = range(len(buckets)) if contract.ascending else reversed(range(len(buckets)))
    for place in places:
        part, is_single = buckets[place], bool(heavy) and place == 1
        if part.num_bytes <= most or is_single:
            if part.rows:
                yield part, is_single
        else:
            yield from _others(contract, memory, part, most)


def _sample(contract: ByRange, rows: Spilled) -> list[Any]:
    keys = []
    for block in rows.some(_SAMPLED_BLOCKS):
        step = max(1, len(block) * _SAMPLED_BLOCKS // _SAMPLED_ROWS)
        keys += sort.keys_of(contract, block.take(np.arange(0, len(block), step))).records()
    return sorted(keys)


def _heaviest(sample: list[Any], wanted: int) -> list[Any]:
    """A key that so many rows have that it needs a range of its own: none, or one in a list."""
    run = max(1, len(sample) // (2 * wanted))
    for place in range(run, len(sample), run):
        if not sample[place - run] < sample[place]:
            return [sample[place]]
    return [] if len(sample) > wanted else sample[:1]


def _around(keys: Block, key: Any) -> np.ndarray:
    """0 for keys below one, 1 for those equal to it, 2 for those above, uint32."""
    return np.array([0 if other < key else 2 if key < other else 1 for other in keys.records()], np.uint32)

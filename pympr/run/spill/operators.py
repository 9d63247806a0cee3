"""Wide steps over partitions that do not fit into memory.

A hash partition holds a range of key hashes and gives its results in their order, so it may be done a smaller
range at a time: the results, one after the other, are those of the whole.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ObjectBlock
from pympr.data.keyhash import hash_block
from pympr.plan.wide import FinalCombine
from pympr.run.operators import combine as combines
from pympr.run.operators import group as groups
from pympr.run.operators.python_combine import one_nan
from pympr.run.place import first_items
from pympr.run.result_iterable import ResultIterable
from pympr.run.spill.memory import Memory, size_of
from pympr.run.spill.spilled import Gathered, Spilled, gather, spill
from pympr.run.spill.split import Parts, ranges
from pympr.run.spill.values import SpilledValues

SIGN = np.uint64(1 << 63)
# Rows that all become Python objects at once take so many times what they did as columns.
AS_OBJECTS = 8


def hashes_of(config: Config) -> Callable[[Block], np.ndarray]:
    """The key hashes of (key, value) blocks, as int64 of the same order."""
    return lambda block: (hash_block(first_items(block), config.hash_seed) ^ SIGN).view(np.int64)


def group_by_key(blocks: Iterator[Block], memory: Memory, config: Config) -> Iterator[Block]:
    """As `operators.group.group_by_key`; values of one key that do not fit are read when they are asked for."""
    rows = gather(memory, blocks, memory.share_bytes)
    if not isinstance(rows, Spilled):
        yield from groups.group_by_key(iter(rows), config)
        return
    most = memory.share_bytes // 4
    for parts, is_single in ranges(memory, (rows,), (hashes_of(config),), most):
        if is_single and parts[0].num_bytes > most and (key := _only_key(parts)) is not None:
            yield ObjectBlock([(key[0], _values(parts[0]))])
        else:
            yield from groups.group_by_key(iter(parts[0]), config)


def cogroup(inputs: Sequence[Iterator[Block]], memory: Memory, config: Config) -> Iterator[Block]:
    """As `operators.group.cogroup`; values of one key that do not fit are read when they are asked for."""
    most = memory.share_bytes // AS_OBJECTS
    rows = all_or_none(memory, [gather(memory, blocks, most) for blocks in inputs], most)
    if not isinstance(rows, tuple):
        yield from groups.cogroup([iter(blocks) for blocks in rows], config)
        return
    for parts, is_single in ranges(memory, rows, [hashes_of(config)] * len(rows), most):
        total = sum(part.num_bytes for part in parts)
        if is_single and total > most and (key := _only_key(parts)) is not None:
            yield ObjectBlock([(key[0], tuple(map(_values, parts)))])
        else:
            yield from groups.cogroup([iter(part) for part in parts], config)


def final_combine(node: FinalCombine, blocks: Iterator[Block], memory: Memory, config: Config) -> Iterator[Block]:
    """As `operators.combine.final_combine`."""
    rows = gather(memory, blocks, memory.share_bytes)
    if not isinstance(rows, Spilled):
        yield from combines.final_combine(node, iter(rows), config)
        return
    most = memory.share_bytes // 2
    for (part,), _ in ranges(memory, (rows,), (hashes_of(config),), most):
        if part.num_bytes <= most:
            yield from combines.final_combine(node, iter(part), config)
        else:  # one key: what it has become so far, merged with its next rows
            done: list[Block] = []
            for block in part:
                done = list(combines.final_combine(node, chain(done, [block]), config))
            yield from done


def all_or_none(memory: Memory, inputs: list[Gathered], most_bytes: int) -> Parts | list[list[Block]]:
    """All inputs on disk when one is, or when they take more than `most_bytes` together."""
    held = [rows for rows in inputs if not isinstance(rows, Spilled)]
    if len(held) == len(inputs) and sum(size_of(block) for blocks in held for block in blocks) <= most_bytes:
        return held
    return tuple(rows if isinstance(rows, Spilled) else spill(memory, iter(rows)) for rows in inputs)


def _only_key(parts: Parts) -> tuple[Any] | None:
    """The one key that all rows have, or None when two keys share a hash."""
    found: dict[Any, None] = {}
    for block in chain.from_iterable(parts):
        found |= dict.fromkeys(map(one_nan, first_items(block).records()))
        if len(found) > 1:
            return None
    return tuple(found)  # type: ignore[return-value]


def _values(part: Spilled) -> ResultIterable:
    return ResultIterable(SpilledValues(part) if part.rows else [])

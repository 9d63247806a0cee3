"""Checks of what travels and of what is sorted or summed, which cost a few bytes of messages.

After Hübschle-Schneider and Sanders, "Communication Efficient Checking of Big Data Operations" (2018): rows
are the same when sums of their random hashes are; rows are sorted when every rank's are, and its first
key is not below the last one before. A false alarm is impossible, a change is missed once in 2**64.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pympr.collectives.exchange import Counters, Part, RangeBuckets, Received
from pympr.collectives.exchange import exchange as move_rows
from pympr.collectives.reduce import allreduce, reduce_tree
from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, concat
from pympr.data.column import FixedColumn
from pympr.errors import KernelError, VerificationError
from pympr.native.hash import hash_bytes, hash_combine, hash_fixed
from pympr.plan.wide import ByRange
from pympr.run.operators.sort import is_typed, keys_of
from pympr.run.share import share_values
from pympr.run.task import current_task
from pympr.run.together import together

_MASK = (1 << 64) - 1
_ODD = 0x9E3779B97F4A7C15  # Weyl's constant: spreads small numbers over 64 bits
_BROKEN = -1  # in place of a sum: rows of which no hash can be made


def exchange(
    world: World, parts: list[Part], spec: tuple[str, ...], config: Config, task: str
) -> tuple[Received, Counters]:
    """As `collectives.exchange.exchange`; with `verify`, VerificationError on all ranks when a row arrives changed.

    Checked are the items of all rows, their sources and where they went; not their order in a source.
    """
    if not config.verify or world.is_solo:
        return move_rows(world, parts, spec)
    seed = config.hash_seed
    sent = [(part.source, _ranks_of(part), _row_hashes(part.columns, seed)) for part in parts]
    went = sum(_digest(hashes, source, ranks) for source, ranks, hashes in sent) & _MASK
    received, counters = move_rows(world, parts, spec)
    came = _arrived(received, seed)
    total = _BROKEN if came is None else sum(came.values())
    difference = 1 if total == _BROKEN else (went - total * _factor(world.rank)) & _MASK
    halves = np.array([difference >> 32, difference & 0xFFFFFFFF, total == _BROKEN], np.int64)
    upper, lower, broken = allreduce(world, halves, "sum").tolist()
    if broken or ((upper << 32) + lower) & _MASK:
        raise VerificationError(_located(world, sent, came, task))
    return received, counters


def _located(world: World, sent: list[tuple[int, np.ndarray, np.ndarray]], came: dict | None, task: str) -> str:
    """Which rows differ: by source and pair of ranks; collective, and only when something is wrong."""
    mine: dict[tuple[int, int], int] = {}
    for source, ranks, hashes in sent:
        for rank in np.unique(ranks).tolist():
            mine[source, rank] = (mine.get((source, rank), 0) + _digest(hashes[ranks == rank], source)) & _MASK
    wanted: dict[tuple[int, int], int] = {}
    senders: dict[tuple[int, int], list[int]] = {}
    found: dict[tuple[int, int], int] = {}
    broken = []
    for rank, (theirs, arrived) in enumerate(share_values(world, (mine, came))):
        broken += [rank] if arrived is None else []
        found |= {(source, rank): digest for source, digest in (arrived or {}).items()}
        for pair, digest in theirs.items():
            wanted[pair] = (wanted.get(pair, 0) + digest) & _MASK
            senders.setdefault(pair, []).append(rank)
    told = [f"rank {rank} got strings that leave their bytes" for rank in broken]
    for source, rank in sorted(wanted.keys() | found.keys()):
        if rank not in broken and wanted.get((source, rank), 0) != found.get((source, rank), 0):
            by = " and ".join(map(str, senders.get((source, rank), []))) or "none"
            told.append(f"rows of partition {source} from rank {by} to rank {rank}")
    return (
        f"{_where()}{task}: what arrived is not what was sent: {'; '.join(told[:8])}; the memory or network is at fault"
    )


def _where() -> str:
    task = current_task()
    return "" if task is None else f"stage {task.stage}, "


def _factor(number: int) -> int:
    """An odd number for a rank or source, by which sums of its hashes are multiplied."""
    return ((number + 1) * _ODD ^ (number + 1) << 32 | 1) & _MASK


def _digest(hashes: np.ndarray, source: int, ranks: np.ndarray | None = None) -> int:
    if ranks is not None and len(ranks):
        factors = np.array([_factor(rank) for rank in range(int(ranks.max()) + 1)], np.uint64)
        hashes = hashes * factors[ranks]
    return int(hashes.sum(dtype=np.uint64)) * _factor(source) & _MASK


def _ranks_of(part: Part) -> np.ndarray:
    if isinstance(part.buckets, RangeBuckets):
        return np.searchsorted(part.buckets.splitters, part.buckets.values, side="left")
    return part.buckets


def _arrived(received: Received, seed: int) -> dict[int, int] | None:
    """The sums of the rows' hashes by source, None where a row has no hash."""
    try:
        hashes = _row_hashes(received.columns, seed)
    except (KernelError, ValueError):
        return None
    offsets = received.offsets.tolist()
    if len(offsets) and offsets[-1] != len(hashes):
        return None
    found = {}
    for source, begin, end in zip(received.sources.tolist(), offsets, offsets[1:]):
        found[source] = _digest(hashes[begin:end], source)
    return found


def _row_hashes(columns: Sequence[Any], seed: int) -> np.ndarray:
    """One hash of all bits of every row."""
    hashes: np.ndarray | None = None
    for column in columns:
        seed = (seed * 6364136223846793005 + 1442695040888963407) & _MASK  # another hash for every column
        for own in _column_hashes(column, seed):
            hashes = own if hashes is None else hash_combine(hashes, own)
    return np.empty(0, np.uint64) if hashes is None else hashes


def _column_hashes(column: Any, seed: int) -> Iterator[np.ndarray]:
    if isinstance(column, tuple):
        yield hash_bytes(*map(np.ascontiguousarray, column), seed=seed, kind="bytes")
        return
    column = np.ascontiguousarray(column)
    size = column.dtype.itemsize
    if size < 8:
        yield hash_fixed(column.view(f"u{size}").astype(np.int64), seed)
        return
    words = column.view(np.int64)
    for half in range(size // 8):
        yield hash_fixed(np.ascontiguousarray(words[half :: size // 8]), seed + half)


def check_borders(world: World, contract: Any, partitions: dict[int, list[Block]], config: Config) -> None:
    """VerificationError on all ranks unless the partitions of a sort hold consecutive ranges of keys; collective."""
    if not config.verify or not isinstance(contract, ByRange) or contract.num_partitions < 2:
        return
    mine = together(world, lambda: _range_of(contract, partitions), "checking a sort")
    # A partition is on one rank only, and ranks have theirs in order.
    found = reduce_tree(world, mine, lambda a, b: _joined(a, b, contract))
    if found is not None and found[4]:
        raise VerificationError(f"{_where()}sort: {found[4]}; the memory or network is at fault")


def _range_of(contract: ByRange, partitions: dict[int, list[Block]]) -> tuple | None:
    """(lowest key, highest, first partition, last, what is wrong) of this rank's partitions."""
    found: tuple | None = None
    for index in sorted(partitions):
        block = concat(partitions[index])
        if len(block) and (extremes := _extremes(contract, block)):
            found = _joined(found, (*extremes, index, index, ""), contract)
    return found


def _extremes(contract: ByRange, block: Block) -> tuple[Any, ...]:
    keys = keys_of(contract, block)
    if is_typed(keys) and isinstance(keys, ColumnBlock) and isinstance(keys.columns[0], FixedColumn):
        values = keys.columns[0].contiguous()
        return values.min().item(), values.max().item()
    records = [key for key in keys.records() if not _has_nan(key)]
    return (min(records), max(records)) if records else ()


def _has_nan(key: Any) -> bool:
    """Whether a key has no place in Python's order."""
    return key != key or (isinstance(key, tuple) and any(map(_has_nan, key)))


def _joined(left: tuple | None, right: tuple | None, contract: ByRange) -> tuple | None:
    if left is None or right is None:
        return right if left is None else left
    first, second = (left, right) if contract.ascending else (right, left)
    wrong = left[4] or right[4]
    if second[0] < first[1] and not wrong:
        wrong = f"keys of partition {left[3]} and of partition {right[2]} overlap"
    return (first[0], second[1], left[2], right[3], wrong)


def sorted_blocks(contract: ByRange, blocks: Iterator[Block], config: Config) -> Iterator[Block]:
    """The blocks of a partition, VerificationError where their rows are not in order."""
    last: list[Any] = []
    for block in blocks:
        if config.verify and len(block):
            keys = keys_of(contract, block)
            _check_order(keys, contract.ascending, last)
            last = [keys.slice(len(keys) - 1, len(keys)).records()[0]]
        yield block


def _check_order(keys: Block, is_ascending: bool, before: list[Any]) -> None:
    if not before and is_typed(keys) and isinstance(keys, ColumnBlock) and isinstance(keys.columns[0], FixedColumn):
        values = keys.columns[0].contiguous()
        low, high = (values[:-1], values[1:]) if is_ascending else (values[1:], values[:-1])
        is_wrong = bool((high < low).any())
    else:
        records = [*before, *keys.records()]
        pairs = zip(records, records[1:]) if is_ascending else zip(records[1:], records)
        is_wrong = any(high < low for low, high in pairs) and not any(map(_has_nan, records))
    if is_wrong:
        raise VerificationError(f"{_where()}sort: the rows of a partition are not in order; the memory is at fault")

"""Rows too many for memory, cut into ranges of a number that orders them: the hash of a key, its group, a sort key.

A range that is still too large is cut again; one in which all rows have the same number is
given as it is, for it cannot be cut. A sample of the rows says where to cut (as in sample
sort), so neither skew nor a narrow range of numbers takes more than a few rounds.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pympr.data.block import Block
from pympr.native.partition import buckets_by_range
from pympr.run.spill.memory import Memory
from pympr.run.spill.spilled import Spilled, dealt

_SAMPLED_BLOCKS, _SAMPLED_ROWS = 16, 1 << 12
_LEAST_BUCKETS, _MOST_BUCKETS = 4, 64
_LEAST_INT64 = np.iinfo(np.int64).min
Numbers = Callable[[Block], np.ndarray]
Parts = tuple[Spilled, ...]


def ranges(
    memory: Memory, inputs: Parts, numbers: Sequence[Numbers], most_bytes: int, ascending: bool = True
) -> Iterator[tuple[Parts, bool]]:
    """The inputs cut at the same numbers (int64 or float64), in ascending order or not; empty ranges are left out.

    What the parts of a range hold together takes at most `most_bytes`, or they come with
    True: all their rows have one number.
    """
    splitters = _splitters(inputs, numbers, most_bytes)
    buckets = [
        dealt(memory, rows, len(splitters) + 1, lambda block, of=of: buckets_by_range(of(block), splitters))
        for rows, of in zip(inputs, numbers)
    ]
    places = range(len(splitters) + 1)
    for place in places if ascending else reversed(places):
        parts = tuple(side[place] for side in buckets)
        total = sum(part.num_bytes for part in parts)
        if not any(part.rows for part in parts):
            continue
        is_single = place < len(splitters) and _is_alone(splitters, place)
        if total <= most_bytes or is_single:
            yield parts, is_single
        else:
            yield from ranges(memory, parts, numbers, most_bytes, ascending)


def _splitters(inputs: Parts, numbers: Sequence[Numbers], most_bytes: int) -> np.ndarray:
    """Ascending numbers at which to cut: quantiles of a sample, and both sides of those that many rows have."""
    total = sum(rows.num_bytes for rows in inputs)
    wanted = min(max(2 * -(-total // most_bytes), _LEAST_BUCKETS), _MOST_BUCKETS)
    sample = np.sort(np.concatenate([_sample(rows, of, total) for rows, of in zip(inputs, numbers) if rows.rows]))
    chosen = sample[len(sample) * np.arange(1, wanted) // wanted]
    values, counts = np.unique(sample, return_counts=True)
    heavy = values[counts * 2 * wanted > len(sample)]
    return np.unique(np.concatenate([chosen, heavy, _before(heavy)]))


def _sample(rows: Spilled, of: Numbers, total: int) -> np.ndarray:
    """Numbers of rows, as many as the rows' share of all bytes."""
    blocks = [of(block) for block in rows.some(_SAMPLED_BLOCKS)]
    wanted = max(1, _SAMPLED_ROWS * rows.num_bytes // max(total * len(blocks), 1))
    return np.concatenate([found[:: max(1, -(-len(found) // wanted))] for found in blocks])


def _before(values: np.ndarray) -> np.ndarray:
    """The next smaller numbers; NaN, which comes last, comes after infinity."""
    if values.dtype == np.float64:
        return np.where(np.isnan(values), np.inf, np.nextafter(values, -np.inf))
    return values[values > _LEAST_INT64] - 1


def _is_alone(splitters: np.ndarray, place: int) -> bool:
    """Whether one number only is above the splitter before this one, and not above this one."""
    below = _before(splitters[place : place + 1])
    if place == 0:
        return not len(below) or below[0] == splitters[0]
    return len(below) == 1 and below[0] == splitters[place - 1]

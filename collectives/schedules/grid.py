"""Who sends to whom on a grid: two hops, each to about as many ranks as the root of their number.

A row goes along the sender's line of the grid to the rank that stands in the target's column,
and from there along the column. Any number of ranks: where it has no two factors near each other the
last line is shorter, and what its ranks would send to columns that it lacks goes through other
lines, spread evenly. (The grid of Sanders and Uhl, "Engineering a distributed-memory triangle
counting algorithm", IPDPS 2023; the short line as in KaMPIng's grid plugin.)
"""

import math
from typing import NamedTuple

import numpy as np

_LONGEST_OVER_SHORTEST = 2


class Lines(NamedTuple):
    """`rows` lines of `columns` ranks, by rank; the last has `rest` ranks where that is not 0."""

    size: int
    rows: int
    columns: int
    rest: int


def lay_out(size: int) -> Lines:
    """The grid of `size` ranks: full where two factors of `size` are near each other, else as square as can be.

    >>> lay_out(12), lay_out(7)
    (Lines(size=12, rows=3, columns=4, rest=0), Lines(size=7, rows=3, columns=3, rest=1))
    """
    short = next(rows for rows in range(math.isqrt(size), 0, -1) if size % rows == 0)
    if size // short <= _LONGEST_OVER_SHORTEST * short:
        return Lines(size, short, size // short, 0)
    columns = math.isqrt(size - 1) + 1
    return Lines(size, -(-size // columns), columns, size % columns)


def via(lines: Lines, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The rank in the middle of the way from `source` to `target`; may be either of them.

    >>> via(lay_out(7), np.array([1, 6]), np.array([5, 5]))
    array([2, 2])
    """
    row, place = np.divmod(source, lines.columns)
    column = target % lines.columns
    if lines.rest:
        is_short = (row == lines.rows - 1) & (column >= lines.rest)
        row = np.where(is_short, place % (lines.rows - 1), row)
    return row * lines.columns + column


def first_targets(lines: Lines, rank: int) -> np.ndarray:
    """The ranks to which `rank` sends in the first hop, in the order of the steps."""
    middle = via(lines, np.int64(rank), np.arange(lines.columns))
    return _in_order(lines, middle[middle != rank] - rank, rank, 1)


def first_sources(lines: Lines, rank: int) -> np.ndarray:
    """The ranks from which `rank` receives in the first hop, in the order of the steps."""
    row, column = divmod(rank, lines.columns)
    begin = row * lines.columns
    mates = np.arange(begin, min(begin + lines.columns, lines.size))
    if lines.rest and row < lines.rows - 1 and column >= lines.rest:
        guests = (lines.rows - 1) * lines.columns + np.arange(row, lines.rest, lines.rows - 1)
        mates = np.concatenate([mates, guests])
    return _in_order(lines, rank - mates[mates != rank], rank, -1)


def second_targets(lines: Lines, rank: int) -> np.ndarray:
    """The ranks to which `rank` sends in the second hop, in the order of the steps: its column."""
    mates = column_of(lines, rank)
    return _in_order(lines, mates[mates != rank] - rank, rank, 1)


def second_sources(lines: Lines, rank: int) -> np.ndarray:
    """The ranks from which `rank` receives in the second hop, in the order of the steps: its column."""
    mates = column_of(lines, rank)
    return _in_order(lines, rank - mates[mates != rank], rank, -1)


def column_of(lines: Lines, rank: int) -> np.ndarray:
    """The ranks in the column of `rank`, ascending."""
    return np.arange(rank % lines.columns, lines.size, lines.columns)


def _in_order(lines: Lines, distances: np.ndarray, rank: int, sign: int) -> np.ndarray:
    """The ranks at these distances, the shortest way round first: both ends of a step have it in common."""
    return (rank + sign * np.sort(distances % lines.size)) % lines.size

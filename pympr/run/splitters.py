"""Splitters: the keys at which a sort cuts the ranks' ranges."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pympr.collectives.exchange import RangeBuckets
from pympr.collectives.gather import allgather
from pympr.collectives.reduce import allreduce
from pympr.collectives.world import World
from pympr.data.block import Block
from pympr.native import partition
from pympr.run.key_cuts import FIXED, Cuts, kind_of
from pympr.run.select_keys import ALL_EQUAL_BELOW, Goal, Keys, select_keys
from pympr.run.together import together

# How far a cut may be from an equal share, in shares, where it need not be exact.
TOLERANCE = 0.02


class Splitters:
    """n - 1 keys that cut the key range into n partitions of about equal size.

    Equal keys fall into one partition, or are cut by their place in the input: `ties` of the `equal` rows that have
    the key of a splitter lie below it.
    """

    def __init__(self, values: Any, ascending: bool, ties: Sequence[int] = (), equal: Sequence[int] = ()) -> None:
        self._cuts, self._ascending = Cuts(values), ascending
        self._ties = np.array(ties if len(ties) else np.full(len(values), ALL_EQUAL_BELOW), np.int64)
        self._equal = np.array(equal if len(equal) else np.zeros(len(values)), np.int64)
        # (source, position) of a row -> rows of each splitter's key that come before it in the input
        self._before: dict[tuple[int, int], np.ndarray] = {}

    @property
    def cut_ties(self) -> bool:
        """Whether the partition of a row depends on its place in the input."""
        return bool(((self._ties > 0) & (self._ties < self._equal)).any())

    def partitions_of(self, keys: Block, source: int = 0, begin: int = 0) -> np.ndarray:
        """The partition of every key, uint32.

        Where ties are cut: of rows `begin` and on of a source, of which all rows before were asked for already.
        """
        found = self._cuts.below(keys)
        if (self._ties != ALL_EQUAL_BELOW).any():
            self._cut(keys, found, source, begin)
        return found if self._ascending else np.uint32(len(self._cuts)) - found

    def ranges_of(self, keys: Block) -> RangeBuckets | None:
        """The same, found while the keys are sent; for numbers in ascending order only."""
        values = self._cuts.values
        if not self._ascending or not isinstance(values, np.ndarray) or kind_of(keys) not in FIXED:
            return None
        if (self._ties != ALL_EQUAL_BELOW).any():
            return None
        return RangeBuckets(keys.columns[0].contiguous(), values)

    def count_ties(self, world: World, keys: Sequence[Keys]) -> None:
        """Learn how many rows of each splitter's key come before each source of this rank; collective."""
        width = len(self._cuts)
        counts: dict[int, np.ndarray] = {}

        def mine() -> np.ndarray:
            for held in keys:
                row = counts.setdefault(held.source, np.zeros(width, np.int64))
                for piece in held.pieces():
                    found = self._cuts.below(piece)
                    row += self._tied(found, self._cuts.not_above(piece))
            return np.array([[source, *row] for source, row in counts.items()], np.int64).reshape(-1, width + 1)

        rows, _ = allgather(world, together(world, mine, "the ties of a sort").reshape(-1))
        rows = rows.reshape(-1, width + 1)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        before = np.cumsum(rows[:, 1:], axis=0) - rows[:, 1:]
        for source, line in zip(rows[:, 0].tolist(), before):
            if source in counts:
                self._before[source, 0] = line

    def _tied(self, below: np.ndarray, not_above: np.ndarray) -> np.ndarray:
        """Rows with the key of each splitter, at the first of those that are equal."""
        rows = below[below != not_above]
        return partition.histogram(rows, len(self._cuts)) if len(rows) else np.zeros(len(self._cuts), np.int64)

    def _cut(self, keys: Block, below: np.ndarray, source: int, begin: int) -> None:
        """Add to `below` the splitters of a row's own key that it lies above."""
        width = len(self._cuts)
        before = self._before.get((source, begin), np.zeros(width, np.int64)).copy()
        not_above = self._cuts.not_above(keys)
        counts = self._tied(below, not_above)
        tied = np.flatnonzero(below != not_above)
        order = tied[np.argsort(below[tied], kind="stable")]
        ends = np.cumsum(counts)
        for first in np.flatnonzero(counts).tolist():
            rows = order[ends[first] - counts[first] : ends[first]]
            run = slice(first, int(not_above[rows[0]]))
            places = before[first] + np.arange(len(rows))
            if not self._ascending:  # the first rows go up
                places = self._equal[run].max() - 1 - places
            below[rows] += np.searchsorted(self._ties[run], places, "right").astype(np.uint32)
        if self.cut_ties:
            self._before[source, begin + len(keys)] = before + counts


def find_splitters(
    world: World,
    keys: Sequence[Keys],
    num_partitions: int,
    ascending: bool,
    splits_ties: bool = False,
    is_exact: bool = False,
) -> Splitters:
    """The splitters that all ranks agree on, the same for any number of ranks; collective.

    `keys` are those of this rank's rows in the order in which they travel. They are fixed-width columns of one kind
    on all ranks, or are compared as Python objects. Every partition gets an equal share to within 2 percent, exactly
    where asked for, as far as equal keys allow or ties are split.
    """
    total = int(allreduce(world, np.array([sum(map(len, keys))], np.int64), "sum")[0])
    if not total or num_partitions == 1:
        return Splitters([], ascending)
    shares = [total * part // num_partitions for part in range(1, num_partitions)]
    goals = shares if ascending else [total - rows for rows in reversed(shares)]
    slack = 0 if is_exact else int(TOLERANCE * total / num_partitions)
    found, is_fixed = select_keys(world, keys, goals, slack, splits_ties)
    splitters = _splitters(found, is_fixed, ascending)
    if splitters.cut_ties:
        splitters.count_ties(world, keys)
    return splitters


def _splitters(goals: list[Goal], is_fixed: bool, ascending: bool) -> Splitters:
    values = [goal.key for goal in goals]
    ties, equal = [goal.ties for goal in goals], [goal.equal for goal in goals]
    return Splitters(np.array(values) if is_fixed else values, ascending, ties, equal)

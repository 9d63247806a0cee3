"""The keys up to which given numbers of rows lie, found by sampling and counting.

V. Harsh, L. Kale, E. Solomonik, "Histogram sort with sampling", SPAA 2019: a few keys around each goal are sampled,
all ranks count their rows up to each, and the sums narrow the interval of the goal until it is near enough. What
a rank sees of the others' rows is a sample of a size that the ranks do not change, and sums. The
sample is drawn by places in the input, so that the keys found depend neither on ranks nor on who holds which rows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

import numpy as np

from pympr.collectives.gather import allgather, allgather_objects
from pympr.collectives.reduce import allreduce
from pympr.collectives.world import World
from pympr.data.block import Block
from pympr.run.key_cuts import FIXED, Cuts, kind_of
from pympr.run.together import together

SAMPLES, SAMPLES_A_GOAL = 4096, 16
# Candidates around each goal in the first round, over so many standard deviations of the sample's error, both ways.
CANDIDATES, DEVIATIONS = 8, 3.0
ALL_EQUAL_BELOW = np.iinfo(np.int64).max
MOST_ROUNDS = 64
_TASK = "the sample of a sort"


class Keys(Protocol):
    """The sort keys of some rows of one source, in their order."""

    source: int

    def __len__(self) -> int: ...
    def take(self, index: np.ndarray) -> Block:
        """The keys at ascending positions."""
        ...

    def pieces(self) -> Iterator[Block]:
        """All keys."""
        ...


@dataclass
class HeldKeys:
    """Keys in memory."""

    source: int
    block: Block

    def __len__(self) -> int:
        return len(self.block)

    def take(self, index: np.ndarray) -> Block:
        return self.block.take(index)

    def pieces(self) -> Iterator[Block]:
        yield self.block


@dataclass
class Goal:
    """So many `rows` lie up to the key that is looked for.

    `low` and `high` are the nearest keys known on both sides, with the rows up to them. Once found: `key`, and of
    the `equal` rows that have it (0 where that is not known) the first `ties` belong below.
    """

    rows: int
    low: tuple[Any, int] | None = None
    high: tuple[Any, int] | None = None
    before_high: int = 0
    key: Any = None
    ties: int = ALL_EQUAL_BELOW
    equal: int = 0
    is_open: bool = True

    def narrow(self, keys: Sequence[Any], up_to: np.ndarray) -> None:
        """Use that `up_to` rows are less than each of the ascending keys or equal to it."""
        place = int(np.searchsorted(up_to, self.rows))
        if place < len(keys) and (self.high is None or up_to[place] < self.high[1]):
            self.high = keys[place], int(up_to[place])
        if place > 0 and (self.low is None or up_to[place - 1] > self.low[1]):
            self.low = keys[place - 1], int(up_to[place - 1])

    def take_nearest(self, slack: int) -> None:
        """Be content with a key whose equal rows all lie below, when that is near enough."""
        near = [end for end in (self.low, self.high) if end is not None and abs(end[1] - self.rows) <= slack]
        if near:
            best = min(near, key=lambda end: abs(end[1] - self.rows))
            self.key, self.is_open = best[0], False

    def rows_inside(self, total: int) -> int:
        """How many rows have keys strictly between `low` and `high`."""
        return (total if self.high is None else self.before_high) - (0 if self.low is None else self.low[1])

    def cut_ties(self, before: int, slack: int, splits_ties: bool) -> None:
        """Use that `before` rows are less than the key of `high`: cut among those equal to it, if it must be there."""
        assert self.high is not None
        self.before_high = before
        if before - self.rows > slack:
            return
        self.key, self.is_open = self.high[0], False
        self.equal = self.high[1] - before
        self.ties = min(max(self.rows - before, 0), self.equal)
        if not splits_ties:
            self.ties = 0 if 2 * self.ties < self.equal else ALL_EQUAL_BELOW


def select_keys(
    world: World, keys: Sequence[Keys], goals: Sequence[int], slack: int, splits_ties: bool
) -> tuple[list[Goal], bool]:
    """A key for each of the ascending goals, to within `slack` rows, and whether they are numbers; collective.

    0 < len(goals), and there are rows. Ties are cut by place in the input, unless rows of one key must stay together.
    """
    total = int(allreduce(world, np.array([sum(map(len, keys))], np.int64), "sum")[0])
    found = [Goal(rows) for rows in goals]
    # Keys of rows on disk are made only now, by functions that may fail.
    blocks, weights = together(world, lambda: _sample(keys, total, len(goals)), _TASK)
    kinds = set().union(*allgather_objects(world, {kind_of(block) for block in blocks}))
    is_fixed = len(kinds) == 1 and kinds <= FIXED
    sample, weight = _merged(world, blocks, weights, next(iter(kinds)) if is_fixed else "")
    cuts = _around(sample, weight, np.array(goals), total)
    for number in range(1, MOST_ROUNDS + 1):
        # Keys without a total order, as NaN in a tuple, are never near: any cut is as good as another then.
        _count(world, keys, cuts, found, slack if number < MOST_ROUNDS else total, splits_ties)
        if not any(goal.is_open for goal in found):
            break
        cuts = _between(world, keys, found, total, is_fixed, number)
    return found, is_fixed


def _count(world: World, keys: Sequence[Keys], cuts: Cuts, goals: list[Goal], slack: int, splits_ties: bool) -> None:
    """One round of counting."""
    up_to = _summed(world, keys, cuts, Cuts.rows_up_to)
    for goal in goals:
        goal.narrow(cuts.values, up_to)
        if goal.is_open:
            goal.take_nearest(slack)
    tied = {goal.high[1]: goal.high[0] for goal in goals if goal.is_open and goal.high is not None}
    if not tied:
        return
    places = sorted(tied)
    values = [tied[place] for place in places]
    ends = Cuts(np.array(values) if isinstance(cuts.values, np.ndarray) else values)
    before = dict(zip(places, _summed(world, keys, ends, Cuts.rows_before).tolist()))
    for goal in goals:
        if goal.is_open and goal.high is not None:
            goal.cut_ties(before[goal.high[1]], slack, splits_ties)


def _summed(world: World, keys: Sequence[Keys], cuts: Cuts, count: Callable[[Cuts, Block], np.ndarray]) -> np.ndarray:
    if not len(cuts):
        return np.zeros(0, np.int64)

    def mine() -> np.ndarray:
        counts = np.zeros(len(cuts), np.int64)
        for held in keys:
            for piece in held.pieces():
                counts += count(cuts, piece)
        return counts

    return allreduce(world, together(world, mine, _TASK), "sum")


def _sample(keys: Sequence[Keys], total: int, count: int) -> tuple[list[Block], list[float]]:
    """Keys at even distances; what a block gives depends on nothing but the block and all ranks' `total`."""
    step = max(1.0, total / max(SAMPLES, SAMPLES_A_GOAL * count))
    sample, weights = [], []
    for held in keys:
        wanted = max(1, round(len(held) / step)) if len(held) else 0
        if wanted:
            index = ((np.arange(wanted) + 0.5) * (len(held) / wanted)).astype(np.int64)
            sample.append(held.take(index))
            weights.append(len(held) / wanted)
    return sample, weights


def _merged(world: World, blocks: list[Block], weights: list[float], kind: str) -> tuple[Any, np.ndarray]:
    """All ranks' samples in order, with the rows that each stands for.

    By weight within equal keys: sums must not depend on which rank had which of them.
    """
    if kind:
        values = np.concatenate([np.empty(0, kind), *(block.columns[0].values for block in blocks)])
        weight = np.concatenate([np.empty(0), *(np.full(len(b), w) for b, w in zip(blocks, weights))])
        values, _ = allgather(world, values)
        weight, _ = allgather(world, weight)
        order = np.lexsort((weight, values))
        return values[order], weight[order]
    mine = [(key, weight) for block, weight in zip(blocks, weights) for key in block.records()]
    everyone = [item for part in allgather_objects(world, mine) for item in part]
    everyone.sort(key=itemgetter(1))
    everyone.sort(key=itemgetter(0))
    return [key for key, _ in everyone], np.array([weight for _, weight in everyone])


def _around(sample: Any, weight: np.ndarray, goals: np.ndarray, total: int) -> Cuts:
    """Candidates around each goal, as far as the sample may be wrong."""
    reached = np.cumsum(weight)
    share = np.clip(goals / total, 0.0, 1.0)
    error = DEVIATIONS * total * np.sqrt(share * (1 - share) / len(sample)) + total / len(sample)
    steps = np.arange(-CANDIDATES, CANDIDATES + 1) / CANDIDATES
    wanted = (goals * (reached[-1] / total))[:, None] + error[:, None] * steps
    places = np.unique(np.minimum(np.searchsorted(reached, wanted), len(sample) - 1))
    return Cuts(_distinct(sample, places))


def _distinct(values: Any, places: np.ndarray) -> Any:
    """Ascending values at some places, equal ones once."""
    if isinstance(values, np.ndarray):
        return np.unique(values[places])
    chosen: list[Any] = []
    for place in places.tolist():
        if not chosen or chosen[-1] < values[place]:
            chosen.append(values[place])
    return chosen


def _between(world: World, keys: Sequence[Keys], goals: list[Goal], total: int, is_fixed: bool, number: int) -> Cuts:
    """Candidates for round `number`: keys of rows strictly inside the intervals of open goals."""
    ends = {end[1]: end[0] for goal in goals if goal.is_open for end in (goal.low, goal.high) if end is not None}
    places = sorted(ends)
    chances = np.zeros(len(places) + 1)
    for goal in goals:
        if goal.is_open:
            at = len(places) if goal.high is None else places.index(goal.high[1])
            chances[at] += SAMPLES_A_GOAL / max(1, goal.rows_inside(total))
    borders = [ends[place] for place in places]
    cuts = Cuts(np.array(borders) if is_fixed else borders)
    blocks = together(world, lambda: _drawn(keys, cuts, chances, number), _TASK)
    kind = str(cuts.values.dtype) if isinstance(cuts.values, np.ndarray) else ""
    sample, _ = _merged(world, blocks, [1.0] * len(blocks), kind)
    return Cuts(_distinct(sample, np.arange(len(sample))))


def _drawn(keys: Sequence[Keys], cuts: Cuts, chances: np.ndarray, number: int) -> list[Block]:
    """Rows of each interval, drawn by lot: the lot of a row is its place in the input."""
    drawn, begins = [], dict.fromkeys((held.source for held in keys), 0)
    for held in keys:
        for piece in held.pieces():
            below = cuts.below(piece)
            inside = np.flatnonzero((below == cuts.not_above(piece)) & (chances[below] > 0))
            lots = _lots(number, held.source, inside + begins[held.source])
            index = inside[lots < chances[below[inside]]]
            if len(index):
                drawn.append(piece.take(index))
            begins[held.source] += len(piece)
    return drawn


def _lots(number: int, source: int, places: np.ndarray) -> np.ndarray:
    """A number below 1 for every place of a source: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    state = places.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state += np.uint64((source * 0xD1B54A32D192ED03 + number * 0x8CB92BA72F3D8DD7) & 0xFFFFFFFFFFFFFFFF)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (state ^ (state >> np.uint64(31))) * 2.0**-64

"""Where to cut sorted runs so that every rank gets an equal share of all rows: splitters by histogram sampling.

V. Harsh, L. Kale, E. Solomonik, "Histogram sort with sampling", SPAA 2019. A few candidates a splitter are sampled
between what is known to lie below and above it, all ranks count what they have below each candidate, and the
sums narrow the interval. Candidates are ordered by (key, rank, position), so that equal keys are cut too. No rank
ever sees more than about `SAMPLES` candidates a splitter and round, or `LEAST_SAMPLES`.

The steps are functions of one rank's run and of what all ranks know; only `find_cuts` communicates.
"""

from typing import Any, NamedTuple

import numpy as np

from pympr.collectives.gather import allgather
from pympr.collectives.reduce import allreduce
from pympr.collectives.world import World

SAMPLES = 5
"""Candidates a splitter and round; the paper's choice."""

LEAST_SAMPLES = 512
"""Candidates of all splitters in a round where there are few splitters: as cheap as a small message."""

TOLERANCE = 0.01
"""How far a cut may be from an equal share, in shares, where it need not be exact."""

_MOST_ROUNDS = 1000


class Candidates(NamedTuple):
    """Rows that may become cuts, in ascending order: key, rank and position in that rank's run."""

    keys: np.ndarray
    ranks: np.ndarray
    positions: np.ndarray


class Search:
    """One rank's knowledge about all cuts: how many rows lie below, of all ranks (`low`, `high`) and of its own run.

    The rows of the own run that may still become cut k are `own_low[k]:own_high[k]`.
    """

    def __init__(self, run: np.ndarray, rank: int, total: int, parts: int, tolerance: float):
        self.run, self.rank = run, rank
        goals = [total * part // parts for part in range(1, parts)]
        self.goals = np.array(goals, np.int64)
        self.slack = int(tolerance * total / parts)
        count = len(goals)
        self.samples = max(SAMPLES, LEAST_SAMPLES // max(1, count))
        self.low, self.high = np.full(count, -1, np.int64), np.full(count, total, np.int64)
        self.own_low, self.own_high = np.zeros(count, np.int64), np.full(count, len(run), np.int64)
        self.cuts = np.where(self.goals == 0, 0, len(run))
        self.keys = np.zeros(count, run.dtype)
        self.has_key = np.zeros(count, bool)
        self.is_open = (self.goals > 0) & (self.goals < total)

    def propose(self, round_number: int) -> tuple[np.ndarray, np.ndarray]:
        """Keys and positions of this rank's share of the next candidates."""
        random = np.random.Generator(np.random.Philox(key=[round_number, self.rank]))
        positions = []
        for cut in np.flatnonzero(self.is_open):
            begin, end = int(self.own_low[cut]), int(self.own_high[cut])
            between = int(self.high[cut] - self.low[cut]) - 1
            expected = (end - begin) * min(1.0, self.samples / max(1, between))
            count = min(end - begin, int(expected + random.random()))
            offset = random.random()
            positions.append(begin + ((np.arange(count) + offset) * (end - begin) / max(1, count)).astype(np.int64))
        chosen = np.unique(np.concatenate([np.empty(0, np.int64), *positions]))
        return self.run[chosen], chosen

    def count_below(self, candidates: Candidates) -> np.ndarray:
        """How many rows of this run come before each candidate, int64."""
        below = np.searchsorted(self.run, candidates.keys, "left")
        of_lower_rank = candidates.ranks > self.rank
        below[of_lower_rank] = np.searchsorted(self.run, candidates.keys[of_lower_rank], "right")
        own = candidates.ranks == self.rank
        below[own] = candidates.positions[own]
        return below.astype(np.int64)

    def narrow(self, candidates: Candidates, below: np.ndarray, own_below: np.ndarray) -> None:
        """Use that `below` rows of all ranks and `own_below` of this run come before the candidates."""
        for cut in np.flatnonzero(self.is_open):
            goal = self.goals[cut]
            after = int(np.searchsorted(below, goal, "left"))
            near = [index for index in (after - 1, after) if 0 <= index < len(below)]
            for index in near:
                self._use(cut, int(below[index]), int(own_below[index]), candidates, index)
            self._close(cut, goal, near, candidates, below, own_below)

    def _use(self, cut: int, below: int, own_below: int, candidates: Candidates, index: int) -> None:
        if self.low[cut] < below <= self.goals[cut]:
            self.low[cut] = below
            self.own_low[cut] = own_below + (candidates.ranks[index] == self.rank)
        if self.goals[cut] <= below < self.high[cut]:
            self.high[cut], self.own_high[cut] = below, own_below

    def _close(self, cut: int, goal: int, near: list[int], candidates: Candidates, below, own_below) -> None:
        best = min(near, key=lambda index: abs(int(below[index]) - goal), default=None)
        if best is None or abs(int(below[best]) - goal) > self.slack:
            return
        self.cuts[cut], self.is_open[cut] = own_below[best], False
        self.keys[cut], self.has_key[cut] = candidates.keys[best], True

    def bounds(self) -> np.ndarray:
        """Where this run's rows for every part begin, and the end: int64[parts + 1]."""
        return np.concatenate([[0], self.cuts, [len(self.run)]])

    def bounds_by_key(self) -> np.ndarray:
        """As `bounds`, with all rows of one key in one part: that of the rows from the cut on."""
        cuts = np.where(self.has_key, np.searchsorted(self.run, self.keys, "left"), self.cuts)
        return np.concatenate([[0], cuts, [len(self.run)]])


class Effort(NamedTuple):
    """What finding the cuts took: rounds, and the most candidates that came to this rank in one of them."""

    rounds: int
    most_candidates: int


def order_candidates(keys: np.ndarray, positions: np.ndarray, counts: np.ndarray) -> Candidates:
    """All ranks' proposals, gathered by rank, in ascending order."""
    ranks = np.repeat(np.arange(len(counts)), counts)
    order = np.argsort(keys, kind="stable")  # those of a rank ascend already
    return Candidates(keys[order], ranks[order], positions[order])


def find_cuts(world: World, run: np.ndarray, tolerance: float = TOLERANCE) -> tuple[Search, Effort]:
    """Cut all ranks' sorted runs into a part a rank, within `tolerance` shares of equal (0: exactly). Collective."""
    total = int(allreduce(world, np.array([len(run)]), "sum")[0])
    search = Search(run, world.rank, total, world.size, tolerance)
    most = 0
    for round_number in range(_MOST_ROUNDS):
        if not search.is_open.any():
            return search, Effort(round_number, most)
        keys, positions = search.propose(round_number)
        proposed, counts = allgather(world, _pack(keys, positions))
        candidates = order_candidates(*_unpack(proposed), counts)
        most = max(most, len(proposed))
        own_below = search.count_below(candidates)
        search.narrow(candidates, allreduce(world, own_below, "sum"), own_below)
    raise AssertionError(f"no cuts after {_MOST_ROUNDS} rounds")


def _pack(keys: np.ndarray, positions: np.ndarray) -> np.ndarray:
    packed = np.empty(len(keys), [("key", keys.dtype), ("position", np.int64)])
    packed["key"], packed["position"] = keys, positions
    return packed


def _unpack(packed: np.ndarray) -> tuple[Any, Any]:
    return np.ascontiguousarray(packed["key"]), np.ascontiguousarray(packed["position"])

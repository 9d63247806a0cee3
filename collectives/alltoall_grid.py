"""Packed messages in two hops over a grid of the ranks: few messages a rank, each byte sent twice."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from pympr.collectives.bundles import Parcel, tie, untie
from pympr.collectives.flow import Deliver, Flow
from pympr.collectives.packing import Messages
from pympr.collectives.schedules import grid
from pympr.collectives.way import Way
from pympr.collectives.world import World


class _Axis(NamedTuple):
    """The communicator of a hop, and the number in it of a rank of the world."""

    comm: Any
    number: Callable[[int], int]


class GridWay(Way):
    """A bundle to each rank of the own line, and from there one to each rank of the column."""

    name = "grid"
    hops = 2

    def __init__(self, world: World):
        super().__init__(world)
        self._lines = grid.lay_out(world.size)
        self._row, self._column = _axes(world, self._lines)

    def finish(self, started: Messages, deliver: Deliver) -> None:
        """Both hops; what has come for this rank after the first is delivered in between."""
        rank, lines = self.world.rank, self._lines
        deliver(rank, started.to(rank))
        bundles = {peer: tie(self._for_column(started, peer)) for peer in grid.first_targets(lines, rank).tolist()}
        came = self._hop(self._row, bundles, grid.first_sources(lines, rank).tolist())
        self.staging.add(-len(started.memory))
        by_rank: dict[int, list[Parcel]] = defaultdict(list)
        for parcel in self._for_column(started, rank) + [each for bundle in came for each in untie(bundle)]:
            by_rank[parcel.destination].append(parcel)
        mates = grid.second_targets(lines, rank).tolist()
        last = self._hop(
            self._column, {mate: tie(by_rank[mate]) for mate in mates}, grid.second_sources(lines, rank).tolist()
        )
        came_bytes = [sum(map(len, came)), sum(map(len, last))]
        is_kept = False
        for parcel in by_rank[rank] + [each for bundle in last for each in untie(bundle)]:
            if parcel.origin != rank:
                is_kept |= deliver(parcel.origin, parcel.message)
        if not is_kept:
            self.staging.add(-sum(came_bytes))

    def _for_column(self, messages: Messages, peer: int) -> list[Parcel]:
        """The messages that go by way of `peer`."""
        ranks = grid.column_of(self._lines, peer)
        used = ranks[messages.lengths[ranks] > 0].tolist()
        return [Parcel(self.world.rank, rank, messages.to(rank)) for rank in used]

    def _hop(self, axis: _Axis, bundles: dict[int, np.ndarray], sources: list[int]) -> list[np.ndarray]:
        """Send a bundle to every peer, and the bundles of the `sources`, by rank."""
        flow, came = Flow(axis.comm, self.staging), {}
        tied_bytes = sum(map(len, bundles.values()))
        self.staging.add(tied_bytes)
        for peer, bundle in bundles.items():
            flow.send(axis.number(peer), bundle)

        def keep(source: int, bundle: np.ndarray) -> bool:
            came[source] = bundle
            return True

        flow.receive([axis.number(source) for source in sources], keep)
        flow.settle()
        self.staging.add(-tied_bytes)
        self.messages += flow.messages
        self.sent_bytes += flow.sent_bytes
        self.wait_seconds += flow.wait_seconds
        return [came[source] for source in sorted(came)]


class _Axes:
    """The lines of a full grid, made once a world."""

    def __init__(self, world: World, lines: grid.Lines):
        whole = world.cartesian([lines.rows, lines.columns])
        self.row, self.column = whole.axis(1), whole.axis(0)

    def free(self) -> None:
        """The world frees its communicators itself."""


def _axes(world: World, lines: grid.Lines) -> tuple[_Axis, _Axis]:
    """Communicators of the Cartesian topology; where the last line is short there is none, and all is the world's."""
    if lines.rest:
        return _Axis(world.comm, int), _Axis(world.comm, int)
    axes = world.attached.get("grid")
    if axes is None:
        axes = world.attached["grid"] = _Axes(world, lines)
    columns = lines.columns
    return _Axis(axes.row.comm, lambda rank: rank % columns), _Axis(axes.column.comm, lambda rank: rank // columns)

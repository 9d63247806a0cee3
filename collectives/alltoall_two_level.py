"""Packed messages between nodes: the ranks of a node send together, and read together what comes.

Every rank packs its messages into a segment that its node sees, ordered by the node they go to. For each other
node a leader ties those of all ranks of its node together, sends them to a leader there, and all
ranks of that node pick theirs out of the leader's memory. Messages between ranks of a node are
read where they were packed. With a combiner the leader merges what its node has for a rank.
"""

from typing import NamedTuple

import numpy as np

from pympr.collectives import segment
from pympr.collectives.combining import combine_packed
from pympr.collectives.flow import Deliver, Flow
from pympr.collectives.node_bundles import Packed, messages_for, tie
from pympr.collectives.nodemap import nodes_of
from pympr.collectives.nodespace import NodeSpace
from pympr.collectives.packing import Messages
from pympr.collectives.schedules import two_level
from pympr.collectives.segment import Lease, Name
from pympr.collectives.way import Way
from pympr.collectives.world import World

_NO_TABLE = np.zeros((0, 1), np.int64)
_WORDS_A_BUNDLE = 5  # the name of its segment, its bytes


class _Started(NamedTuple):
    messages: Messages
    table: Lease


class TwoLevelWay(Way):
    """One bundle between two nodes, or a few where a node has ranks to spare."""

    name = "two-level"
    hops = 1

    def __init__(self, world: World):
        super().__init__(world)
        self._space: NodeSpace = world.node().attached["nodespace"]
        self._nodes = nodes_of(world)
        self.order = self._nodes.members
        self._held: list[object] = []

    def start(self, messages: Messages) -> _Started:
        """Show the node what this rank has packed."""
        super().start(messages)
        table = segment.pool().lease(16 * self.world.size)
        table.array("int64", 0, 2 * self.world.size)[:] = np.concatenate([messages.starts, messages.lengths])
        self._space.board.tell(0, _NO_TABLE, messages.lease.name, table.name)
        return _Started(messages, table)

    def finish(self, started: _Started, deliver: Deliver) -> None:
        """Between two meetings of the node its leaders send and receive; then all pick theirs."""
        self._space.meet()
        self._held = [started]  # what was held until now nobody looks at any more
        packed = self._look_around()
        local = int(self._nodes.local[self.world.rank])
        for each in packed:
            if each.lengths[self.world.rank]:
                deliver(each.rank, each.to(self.world.rank))
        arrived = self._lead(packed)
        self._publish(arrived)
        self._space.meet()
        is_kept = False
        for bundle in self._bundles_of_node():
            for origin, message in messages_for(bundle, local):
                is_kept |= deliver(origin, message)
        self.staging.add(-len(started.messages.memory))
        if not is_kept:
            self.staging.add(-sum(map(len, arrived)))

    def end(self) -> None:
        """Meet once more: only then may the memory that others looked at be used for something else."""
        self._space.meet()
        self._held = []
        self.wait_seconds += self._space.wait_seconds

    def _look_around(self) -> list[Packed]:
        """What the ranks of this node have packed."""
        here = self._nodes.node[self.world.rank]
        ranks = self._nodes.members[self._nodes.members_start[here] : self._nodes.members_start[here + 1]]
        found = []
        for local, rank in enumerate(ranks.tolist()):
            board, peers = self._space.board, self._space.peers
            table = peers.map(board.table_of(local), 16 * self.world.size).bytes[: 16 * self.world.size].view(np.int64)
            starts, lengths = table.reshape(2, -1).copy()
            used_bytes = int((starts + lengths).max())
            found.append(Packed(rank, peers.map(board.inbox_of(local, False), used_bytes).bytes, starts, lengths))
        return found

    def _lead(self, packed: list[Packed]) -> list[np.ndarray]:
        """Send and receive the bundles for which this rank answers; those that came."""
        flow, came = Flow(self.world.comm, self.staging), []
        going = two_level.outgoing(self._nodes, self.world.rank)
        tied_bytes = 0
        for peer, node, first, last in zip(*map(np.ndarray.tolist, going), strict=True):
            begin = self._nodes.members_start[node]
            destinations = self._nodes.members[begin + first : begin + last]
            bundle = tie(self._merged(packed, destinations), destinations, first)
            tied_bytes += len(bundle)
            self.staging.add(len(bundle))
            flow.send(peer, bundle)
        flow.receive(
            two_level.incoming(self._nodes, self.world.rank).peer.tolist(), lambda _, bundle: _keep(came, bundle)
        )
        flow.settle()
        self.staging.add(-tied_bytes)
        self.messages += flow.messages
        self.sent_bytes += flow.sent_bytes
        self.wait_seconds += flow.wait_seconds
        return came

    def _merged(self, packed: list[Packed], destinations: np.ndarray) -> list[Packed]:
        """`packed`, merged where that is asked for; as it is when merging fails, which is told at the end."""
        if self.combine is None:
            return packed
        merged = self.attempt.run(combine_packed, packed, destinations, self.rows, self.combine, self.world.rank)
        return packed if merged is None else [merged]

    def _publish(self, arrived: list[np.ndarray]) -> None:
        """Tell the node where the bundles lie that have come to this rank."""
        table = segment.pool().lease(8 * (1 + _WORDS_A_BUNDLE * len(arrived)))
        words = table.array("int64", 0, 1 + _WORDS_A_BUNDLE * len(arrived))
        words[0] = len(arrived)
        for place, bundle in enumerate(arrived):
            lease = _in_segment(bundle)
            self._held.append(lease)
            words[1 + place * _WORDS_A_BUNDLE :][:_WORDS_A_BUNDLE] = *lease.name, len(bundle)
        self._held.append(table)
        self._space.board.tell_again(table.name)

    def _bundles_of_node(self):
        """All bundles that have come to the ranks of this node."""
        peers = self._space.peers
        for local in range(self._space.size):
            name = self._space.board.inbox_of(local, True)
            words = peers.map(name, 8).bytes[: name.capacity_bytes // 8 * 8].view(np.int64)
            for place in range(int(words[0])):
                *bundle_name, length = words[1 + place * _WORDS_A_BUNDLE :][:_WORDS_A_BUNDLE].tolist()
                yield peers.map(Name(*bundle_name), length).bytes[:length]


def _keep(came: list[np.ndarray], bundle: np.ndarray) -> bool:
    came.append(bundle)
    return True


def _in_segment(bundle: np.ndarray) -> Lease:
    """The segment in which a bundle lies, or a copy of it in one: short messages do not come into segments."""
    if isinstance(bundle.base, Lease) and bundle.base.address == bundle.ctypes.data:
        return bundle.base
    lease = segment.pool().lease(len(bundle))
    lease.bytes()[:] = bundle
    return lease

"""What the ranks of one node share: a board with a slot for every rank, a meeting point, each other's segments."""

import time

import numpy as np

from pympr.collectives import segment
from pympr.collectives.agree import agree_error
from pympr.collectives.board import PLACES, SLOT_WORDS, Board
from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.exchange import Rows
from pympr.collectives.segment import LARGEST_WASTE, SMALLEST_BYTES, Name, Peers
from pympr.collectives.world import World
from pympr.native.flags import Meeting, board_bytes
from pympr.native.ship_node import Limits, NodePlan

_TEST_SECONDS = 30.0
_KEPT_PLANS = 64
_LEAST_FAULTED_IN_BYTES = 1 << 20  # below, faulting pages in one by one takes less time than asking for them


class Pace:
    """How fast rows come to a rank of this node: what is usual, then what the last exchanges took.

    >>> pace = Pace()
    >>> pace.learn(1 << 30, 1.0)
    >>> 0.4 < pace.seconds(1 << 30) < 0.6
    True
    """

    def __init__(self):
        self._fixed_seconds, self._bytes_per_second = 4e-5, 3e9

    def seconds(self, inbox_bytes: int) -> float:
        """What an exchange is expected to take."""
        return self._fixed_seconds + inbox_bytes / self._bytes_per_second

    def learn(self, inbox_bytes: int, seconds: float) -> None:
        """What one has taken; the larger it was, the more that says of bytes and the less of what is fixed."""
        if inbox_bytes >= _LEAST_FAULTED_IN_BYTES:
            self._bytes_per_second = (self._bytes_per_second + inbox_bytes / seconds) / 2
        else:
            self._fixed_seconds = (7 * self._fixed_seconds + seconds) / 8


class NodeSpace:
    """The shared memory of a world whose ranks are all on one node; made and tested collectively.

    `obstacle` is None, or says, the same on all ranks, why sharing does not work
    here; then nothing else of it may be used. What a rank has told on the `board`
    the others read after `meet`.
    """

    def __init__(self, world: World, spins: int, populates: bool):
        self.rank, self.size = world.rank, world.size
        self.wait_seconds = 0.0
        self.peers, self.pace = Peers(), Pace()
        self._plans: dict[tuple[str, ...], NodePlan] = {}
        self._spins, self._populates = spins, populates
        self._flags_bytes = 64 * -(-board_bytes(self.size) // 64)
        self._board_bytes = self._flags_bytes + 8 * SLOT_WORDS * self.size
        self.obstacle = self._set_up(world)
        segment.pool().share_memory(world.node().size)

    @staticmethod
    def of(world: World, spins: int, populates: bool) -> "NodeSpace":
        """The space of `world`, made at the first call (collective).

        `spins`: see `Meeting`. `populates`: what is written in others' large inboxes is faulted in before.
        """
        if "nodespace" not in world.attached:
            world.attached["nodespace"] = NodeSpace(world, spins, populates)
        return world.attached["nodespace"]

    def meet(self, status: int = 0) -> int:
        """Wait for all ranks; the largest status of any."""
        begin = time.perf_counter()
        worst = self._meeting.meet(status)
        self.wait_seconds += time.perf_counter() - begin
        return worst

    def plan_for(self, rows: Rows) -> NodePlan:
        """The plan of exchanges of such rows, begun anew."""
        plan = self._plans.get(rows.spec)
        if plan is None:
            limits = Limits(SMALLEST_BYTES, 2 * LARGEST_WASTE, _LEAST_FAULTED_IN_BYTES if self._populates else -1)
            plan = self._plans[rows.spec] = NodePlan(rows.shape, self.board.words, PLACES, limits)
            if len(self._plans) > _KEPT_PLANS:
                self._plans.pop(next(iter(self._plans)))
        plan.begin()
        return plan

    def map_inbox(self, plan: NodePlan, rank: int, is_second: bool) -> None:
        """Map the inbox that `rank` offers; it stays mapped as long as the plan knows it."""
        name = self.board.inbox_of(rank, is_second)
        mapped = self.peers.map(name, 0)
        way = plan.set_mapped(rank, name.process, name.serial, mapped.address)
        plan.mappings[rank, way] = mapped

    def free(self) -> None:
        """Let go of the board; rank 0's segment goes back to its pool."""
        self._plans.clear()
        self.board = self._meeting = self._board_lease = self.obstacle = None

    def _set_up(self, world: World) -> str | None:
        for step in (self._lease_board, self._map_board, self._offer, self._write_to_neighbour, self._find_written):
            try:
                step(world)
                text = None
            except Exception as error:  # whatever it is, sharing does not work and the ranks agree on that
                text = f"{type(error).__name__}: {error}"
            # Agreement is by MPI, and so also the barrier between the steps.
            if told := agree_error(world, text):
                return f"shared memory between ranks fails on rank {told[0][0]}: {told[0][1]}"
        return None

    def _lease_board(self, world: World) -> None:
        if self.rank == 0:
            self._board_lease = segment.pool().lease(self._board_bytes)
            self._board_lease.bytes()[:] = 0

    def _map_board(self, world: World) -> None:
        name = broadcast_object(world, tuple(self._board_lease.name) if self.rank == 0 else None)
        board = self.peers.map(Name(*name), self._board_bytes).bytes
        self._meeting = Meeting(board[: self._flags_bytes], self.size, self.rank, self._spins)
        words = board[self._flags_bytes : self._board_bytes].view(np.int64)
        self.board = Board(words.reshape(self.size, SLOT_WORDS), self.rank)

    def _offer(self, world: World) -> None:
        self._offered = segment.pool().lease(mapped_bytes := 4096)
        self._offered.array("int64", 0, mapped_bytes // 8)[0] = self.rank
        self.board.tell_again(self._offered.name)

    def _write_to_neighbour(self, world: World) -> None:
        neighbour = (self.rank + 1) % self.size
        words = self.peers.map(self.board.inbox_of(neighbour, True), 4096).bytes[:4096].view(np.int64)
        if words[0] != neighbour:
            raise OSError(f"found {words[0]} in the segment of rank {neighbour}")
        words[1] = self.rank

    def _find_written(self, world: World) -> None:
        found = int(self._offered.array("int64", 0, 2)[1])
        self._offered = None
        if found != (self.rank - 1) % self.size:
            raise OSError(f"found {found} where rank {(self.rank - 1) % self.size} has written")
        if (worst := self._meeting.meet(self.rank, _TEST_SECONDS)) != self.size - 1:
            raise OSError(f"the meeting point told {worst} in place of {self.size - 1}")

"""Packed messages of which there are few: only who has rows sends, and nobody is asked whether it has.

Sends are synchronous: when all of a rank's have begun to be received it enters a barrier that does
not block, and goes on receiving until the barrier is through (NBX; see `schedules.sparse`). Exchanges
that follow each other take turns with two tags, since a rank may begin the next one while another still
listens for messages of this one; a third cannot begin before all have left the first.
"""

import time
from typing import Any

import numpy as np

from pympr.collectives import tags, wire
from pympr.collectives.flow import FIRST_BYTES, Deliver, memory_for
from pympr.collectives.packing import Messages
from pympr.collectives.schedules.sparse import targets
from pympr.collectives.way import Way
from pympr.collectives.world import World


class _Turns:
    """How many exchanges of this kind a world has seen: the same on all its ranks."""

    def __init__(self):
        self.count = 0

    def free(self) -> None:
        """Nothing is held."""


class SparseWay(Way):
    """One message to each rank for which there are rows."""

    name = "sparse"

    def __init__(self, world: World):
        super().__init__(world)
        self._turns = world.attached.setdefault("sparse", _Turns())

    def finish(self, started: Messages, deliver: Deliver) -> None:
        """Send, and receive until all ranks' messages have come."""
        rank = self.world.rank
        if started.lengths[rank]:
            deliver(rank, started.to(rank))
        turn = self._turns.count % 2
        self._turns.count += 1
        begun, followed = self._send(started, turn)
        came = self._listen(begun, turn)
        self._receive_rests(came, turn)
        from mpi4py import MPI

        MPI.Request.Waitall(followed)
        self.staging.add(-len(started.memory))
        for source, data in came:
            if not deliver(source, data):
                self.staging.add(-len(data))

    def _send(self, messages: Messages, turn: int) -> tuple[list[Any], list[Any]]:
        """Requests of the messages' first bytes, which end when they are received, and of what follows."""
        comm, begun, followed = self.world.comm, [], []
        for peer in targets(self.world.rank, messages.lengths > 0).tolist():
            data = messages.to(peer)
            begun.append(comm.Issend(data[:FIRST_BYTES], peer, tags.SPARSE_FIRST[turn]))
            followed += [comm.Isend(piece, peer, tags.SPARSE_REST[turn]) for piece in wire.chunks(data[FIRST_BYTES:])]
            self.messages += 1
            self.sent_bytes += len(data)
        return begun, followed

    def _listen(self, begun: list[Any], turn: int) -> list[tuple[int, np.ndarray]]:
        """The first bytes of every message that comes, until no rank has any left to be received."""
        from mpi4py import MPI

        began = time.perf_counter()
        came, barrier = [], None
        while True:
            status = MPI.Status()
            found = self.world.comm.Improbe(MPI.ANY_SOURCE, tags.SPARSE_FIRST[turn], status)
            if found is not None:
                data = np.empty(status.Get_count(MPI.BYTE), np.uint8)
                found.Recv(data)
                came.append((status.Get_source(), data))
            elif barrier is None:
                if MPI.Request.Testall(begun):
                    barrier = self.world.comm.Ibarrier()
            elif barrier.Test():
                break
            else:
                time.sleep(0)  # the core may be wanted by the rank that is waited for
        self.wait_seconds += time.perf_counter() - began
        return came

    def _receive_rests(self, came: list[tuple[int, np.ndarray]], turn: int) -> None:
        """Complete the long messages, in place in `came`."""
        from mpi4py import MPI

        requests = []
        for place, (source, first) in enumerate(came):
            length = int(first[:8].view(np.int64)[0])
            self.staging.add(length)
            if length > FIRST_BYTES:
                data = memory_for(length)
                data[:FIRST_BYTES] = first
                came[place] = source, data
                pieces = wire.chunks(data[FIRST_BYTES:])
                requests += [self.world.comm.Irecv(piece, source, tags.SPARSE_REST[turn]) for piece in pieces]
        MPI.Request.Waitall(requests)

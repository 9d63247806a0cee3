"""Messages of unknown length between known pairs of ranks, a bounded number of them on the way.

A message begins with its length (int64). Its first `FIRST_BYTES` travel alone, into a buffer that
waits for them; where there is more, the rest follows into memory of the right size. So nothing has
to be asked beforehand, and a short message is one message. Both ends take their pairs in
one order (the steps of a schedule): the earliest pair that is not done is then always within
the window of both its ends, and nobody waits for ever.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pympr.collectives import segment, tags, wire

FIRST_BYTES = 8192
WINDOW = 64
Deliver = Callable[[int, np.ndarray], bool]  # origin, message; whether the message is still needed afterwards


class Staging:
    """How many bytes wait in messages on this rank, and the most that ever did."""

    def __init__(self):
        self.now_bytes = 0
        self.peak_bytes = 0

    def add(self, amount_bytes: int) -> None:
        """More, or (negative) less."""
        self.now_bytes += amount_bytes
        self.peak_bytes = max(self.peak_bytes, self.now_bytes)


class _Sending:
    """A message on its way out; `batch` says which of the rank's messages it belongs to."""

    def __init__(self, peer: int, data: np.ndarray, batch: int):
        self.peer, self.data, self.batch, self.pending = peer, data, batch, 0

    def post(self, comm: Any) -> list[Any]:
        pieces = [self.data[:FIRST_BYTES], *wire.chunks(self.data[FIRST_BYTES:])]
        kinds = [tags.FLOW_FIRST] + [tags.FLOW_REST] * (len(pieces) - 1)
        return [comm.Isend(piece, self.peer, kind) for piece, kind in zip(pieces, kinds, strict=True)]

    def go_on(self, comm: Any) -> list[Any]:
        return []


class _Receiving:
    """A message on its way in."""

    def __init__(self, peer: int):
        self.peer, self.pending = peer, 0
        self.data = np.empty(FIRST_BYTES, np.uint8)
        self._has_first = False

    def post(self, comm: Any) -> list[Any]:
        return [comm.Irecv(self.data, self.peer, tags.FLOW_FIRST)]

    def go_on(self, comm: Any) -> list[Any]:
        """Ask for the rest, now that the length is known."""
        if self._has_first:
            return []
        self._has_first = True
        first, length = self.data, int(self.data[:8].view(np.int64)[0])
        if length <= FIRST_BYTES:
            self.data = first[:length]
            return []
        self.data = memory_for(length)
        self.data[:FIRST_BYTES] = first
        return [comm.Irecv(piece, self.peer, tags.FLOW_REST) for piece in wire.chunks(self.data[FIRST_BYTES:])]


class Flow:
    """The traffic of one exchange over `comm`: sends are queued, `receive` moves everything on.

    `messages` and `sent_bytes` count what was sent, `wait_seconds` how long the rank had nothing to do.
    """

    def __init__(self, comm: Any, staging: Staging, window: int = WINDOW):
        self._comm, self._window, self._staging = comm, window, staging
        self._queue: deque[_Sending] = deque()
        self._sending: dict[int, int] = {}
        self._active: list[tuple[Any, _Sending | _Receiving]] = []
        self._sends = self._receives = 0
        self.messages = self.sent_bytes = 0
        self.wait_seconds = 0.0

    def send(self, peer: int, data: np.ndarray, batch: int = 0) -> None:
        """Have `data` (uint8, at least 8 bytes, its length at the front) sent; it must stay as it is until settled."""
        self._queue.append(_Sending(peer, data, batch))
        self._sending[batch] = self._sending.get(batch, 0) + 1
        self.messages += 1
        self.sent_bytes += len(data)
        self._post_sends()

    def receive(self, peers: Sequence[int], deliver: Deliver) -> None:
        """One message of each of `peers`, given to `deliver` in the order in which they come."""
        waiting = deque(peers)
        while waiting or self._receives:
            while waiting and self._receives < self._window:
                self._receives += 1
                self._post(_Receiving(waiting.popleft()))
            for done in self._advance():
                self._staging.add(len(done.data))
                if not deliver(done.peer, done.data):
                    self._staging.add(-len(done.data))

    def settle(self, batch: int = 0) -> None:
        """Wait until all that was queued for `batch` is sent."""
        while self._sending.get(batch, 0):
            self._advance()

    def _post_sends(self) -> None:
        while self._queue and self._sends < self._window:
            self._sends += 1
            self._post(self._queue.popleft())

    def _post(self, transfer) -> None:
        self._watch(transfer, transfer.post(self._comm))

    def _watch(self, transfer, requests: list[Any]) -> None:
        transfer.pending += len(requests)
        self._active += [(request, transfer) for request in requests]

    def _advance(self) -> list[_Receiving]:
        """Wait for something to be done; the messages that have come whole."""
        from mpi4py import MPI

        began = time.perf_counter()
        done = MPI.Request.Waitsome([request for request, _ in self._active])
        self.wait_seconds += time.perf_counter() - began
        transfers = [self._active[place][1] for place in sorted(done)]
        finished = set(done)
        self._active = [entry for place, entry in enumerate(self._active) if place not in finished]
        whole = [transfer for transfer in transfers if self._is_whole(transfer)]
        self._post_sends()
        return whole

    def _is_whole(self, transfer) -> bool:
        """Go on with a transfer of which a request is done; whether it is a message that has come."""
        transfer.pending -= 1
        if transfer.pending:
            return False
        self._watch(transfer, transfer.go_on(self._comm))
        if transfer.pending:
            return False
        if isinstance(transfer, _Receiving):
            self._receives -= 1
            return True
        self._sends -= 1
        self._sending[transfer.batch] -= 1
        return False


def memory_for(length_bytes: int) -> np.ndarray:
    """Where a message is received: a kept segment, or, when there is none to be had, fresh memory."""
    try:
        return segment.borrow(length_bytes)
    except MemoryError:
        # The others have sent already: what cannot be received would leave them waiting.
        return np.empty(length_bytes, np.uint8)

"""What the ways of packed messages have in common."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pympr.collectives.attempt import Attempt
from pympr.collectives.exchange import Rows
from pympr.collectives.flow import Deliver, Staging
from pympr.collectives.packing import Messages
from pympr.collectives.world import World


class Way:
    """How the messages of all ranks come to the ranks they are for.

    A way is made, collectively, for one exchange. It says in `order` in which order of the ranks
    it wants the messages packed (None: ascending), in `in_flight` how many batches may be on the
    way at once, in `hops` how often a row is sent. `messages` and `sent_bytes` count what this rank
    sends, forwarding included. `combine`, `rows` and `attempt` are there for ways that merge rows.
    """

    name: str
    hops = 1
    in_flight = 1
    order: np.ndarray | None = None
    combine: Callable[[list[Any]], list[Any]] | None = None
    rows: Rows
    attempt: Attempt

    def __init__(self, world: World):
        self.world = world
        self.staging = Staging()
        self.messages = self.sent_bytes = 0
        self.wait_seconds = 0.0

    def start(self, messages: Messages) -> Any:
        """Begin to send a batch; what `finish` needs to know of it."""
        self.staging.add(len(messages.memory))
        return messages

    def finish(self, started: Any, deliver: Deliver) -> None:
        """Give every message of the batch that comes for this rank to `deliver`, in any order.

        The memory of what is still needed then is good until the next `start` or `end`.
        """
        raise NotImplementedError

    def end(self) -> None:
        """Let go of all that the other ranks no longer look at; nothing of this rank is on the way."""

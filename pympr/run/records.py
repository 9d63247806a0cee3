"""What a run did, stage by stage: public counters that tests and reports read."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from pympr.data.block import Block


@dataclass
class Intake:
    """What this rank has read from inputs so far."""

    rows: int = 0
    num_bytes: int = 0

    def passed(self, num_bytes: int, blocks: Iterator[Block]) -> Iterator[Block]:
        """The same blocks, their rows counted, and the bytes of the file they are from."""
        self.num_bytes += num_bytes
        for block in blocks:
            self.rows += len(block)
            yield block
            del block  # the buffer that it looks at can be read into again


@dataclass
class StageRecord:
    """One stage on this rank.

    `rows_read` and `bytes_read` (of files, as they lie on disk) come from inputs; where
    words are counted while a text is split, a row is a piece of that text. `rows`
    reached the end of the stage, `rows_sent` were left after combining. `bytes_spilled` were
    written to disk because they did not fit into the memory budget. Of the `exchange_seconds` moving rows took
    `moving_seconds`; the rest is finding and arranging them. What was predicted of the exchange
    is for the busiest rank, and None where nothing was.
    """

    stage: int
    output: str
    partitions: int = 0
    rows_read: int = 0
    bytes_read: int = 0
    rows: int = 0
    rows_sent: int = 0
    seconds: float = 0.0
    exchange_seconds: float = 0.0
    messages: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    rounds: int = 0
    bytes_spilled: int = 0
    variant: str = ""
    wait_seconds: float = 0.0
    moving_seconds: float = 0.0
    predicted_seconds: float | None = None
    predicted_messages: int | None = None
    predicted_bytes: int | None = None

    def passed(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The same blocks, their rows counted."""
        for block in blocks:
            self.rows += len(block)
            yield block
            del block  # the buffer that it looks at can be read into again

    def count(self, counters: Any) -> None:
        """Add what an exchange counted."""
        self.messages += counters.messages
        self.bytes_sent += counters.bytes_sent
        self.bytes_received += counters.bytes_received
        self.rounds += counters.rounds
        self.variant = counters.variant
        self.wait_seconds += counters.wait_seconds
        self.moving_seconds += counters.seconds
        if counters.predicted is not None:
            self.predicted_seconds = (self.predicted_seconds or 0.0) + counters.predicted.seconds
            self.predicted_messages = (self.predicted_messages or 0) + counters.predicted.messages
            self.predicted_bytes = (self.predicted_bytes or 0) + counters.predicted.bytes


@dataclass
class ActionRecord:
    """One action on this rank, with its stages."""

    action: str
    where: str
    plan: str
    seconds: float = 0.0
    group: str | None = None
    is_done: bool = False
    stages: list[StageRecord] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The record as plain values, for JSON."""
        return asdict(self)

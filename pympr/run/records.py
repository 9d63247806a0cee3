"""What a run did, stage by stage: public counters that tests and reports read."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class StageRecord:
    """One stage on this rank."""

    stage: int
    output: str
    partitions: int = 0
    seconds: float = 0.0
    exchange_seconds: float = 0.0
    messages: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    rounds: int = 0
    variant: str = ""

    def count(self, counters: Any) -> None:
        """Add what an exchange counted."""
        self.messages += counters.messages
        self.bytes_sent += counters.bytes_sent
        self.bytes_received += counters.bytes_received
        self.rounds += counters.rounds
        self.variant = counters.variant


@dataclass
class ActionRecord:
    """One action on this rank, with its stages."""

    action: str
    where: str
    plan: str
    seconds: float = 0.0
    stages: list[StageRecord] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The record as plain values, for JSON."""
        return asdict(self)

"""Where a group table keeps what in a slot, and how much memory it asks for."""

from dataclasses import dataclass

import numpy as np

KINDS = {"int64": 0, "float64": 1, "bool": 2, "string": 3, "bytes": 4}
OPERATIONS = {"sum": 0, "min": 1, "max": 2, "count": 3, "first": 4}
MAX_KEYS = 16
MAX_STATES = 32
LARGEST_HASH = (1 << 64) - 1
LEAST_SPAN = 1 << 48  # of a range of hashes; must not be less than there are slots


@dataclass(frozen=True)
class State:
    """Eight bytes of a slot that one aggregate keeps; mean keeps two of them."""

    aggregate: int
    operation: str
    kind: str

    @property
    def is_sum(self) -> bool:
        """Whether it adds up int64, so that it may need a carry."""
        return self.operation == "count" or (self.operation == "sum" and self.kind != "float64")

    @property
    def dtype(self) -> str:
        """Dtype of the state as a column."""
        return "int64" if self.is_sum else self.kind


def mix(hashes: np.ndarray) -> np.ndarray:
    """What a table with mixed hashes makes of hashes: `pympr_mix` in C."""
    hashes = (hashes ^ hashes >> np.uint64(27)) * np.uint64(0x3C79AC492BA7B653)
    hashes = (hashes ^ hashes >> np.uint64(33)) * np.uint64(0x1C69B3F74AC4AE35)
    return hashes ^ hashes >> np.uint64(27)


@dataclass(frozen=True)
class Homes:
    """How hashes are spread over the slots: those from low to last evenly, or all after mixing."""

    low: int = 0
    last: int = LARGEST_HASH
    is_scrambled: bool = False

    @property
    def span(self) -> int:
        """How many hashes there are from low to last."""
        return self.last - self.low + 1

    def fill(self, table) -> None:
        """Write the range and its scale into a `struct pympr_group_table` that knows its slots."""
        table.low, table.last, table.is_scrambled = self.low, self.last, self.is_scrambled
        table.scale = (table.num_slots << 64) // self.span

    def stretched(self, hashes: np.ndarray) -> np.ndarray:
        """Numbers in the order of the homes that use at least the first but one of 64 bits."""
        if self.is_scrambled:
            return mix(hashes)
        if self.span > LARGEST_HASH:
            return hashes
        return (hashes - np.uint64(self.low)) << np.uint64(64 - (self.span - 1).bit_length())

    def widened(self, low: int, last: int) -> "Homes":
        """With all from low to last, and as much again on that side so that it does not go on step by step."""
        low = max(min(low, self.low - self.span), 0) if low < self.low else self.low
        last = min(max(last, self.last + self.span), LARGEST_HASH) if last > self.last else self.last
        return Homes(low, last)

    def narrowed(self, low: int, last: int) -> "Homes":
        """With little more than from low to last."""
        margin = max((last - low) // 8, LEAST_SPAN)
        return Homes(max(low - margin, self.low), min(last + margin, self.last))


def states_of(aggregates: list[tuple[str, str]]) -> list[State]:
    """The states of (operation, kind) pairs, in order."""
    states = []
    for index, (operation, kind) in enumerate(aggregates):
        if operation == "mean":
            states += [State(index, "sum", kind), State(index, "count", kind)]
        else:
            states.append(State(index, operation, kind))
    return states


@dataclass(frozen=True)
class Layout:
    """Offsets within a slot: the hash, the flags when anything may be null, keys, states, carries."""

    keys: tuple[str, ...]
    states: tuple[State, ...]
    is_nullable: bool = False
    has_carries: bool = False

    @property
    def is_hash_key(self) -> bool:
        """The hash of int64 is a bijection, so one int64 key needs no room of its own."""
        return self.keys == ("int64",) and not self.is_nullable

    def fill(self, table) -> None:
        """Write the offsets into a `struct pympr_group_table`."""
        at = 16 if self.is_nullable else 8
        table.meta_at = 8 if self.is_nullable else 0
        table.is_hash_key = self.is_hash_key
        table.num_keys, table.num_aggregates = len(self.keys), len(self.states)
        for index, kind in enumerate(self.keys):
            table.key_kinds[index] = KINDS[kind]
            table.key_at[index] = at
            at += 16 if kind in ("string", "bytes") else 0 if self.is_hash_key else 8
        table.key_words = (at - table.key_at[0]) // 8
        for index, state in enumerate(self.states):
            table.state_at[index] = at
            table.initial[index] = _initial(state)
            at += 8
        for index, state in enumerate(self.states):
            table.carry_at[index] = at if self.has_carries and state.is_sum else 0
            at += 8 if self.has_carries and state.is_sum else 0
        table.stride = at


def _initial(state: State) -> int:
    """0, but for sums of floats -0.0: it alone leaves every value as it is."""
    return 1 << 63 if (state.operation, state.kind) == ("sum", "float64") else 0

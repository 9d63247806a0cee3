"""Where a group table keeps what in a slot, and how much memory it asks for."""

from dataclasses import dataclass

import numpy as np

from pympr.native.library import ffi

KINDS = {"int64": 0, "float64": 1, "bool": 2, "string": 3, "bytes": 4}
OPERATIONS = {"sum": 0, "min": 1, "max": 2, "count": 3, "first": 4}
MAX_KEYS = 16
MAX_STATES = 32
EXTRA_SLOTS = 256  # behind the last home; more than a key may be away from its home


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


def new_table(layout: Layout, seed: int, num_slots: int, max_groups: int) -> tuple[object, np.ndarray]:
    """An empty `struct pympr_group_table` and its slots."""
    table = ffi.new("struct pympr_group_table *")
    layout.fill(table)
    table.seed = seed & 0xFFFFFFFFFFFFFFFF
    table.num_slots, table.extra_slots = num_slots, EXTRA_SLOTS
    table.max_groups = max_groups
    slots = np.zeros((num_slots + EXTRA_SLOTS + 1) * table.stride, np.uint8)
    table.slots = ffi.cast("uint8_t *", slots.ctypes.data)
    return table, slots


def _initial(state: State) -> int:
    """0, but for sums of floats -0.0: it alone leaves every value as it is."""
    return 1 << 63 if (state.operation, state.kind) == ("sum", "float64") else 0

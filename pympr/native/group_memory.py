"""The memory of a group table: slots and arena, and how they grow."""

import math

import numpy as np

from pympr.native.group_layout import Homes, Layout
from pympr.native.library import FULL, check, ffi, lib, pointer

MAX_LOAD = 0.5  # taken slots before a table grows: at 0.67 a row costs twice the time in cache
FULL_LOAD = 0.7  # taken slots of a table made for a foreseen number of keys before it grows
SMALL_SLOTS = 1 << 16  # a table grows fourfold up to here
EXTRA_SLOTS = 256  # behind the last home; more than a key may be away from its home
MIN_ARENA_BYTES = 4096
NEEDS_SLOTS, NEEDS_ARENA, NEEDS_CARRIES, NEEDS_RANGE = 1, 2, 3, 4


class GroupMemory:
    """A `struct pympr_group_table` and the arrays that it points to; replaced together."""

    def __init__(self, layout: Layout, seed: int, capacity: int):
        self.seed = seed & 0xFFFFFFFFFFFFFFFF
        self.arena = np.empty(0, np.uint8)
        num_slots = _slots_for(capacity)
        self._take(*self._new(layout, Homes(), num_slots, int(num_slots * FULL_LOAD)))

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return self.slots.nbytes + self.arena.nbytes

    def reserve(self, groups: int) -> None:
        """Slots for so many groups, in one step."""
        num_slots = _slots_for(groups)
        if num_slots > self.table.num_slots:
            self._move(self.layout, self.homes, num_slots, FULL_LOAD)

    def become(self, layout: Layout) -> None:
        """The same groups in slots of another layout."""
        homes = self.homes if layout.is_hash_key or not self.table.has_zero else Homes()
        self._move(layout, homes, self.table.num_slots)

    def make_room(self) -> None:
        """What the kernel wanted when it stopped."""
        table = self.table
        if table.needs == NEEDS_SLOTS:
            self._grow()
        elif table.needs == NEEDS_CARRIES:
            self.become(Layout(self.layout.keys, self.layout.states, self.layout.is_nullable, True))
        elif table.needs == NEEDS_RANGE:
            homes = self.homes.widened(table.wanted_low, table.wanted_last)
            self._move(self.layout, homes, table.num_slots)
        else:
            assert table.needs == NEEDS_ARENA, table.needs
            self._grow_arena()

    def _grow(self) -> None:
        """More slots; but where there are enough, and the hashes crowd in one part of them, better homes.

        Rows of one partition do that, whose hashes have the same first bits, and rows in the order of hashes.
        """
        num_slots, is_crowded = self.table.num_slots, 2 * self.table.num_groups < self.table.max_groups
        if is_crowded and self._narrow():
            return
        if is_crowded and 4 * self.table.num_groups < self.table.max_groups and not self.homes.is_scrambled:
            self._move(self.layout, Homes(is_scrambled=True), num_slots)
        else:
            self._move(self.layout, self.homes, num_slots * (4 if num_slots < SMALL_SLOTS else 2))

    def _narrow(self) -> bool:
        """Spread the range of hashes that is in use; False when that would not help."""
        if self.homes.is_scrambled:
            return False
        low, last = ffi.new("uint64_t *"), ffi.new("uint64_t *")
        check(lib.pympr_group_hash_range(low, last, self.table), "group_hash_range")
        homes = self.homes.narrowed(low[0], last[0])
        if 2 * homes.span > self.homes.span:
            return False
        self._move(self.layout, homes, self.table.num_slots)
        return True

    def _move(self, layout: Layout, homes: Homes, num_slots: int, max_load: float = MAX_LOAD) -> None:
        """Into a table of another layout or size; it grows until all groups find a slot."""
        max_groups = max(int(num_slots * max_load), self.table.max_groups)
        memory = self._new(layout, homes, num_slots, max_groups)
        table, old = memory[2], self.table
        table.num_groups, table.has_zero = old.num_groups, old.has_zero if layout.is_hash_key else 0
        table.arena, table.arena_bytes, table.arena_used = old.arena, old.arena_bytes, old.arena_used
        table.bounds, table.key_bytes = old.bounds, old.key_bytes
        status = lib.pympr_group_move(table, old)
        if status == FULL:
            return self._move(layout, homes, 2 * num_slots, max_load)
        check(status, "group_move")
        return self._take(*memory)

    def _new(self, layout: Layout, homes: Homes, num_slots: int, max_groups: int) -> tuple:
        """The arguments of `_take`, without groups."""
        table = ffi.new("struct pympr_group_table *")
        table.seed, table.num_slots, table.max_groups = self.seed, num_slots, max_groups
        # Mixed hashes crowd when they are all equal, and then maybe in the last home.
        table.extra_slots = EXTRA_SLOTS + (max_groups if homes.is_scrambled else 0)
        layout.fill(table)
        homes.fill(table)
        slots = np.zeros((num_slots + table.extra_slots + 1) * table.stride, np.uint8)
        table.slots = pointer(slots, "uint8_t *")
        return layout, homes, table, slots

    def _take(self, layout: Layout, homes: Homes, table, slots: np.ndarray) -> None:
        self.layout, self.homes, self.table, self.slots = layout, homes, table, slots

    def _grow_arena(self) -> None:
        size = max(2 * len(self.arena), 2 * self.table.arena_wanted, MIN_ARENA_BYTES)
        arena = np.empty(size, np.uint8)
        arena[: self.table.arena_used] = self.arena[: self.table.arena_used]
        self.arena = arena
        self.table.arena, self.table.arena_bytes = pointer(arena, "uint8_t *"), size


def _slots_for(groups: int) -> int:
    return max(math.ceil(groups / MAX_LOAD), 2)

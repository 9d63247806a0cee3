"""What a rank of a node reads from the board of an exchange, and where it writes its rows then."""

from typing import NamedTuple

import numpy as np

from pympr.errors import KernelError
from pympr.native.library import FULL, check, ffi, lib
from pympr.native.ship import Shape, Shipment

KNOWN, OTHER_KIND, LONG_TABLES, MISFITS, UNMAPPED = (
    lib.PYMPR_NODE_KNOWN,
    lib.PYMPR_NODE_OTHER_KIND,
    lib.PYMPR_NODE_LONG_TABLES,
    lib.PYMPR_NODE_MISFITS,
    lib.PYMPR_NODE_UNMAPPED,
)
_PLAN, _MAPPED, _I64 = ffi.typeof("pympr_node_plan *"), ffi.typeof("pympr_mapped[]"), ffi.typeof("int64_t *")
_WAYS = 4
_LEAST_ROOM_WORDS, _MOST_KEPT_WORDS = 256, 1 << 14


class Places(NamedTuple):
    """The words of a slot where things begin: a table, the name of the offered inbox, that of a second offer."""

    table: int
    inbox: int
    second: int


class Limits(NamedTuple):
    """When an inbox will not do, and from which size on what is written there is faulted in (-1: never)."""

    smallest_bytes: int
    largest_waste: int
    faults_in_from_bytes: int


class NodePlan:
    """The exchanges of one kind of rows between the ranks that share `slots` (int64[size, words]).

    A slot is described in `csrc/ship_node.h`. For each exchange, `begin` and `settle`; when that says
    KNOWN the fields can be read, and `send` writes the rows.
    """

    def __init__(self, shape: Shape, slots: np.ndarray, places: Places, limits: Limits):
        self.shape = shape
        self._kept = [slots]
        self._head = shape.counts + shape.lanes
        self._room, self._is_ordered = _LEAST_ROOM_WORDS, False
        self._mapped = ffi.new(_MAPPED, shape.size * _WAYS)
        self._next_way = [0] * shape.size
        self.struct = plan = ffi.new(_PLAN)
        plan.size, plan.rank, plan.columns, plan.counts = shape.size, shape.rank, len(shape.item_bytes), shape.counts
        plan.item_bytes, plan.slots = ffi.from_buffer(_I64, shape.item_bytes), ffi.from_buffer(_I64, slots)
        plan.slot_words, plan.inlined, plan.inbox_word, plan.second_word = slots.shape[1], *places
        plan.smallest_bytes, plan.largest_waste, plan.faults_in_from_bytes = limits
        plan.mapped, plan.ways = self._mapped, _WAYS
        lists = np.zeros((3, shape.size), np.int64)
        self._tables = lists[2]
        plan.parts, plan.offered, plan.tables = (ffi.from_buffer(_I64, line) for line in lists)
        self._kept += [lists]
        self.mappings: dict[tuple[int, int], object] = {}  # of the caller: what keeps an entry's memory mapped

    def begin(self) -> None:
        """A new exchange: nothing is known."""
        plan = self.struct
        plan.has_tables = plan.is_second = 0
        if self._is_ordered:
            plan.order = plan.firsts = ffi.NULL
            self._is_ordered = False
        self._take_words()

    def settle(self) -> int:
        """Read the board: KNOWN, or what the caller has to do before it calls again."""
        while True:
            state = lib.pympr_node_settle(self.struct)
            if state == lib.PYMPR_NODE_ROOM:
                self._room = 2 * self.struct.room_needed
                self._take_words()
            elif state == lib.PYMPR_NODE_ORDER:
                self._order_parts()
            else:
                return state

    def long_tables(self) -> list[tuple[int, int]]:
        """(rank, bytes) of the tables whose addresses `set_tables` has to give."""
        parts = self.struct.parts
        return [(rank, 8 * self.shape.width * parts[rank]) for rank in np.flatnonzero(self._tables == 0).tolist()]

    def set_tables(self, addresses: dict[int, int]) -> None:
        """Where the tables are that are not in their slots."""
        for rank, address in addresses.items():
            self._tables[rank] = address
        self.struct.has_tables = 1

    def set_mapped(self, rank: int, process: int, serial: int, address: int) -> int:
        """Remember where a segment of `rank` is; the number of the entry that it takes, of at most 4 a rank."""
        way = self._next_way[rank]
        self._next_way[rank] = (way + 1) % _WAYS
        entry = self._mapped[rank * _WAYS + way]
        ffi.buffer(ffi.addressof(entry))[:] = bytes(ffi.sizeof(entry))
        entry.process, entry.serial, entry.address = process, serial, address
        return way

    def is_misfit(self, rank: int) -> bool:
        """Whether the inbox that `rank` offers will not do."""
        return bool(lib.pympr_node_is_misfit(self.struct, rank))

    def send(self, ship: Shipment, inbox_address: int) -> None:
        """Write all rows into the inboxes, of which the own one is at `inbox_address`. MemoryError without pages."""
        self.struct.inboxes[self.shape.rank] = inbox_address
        status = lib.pympr_node_send(self.struct, ship.struct)
        if status == FULL:
            raise MemoryError("no memory for the inbox of another rank")
        check(status, "node_send")

    def come(self) -> tuple[list[int], list[int], np.ndarray, np.ndarray]:
        """The rows and bytes that come to this rank, where its lanes begin, its sources and their offsets."""
        head, plan = self._words[: self._head].tolist(), self.struct
        after, known = self._head + plan.entries, plan.known
        sources, offsets = self._words[self._head : self._head + known], self._words[after : after + known + 1]
        return head[: self.shape.counts], head[self.shape.counts :], sources, offsets

    def _take_words(self) -> None:
        """Fresh ones: what is found stays with who received it."""
        self._words = np.empty(self._room, np.int64)
        self.struct.words, self.struct.room = ffi.from_buffer(_I64, self._words), self._room
        if self._room > _MOST_KEPT_WORDS:
            self._room = _LEAST_ROOM_WORDS

    def _order_parts(self) -> None:
        """All parts by ascending source, and the number of every rank's first."""
        if self._is_ordered:
            raise KernelError("parts in order are not in order")
        parts = np.frombuffer(ffi.buffer(self.struct.parts, 8 * self.shape.size), np.int64)
        sources = [
            np.frombuffer(ffi.buffer(ffi.cast("char *", table), 8 * count * self.shape.width), np.int64)
            for table, count in zip(self._tables.tolist(), parts.tolist(), strict=True)
            if count
        ]
        firsts = np.concatenate([np.zeros(1, np.int64), np.cumsum(parts)])
        order = np.argsort(np.concatenate([words[:: self.shape.width] for words in sources]), kind="stable")
        self._ordered = order.astype(np.int64), firsts
        self.struct.order, self.struct.firsts = (ffi.from_buffer(_I64, words) for words in self._ordered)
        self._is_ordered = True

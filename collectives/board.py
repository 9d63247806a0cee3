"""How the ranks of a node tell each other about an exchange: the words of a slot."""

import struct

import numpy as np

from pympr.collectives.segment import Name
from pympr.native.library import ffi
from pympr.native.ship_node import Places

SLOT_WORDS = 1024
# Words of a slot: kind of rows, parts, whether the table is in a segment (else it follows in the slot),
# capacity of the offered inbox, then the names of the table's segment, of the inbox, and of a second offer
# (apart from the first, which slow ranks still judge).
_TABLE, _INBOX, _SECOND, _INLINE = 4, 8, 12, 16
INLINE_WORDS = SLOT_WORDS - _INLINE
_HEAD, _NAME, _NO_NAME = struct.Struct("=12q"), struct.Struct("=4q"), (0, 0, 0, 0)
PLACES = Places(table=_INLINE, inbox=_INBOX, second=_SECOND)


class Board:
    """The slots of all ranks, in `words` (int64[size, SLOT_WORDS]) that they share; `rank` writes its own."""

    def __init__(self, words: np.ndarray, rank: int):
        self.words = words
        self._slots = ffi.from_buffer("int64_t *", words)
        self._mine = memoryview(words[rank]).cast("B")
        self._inline = words[rank, _INLINE:]

    def tell(self, kind: int, table: np.ndarray, inbox: Name, elsewhere: Name | None) -> None:
        """Write what this rank has: its table goes into the slot unless it is in the segment `elsewhere`."""
        is_long = elsewhere is not None
        head = (kind, len(table), is_long, inbox.capacity_bytes, *(elsewhere or _NO_NAME), *inbox)
        _HEAD.pack_into(self._mine, 0, *head)
        if not is_long:
            self._inline[: table.size] = table.reshape(-1)

    def tell_again(self, inbox: Name) -> None:
        """Another inbox in place of the one that does not fit."""
        _NAME.pack_into(self._mine, 8 * _SECOND, *inbox)

    def table_of(self, rank: int) -> Name:
        """The segment of a table that is not in the slot."""
        return self._name(rank, _TABLE)

    def inbox_of(self, rank: int, is_second: bool) -> Name:
        """The segment that `rank` offers."""
        return self._name(rank, _SECOND if is_second else _INBOX)

    def _name(self, rank: int, place: int) -> Name:
        return Name(*ffi.unpack(self._slots + (rank * SLOT_WORDS + place), 4))

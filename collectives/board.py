"""How the ranks of a node tell each other about an exchange: the words of a slot."""

import numpy as np

from pympr.collectives.segment import Name
from pympr.native.library import ffi
from pympr.native.ship_node import Places

SLOT_WORDS = 1024
# Words of a slot: kind of rows, parts, serial of the table's segment (0: the table follows in the slot),
# capacity of the offered inbox, then the names of the table's segment, of the inbox, and of a second offer
# (apart from the first, which slow ranks still judge).
_KIND, _PARTS, _IS_LONG, _CAPACITY, _TABLE, _INBOX, _SECOND, _INLINE = 0, 1, 2, 3, 4, 8, 12, 16
INLINE_WORDS = SLOT_WORDS - _INLINE
PLACES = Places(table=_INLINE, inbox=_INBOX, second=_SECOND)


class Board:
    """The slots of all ranks, in `words` (int64[size, SLOT_WORDS]) that they share; `rank` writes its own."""

    def __init__(self, words: np.ndarray, rank: int):
        self.words = words
        self._slots = ffi.from_buffer("int64_t *", words)
        self._mine = self._slots + rank * SLOT_WORDS
        self._inline = words[rank, _INLINE:]

    def tell(self, kind: int, table: np.ndarray, inbox: Name, elsewhere: Name | None) -> None:
        """Write what this rank has: its table goes into the slot unless it is in the segment `elsewhere`."""
        mine = self._mine
        mine[_KIND], mine[_PARTS] = kind, len(table)
        mine[_IS_LONG], mine[_CAPACITY] = elsewhere is not None, inbox.capacity_bytes
        self._write(_INBOX, inbox)
        if elsewhere is not None:
            self._write(_TABLE, elsewhere)
        else:
            self._inline[: table.size] = table.reshape(-1)

    def tell_again(self, inbox: Name) -> None:
        """Another inbox in place of the one that does not fit."""
        self._write(_SECOND, inbox)

    def table_of(self, rank: int) -> Name:
        """The segment of a table that is not in the slot."""
        return self._name(rank, _TABLE)

    def inbox_of(self, rank: int, is_second: bool) -> Name:
        """The segment that `rank` offers."""
        return self._name(rank, _SECOND if is_second else _INBOX)

    def _write(self, place: int, name: Name) -> None:
        mine = self._mine
        mine[place], mine[place + 1], mine[place + 2], mine[place + 3] = name

    def _name(self, rank: int, place: int) -> Name:
        return Name(*ffi.unpack(self._slots + (rank * SLOT_WORDS + place), 4))

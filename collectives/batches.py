"""A rank's rows in batches of a bounded number of bytes, in their order."""

from typing import NamedTuple

import numpy as np

from pympr.collectives.exchange import Outgoing, Part, RangeBuckets, Rows
from pympr.native.ship import Shipment


class Piece(NamedTuple):
    """The rows `begin` up to `end` of the part at `place` in the list."""

    place: int
    begin: int
    end: int


def plan_batches(outgoing: Outgoing, batch_bytes: int) -> list[list[Piece]]:
    """Pieces of parts for each batch: about `batch_bytes` of payload, at most one row more; at least one batch."""
    if outgoing.payload_bytes() <= batch_bytes:
        return [[Piece(place, 0, len(part.buckets)) for place, part in enumerate(outgoing.parts)]]
    batches: list[list[Piece]] = []
    filled_bytes = 0
    for place, part in enumerate(outgoing.parts):
        ends = _row_ends(part, outgoing.rows) + filled_bytes
        filled_bytes = int(ends[-1]) if len(ends) else filled_bytes
        last = -(-filled_bytes // batch_bytes)
        borders = np.searchsorted(ends, np.arange(last + 1) * batch_bytes, side="right").tolist()
        borders[-1] = len(ends)
        batches += [[] for _ in range(last - len(batches))]
        for batch, begin, end in zip(batches, borders[:-1], borders[1:], strict=True):
            if end > begin:
                batch.append(Piece(place, begin, end))
    return [batch for batch in batches if batch]


def _row_ends(part: Part, rows: Rows) -> np.ndarray:
    """The bytes of every row and all before it."""
    ends = np.arange(1, len(part.buckets) + 1) * rows.row_bytes
    for column in part.columns:
        if isinstance(column, tuple):
            ends += np.cumsum(column[2] - column[1])
    return ends


def take_batch(outgoing: Outgoing, pieces: list[Piece]) -> tuple[Outgoing, np.ndarray]:
    """The rows of a batch, counted, and the place in the list of each of its parts."""
    places = np.array([piece.place for piece in pieces], np.int64)
    is_whole = all(piece.end - piece.begin == len(outgoing.parts[piece.place].buckets) for piece in pieces)
    if is_whole and len(pieces) == len(outgoing.parts):
        return outgoing, places
    if is_whole:
        return Outgoing([outgoing.parts[place] for place in places], outgoing.rows, outgoing.table[places]), places
    parts = [_cut(outgoing.parts[piece.place], slice(piece.begin, piece.end)) for piece in pieces]
    ship = Shipment(outgoing.rows.shape, parts)
    return Outgoing(parts, outgoing.rows, ship.table, ship=ship), places


def _cut(part: Part, rows: slice) -> Part:
    if isinstance(part.buckets, RangeBuckets):
        values = part.buckets.values[rows]
        return Part(part.source, [values], RangeBuckets(values, part.buckets.splitters))
    columns = [
        (column[0], column[1][rows], column[2][rows]) if isinstance(column, tuple) else column[rows]
        for column in part.columns
    ]
    return Part(part.source, columns, part.buckets[rows])

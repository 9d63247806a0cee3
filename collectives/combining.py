"""Rows with equal keys merged on their way: what several ranks of a node have for a rank becomes less."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pympr.collectives.arrivals import Arrivals
from pympr.collectives.exchange import Outgoing, Part, Rows
from pympr.collectives.node_bundles import Packed
from pympr.collectives.packing import pack
from pympr.native.ship import Shipment

Combine = Callable[[list[Any]], list[Any]]


def combine_packed(packed: list[Packed], destinations: np.ndarray, rows: Rows, combine: Combine, rank: int) -> Packed:
    """What `packed` holds for `destinations`, merged for each of them, as if `rank` had packed it."""
    parts = [
        _merged([each.to(destination) for each in packed], destination, rows, combine) for destination in destinations
    ]
    parts = [part for part in parts if part is not None]
    ship = Shipment(rows.shape, parts)
    messages = pack(Outgoing(parts, rows, ship.table, ship=ship), np.zeros(len(parts), np.int64), destinations)
    return Packed(rank, messages.memory, messages.starts, messages.lengths)


def _merged(messages: list[np.ndarray], destination: int, rows: Rows, combine: Combine) -> Part | None:
    """The rows of all messages after `combine`, as a part of the first source; None without rows."""
    arrivals = Arrivals(rows)
    present = [(place, message) for place, message in enumerate(messages) if len(message)]
    if not present:
        return None
    for place, message in present:
        arrivals.announce(place, message)
    arrivals.lay_out()
    for place, message in present:
        arrivals.place(place, message)
    received = arrivals.received()
    columns = combine(received.columns)
    count = len(columns[0][1] if isinstance(columns[0], tuple) else columns[0])
    return Part(int(received.sources[0]), columns, np.full(count, destination, np.uint32))

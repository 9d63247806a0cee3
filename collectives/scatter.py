"""A rank's parts into destination memory, lane by lane (see `layout.Inbox`)."""

import numpy as np

from pympr.collectives.exchange import Outgoing
from pympr.native.ship import Shipment


def scatter(outgoing: Outgoing, cursors: np.ndarray) -> None:
    """Write every row to its bucket's memory; `cursors` (uint64[part, lane, rank]) are addresses."""
    ship = outgoing.ship or Shipment(outgoing.rows.shape, outgoing.parts)
    ship.scatter(np.ascontiguousarray(cursors))

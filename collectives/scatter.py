"""A rank's parts into destination memory, lane by lane (see `layout.Inbox`)."""

import numpy as np

from pympr.collectives.exchange import Outgoing
from pympr.native.exchange import scatter_part


def scatter(outgoing: Outgoing, cursors: np.ndarray) -> None:
    """Write every row to its bucket's memory; `cursors` (uint64[part, lane, rank]) are addresses and are used up."""
    for part, cursor in zip(outgoing.parts, cursors, strict=True):
        if len(part.buckets):
            scatter_part(part.columns, part.buckets, cursor)

"""A rank's parts into destination memory, lane by lane (see `layout.Inbox`)."""

import numpy as np

from pympr.collectives.exchange import Outgoing, RangeBuckets
from pympr.native.exchange import scatter_part
from pympr.native.partition import scatter_by_range


def scatter(outgoing: Outgoing, cursors: np.ndarray) -> None:
    """Write every row to its bucket's memory; `cursors` (uint64[part, lane, rank]) are addresses and are used up."""
    for part, cursor in zip(outgoing.parts, cursors, strict=True):
        if isinstance(part.buckets, RangeBuckets):
            scatter_by_range(part.buckets.values, part.buckets.splitters, cursor[0])
        elif len(part.buckets):
            scatter_part(part.columns, part.buckets, cursor)

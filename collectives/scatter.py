"""A rank's parts into destination memory, lane by lane (see `layout.Inbox`)."""

import numpy as np

from pympr.collectives.exchange import Outgoing, RangeBuckets
from pympr.native.partition import scatter_by_range, scatter_bytes, scatter_fixed


def scatter(outgoing: Outgoing, cursors: np.ndarray) -> None:
    """Write every row to its bucket's memory; `cursors` (uint64[part, lane, rank]) are addresses and are used up."""
    for part, cursor in zip(outgoing.parts, cursors, strict=True):
        if isinstance(part.buckets, RangeBuckets):
            scatter_by_range(part.buckets.values, part.buckets.splitters, cursor[0])
            continue
        lane = 0
        for column, item in zip(part.columns, outgoing.item_bytes, strict=True):
            if item:
                scatter_fixed(column, part.buckets, cursor[lane])
                lane += 1
            else:
                scatter_bytes(*column, part.buckets, cursor[lane], cursor[lane + 1])
                lane += 2

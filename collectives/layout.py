"""Where received rows go: pure arithmetic on counts, shared by all variants of the exchange."""

from dataclasses import dataclass

import numpy as np

ALIGNMENT_BYTES = 64


def align(position_bytes: int) -> int:
    """The next cache-line border."""
    return -(-position_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


@dataclass(frozen=True)
class Order:
    """The order of entries (one a part that any rank has) by source, and what comes before each.

    `before[e]` is the rows (column 0) and bytes (one column each) that lie before
    entry e in the received columns; `totals` is the same of all entries.
    """

    before: np.ndarray
    totals: np.ndarray
    sources: np.ndarray
    offsets: np.ndarray


def order_entries(sources: np.ndarray, counts: np.ndarray) -> Order:
    """Entries sorted by source, those of one source as they are; `counts` is int64[entries, 1 + bytes columns].

    >>> order = order_entries(np.array([4, 2, 4]), np.array([[10], [1], [5]]))
    >>> order.before.ravel(), order.sources, order.offsets
    (array([ 1,  0, 11]), array([2, 4]), array([ 0,  1, 16]))
    """
    places = np.argsort(sources, kind="stable")
    ends = np.cumsum(counts[places], axis=0)
    before = np.empty_like(counts)
    before[places] = ends - counts[places]
    totals = ends[-1] if len(ends) else np.zeros(counts.shape[1], np.int64)
    ascending = sources[places]
    last = np.append(ascending[1:] != ascending[:-1], True)[: len(ascending)]
    offsets = np.concatenate([[0], ends[last, 0]]) if len(ends) else np.zeros(1, np.int64)
    return Order(before, totals, ascending[last], offsets)


@dataclass(frozen=True)
class Inbox:
    """The place of every column in one stretch of memory.

    A lane is what a row of a column is written to: one for a fixed column, two for
    bytes (the bytes, then the lengths or ends, which become offsets: int64[rows + 1],
    the first 0). Lane i begins at `lane_starts[i]`; a row or byte takes `lane_items[i]`
    bytes there, and `lane_counts[i]` says which count (see Order) positions it.
    """

    lane_starts: np.ndarray
    lane_items: np.ndarray
    lane_counts: np.ndarray
    used_bytes: int


def plan_inbox(item_bytes: tuple[int, ...], totals: np.ndarray) -> Inbox:
    """The inbox for `totals[0]` rows whose columns of bytes have `totals[1:]` bytes.

    >>> plan_inbox((8, 0), np.array([3, 5]))
    Inbox(lane_starts=array([  0,  64, 136]), lane_items=array([8, 1, 8]), lane_counts=array([0, 1, 0]), used_bytes=192)
    """
    rows, lanes, position, bytes_column = int(totals[0]), [], 0, 0
    for item in item_bytes:
        if item:
            lanes.append((position, item, 0))
            position = align(position + rows * item)
            continue
        bytes_column += 1
        lanes.append((position, 1, bytes_column))
        position = align(position + int(totals[bytes_column]))
        lanes.append((position + 8, 8, 0))
        position = align(position + 8 * (rows + 1))
    starts, items, counts = np.array(lanes, np.int64).reshape(-1, 3).T
    return Inbox(starts, items, counts, position)


def columns_of(memory: np.ndarray, dtypes: tuple, lane_starts, totals, has_ends: bool = False) -> list:
    """The columns that lie in `memory` (uint8) as planned; dtype None is bytes.

    Their lengths become offsets, once; unless ends came in place of lengths.
    """
    rows, lane, bytes_column, columns = int(totals[0]), 0, 0, []
    for dtype in dtypes:
        start = int(lane_starts[lane])
        if dtype is not None:
            columns.append(np.ndarray((rows,), dtype, memory, start))
            lane += 1
            continue
        bytes_column += 1
        data = memory[start : start + int(totals[bytes_column])]
        offsets = np.ndarray((rows + 1,), np.int64, memory, int(lane_starts[lane + 1]) - 8)
        if not has_ends:
            offsets[0] = 0
            np.cumsum(offsets[1:], out=offsets[1:])
        columns.append((data, offsets[:-1], offsets[1:]))
        lane += 2
    return columns

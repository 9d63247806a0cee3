"""The message that a rank has for another: which rows of which sources, then the rows, column by column.

A message begins with its length in bytes and the number of its entries, one for each part with
rows in it: the source, the part's place in the sender's list, the rows, and the bytes of each
column of bytes (int64 all). After them lie the lanes, as of `layout.Inbox`, with the entries one after
the other. Nothing in a message depends on the way it takes.
"""

import os
from typing import NamedTuple

import numpy as np

from pympr.collectives import segment
from pympr.collectives.exchange import Outgoing
from pympr.collectives.scatter import scatter
from pympr.collectives.segment import Lease

HEAD_WORDS = 2
KEY_WORDS = 2  # the source and the part's place, before the counts
ALIGNMENT_BYTES = 16  # of the largest items; cache lines would make many short messages twice as long
EMPTY = np.frombuffer(np.array([ALIGNMENT_BYTES, 0], np.int64).tobytes(), np.uint8)


class Messages(NamedTuple):
    """A rank's messages for all ranks: that for rank r is `memory[starts[r]:starts[r] + lengths[r]]`.

    There is nothing for ranks that get no rows. `lease` is the segment in which all lie, where there are segments.
    """

    memory: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    lease: Lease | None

    def to(self, rank: int) -> np.ndarray:
        """The message for `rank`, with no entries where it gets no rows."""
        if not self.lengths[rank]:
            return EMPTY
        return self.memory[self.starts[rank] : self.starts[rank] + self.lengths[rank]]


class Message(NamedTuple):
    """A message taken apart: int64[entries] sources and places, int64[entries, counts], and its lanes."""

    sources: np.ndarray
    places: np.ndarray
    counts: np.ndarray
    lanes: np.ndarray


class _Plan(NamedTuple):
    """Where all of it will lie; the entries are by rank, then by part."""

    ranks: np.ndarray
    parts: np.ndarray
    head_bytes: np.ndarray
    lane_starts: np.ndarray
    lengths: np.ndarray


def pack(outgoing: Outgoing, places: np.ndarray, order: np.ndarray | None, with_lanes: bool = True) -> Messages:
    """The messages of all ranks in one memory, those of `order` (all ranks; None: ascending) one after the other.

    `places` (int64[parts]) are the parts' places in the list of which they are a piece. Without
    lanes a message only announces rows.
    """
    table = outgoing.counts_by_rank()
    plan = _plan(outgoing, table, with_lanes)
    starts = _starts(plan.lengths, order)
    memory, lease = _borrow(int(plan.lengths.sum()))
    _write_heads(memory, starts, plan, outgoing, places, table)
    if with_lanes and len(outgoing.parts):
        begins = starts + plan.head_bytes + plan.lane_starts + memory.ctypes.data
        before = np.cumsum(table, axis=0) - table
        items, counts = (np.array(each, np.int64) for each in outgoing.rows.lanes())
        cursors = begins[None] + before[:, counts, :] * items[None, :, None]
        scatter(outgoing, np.ascontiguousarray(cursors.astype(np.uint64)))
    return Messages(memory, starts, plan.lengths, lease)


def no_messages(size: int) -> Messages:
    """What a rank sends that has failed."""
    nothing = np.zeros(size, np.int64)
    memory, lease = _borrow(0)
    return Messages(memory, nothing, nothing, lease)


def message_bytes(item_bytes: tuple[int, ...], entries: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """How long messages are: of `entries` (int64[n]) with `totals` (int64[counts, n]) rows and bytes.

    >>> message_bytes((8,), np.array([1, 0]), np.array([[3, 0]]))
    array([80,  0])
    """
    return _head_bytes(entries, len(totals)) + plan_lanes(item_bytes, totals)[1]


def plan_lanes(item_bytes: tuple[int, ...], totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the lanes of messages begin behind their heads, int64[lanes, n], and the bytes of all, int64[n].

    `totals` (int64[counts, n]) are the rows of each message, and its bytes in each column of bytes.
    """
    rows, lanes, position, bytes_column = totals[0], [], np.zeros(totals.shape[1], np.int64), 0
    for item in item_bytes:
        lanes.append(position)
        if not item:
            bytes_column += 1
            position = _align(position + totals[bytes_column])
            lanes.append(position)
        position = _align(position + rows * (item or 8))
    return np.array(lanes, np.int64).reshape(len(lanes), totals.shape[1]), position


def unpack(message: np.ndarray, counts: int) -> Message:
    """A message (uint8, on a border of eight bytes) of rows with so many counts, as views of it."""
    words = message[: len(message) // 8 * 8].view(np.int64)
    number, width = int(words[1]), KEY_WORDS + counts
    entries = words[HEAD_WORDS : HEAD_WORDS + number * width].reshape(number, width)
    lanes = message[_align(8 * (HEAD_WORDS + number * width)) : int(words[0])]
    return Message(entries[:, 0], entries[:, 1], entries[:, KEY_WORDS:], lanes)


def _plan(outgoing: Outgoing, table: np.ndarray, with_lanes: bool) -> _Plan:
    ranks, parts = np.nonzero(table[:, 0].T)
    totals = table.sum(axis=0)
    head_bytes = _head_bytes(np.bincount(ranks, minlength=table.shape[2]), table.shape[1])
    lane_starts, lane_bytes = plan_lanes(outgoing.rows.item_bytes, totals)
    return _Plan(ranks, parts, head_bytes, lane_starts, head_bytes + lane_bytes if with_lanes else head_bytes)


def _head_bytes(entries: np.ndarray, counts: int) -> np.ndarray:
    return np.where(entries > 0, _align(8 * (HEAD_WORDS + (KEY_WORDS + counts) * entries)), 0)


def _write_heads(memory, starts, plan: _Plan, outgoing: Outgoing, places: np.ndarray, table: np.ndarray) -> None:
    words, counts = memory.view(np.int64), table.shape[1]
    first = starts // 8
    number = np.bincount(plan.ranks, minlength=len(starts))
    used = np.flatnonzero(number)
    words[first[used]], words[first[used] + 1] = plan.lengths[used], number[used]
    nth = np.arange(len(plan.ranks)) - np.repeat(np.cumsum(number) - number, number)
    at = first[plan.ranks] + HEAD_WORDS + (KEY_WORDS + counts) * nth
    words[at] = outgoing.table[plan.parts, 0]
    words[at + 1] = places[plan.parts]
    for count in range(counts):
        words[at + KEY_WORDS + count] = table[plan.parts, count, plan.ranks]


def _starts(lengths: np.ndarray, order: np.ndarray | None) -> np.ndarray:
    if order is None:
        return np.cumsum(lengths) - lengths
    starts = np.empty_like(lengths)
    starts[order] = np.cumsum(lengths[order]) - lengths[order]
    return starts


def _borrow(used_bytes: int) -> tuple[np.ndarray, Lease | None]:
    if not hasattr(os, "memfd_create"):
        return np.empty(used_bytes, np.uint8), None
    lease = segment.pool().lease(used_bytes)
    return lease.bytes(), lease


def _align(position_bytes):
    """`layout.align` for numbers and arrays."""
    return -(-position_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES

"""The exchange with one packed message to every rank, for ranks on any nodes.

A message is the sender's table (source, rows and bytes of each of its parts for
this receiver), then the lanes of `layout.plan_inbox` with the parts in the
sender's order. The receiver brings the pieces into the order of the sources.
"""

import time
from typing import NamedTuple

import numpy as np

from pympr.collectives import segment
from pympr.collectives.alltoall import exchange_bytes
from pympr.collectives.attempt import Attempt
from pympr.collectives.exchange import Counters, Outgoing, Received
from pympr.collectives.layout import align, columns_of, order_entries, plan_inbox
from pympr.collectives.scatter import scatter
from pympr.collectives.world import World


class _Head(NamedTuple):
    """What a rank tells every other before the messages: int64[size] each, one from every rank."""

    lengths: np.ndarray
    parts: np.ndarray
    failed: np.ndarray
    kinds: np.ndarray
    totals: np.ndarray


class _Messages(NamedTuple):
    memory: np.ndarray
    lengths: np.ndarray


def exchange_flat(world: World, outgoing: Outgoing | None, error: Exception | None) -> tuple[Received, Counters]:
    """The exchange over `Alltoallv`, in rounds where it is much."""
    attempt, begin = Attempt(world, error), time.perf_counter
    sent = attempt.run(_pack, outgoing, world.size) or _Messages(np.empty(0, np.uint8), np.zeros(world.size, np.int64))
    started = begin()
    head = _exchange_heads(world, sent.lengths, outgoing, attempt.error)
    waited_seconds = begin() - started
    others = np.flatnonzero(head.kinds != head.kinds[0])
    attempt.refuse(bool(head.failed.any()), int(others[0]) if len(others) else -1)
    received = attempt.run(segment.borrow, int(head.lengths.sum()))
    attempt.agree()
    started = begin()
    starts = np.cumsum(sent.lengths) - sent.lengths
    total_bytes = int(head.totals.sum())
    rounds = exchange_bytes(world, sent.memory, starts, sent.lengths, received, head.lengths, total_bytes)
    waited_seconds += begin() - started
    del sent
    result = attempt.run(_unpack, received, head, outgoing)
    attempt.agree()
    return result[0], _count(world, outgoing, head, result[1], rounds, waited_seconds)


def _count(
    world: World, outgoing: Outgoing, head: _Head, entries: np.ndarray, rounds: int, waited_seconds: float
) -> Counters:
    """The counters, of payload alone: tables and borders are not counted."""
    row_bytes = outgoing.rows.row_bytes
    sent = [_payload(outgoing.counts_for(rank), row_bytes) for rank in range(world.size) if rank != world.rank]
    is_other = np.repeat(np.arange(world.size), head.parts) != world.rank
    messages = sum(count > 0 for count in sent)
    return Counters("flat", messages, sum(sent), _payload(entries[is_other], row_bytes), rounds, waited_seconds)


def _payload(counts: np.ndarray, row_bytes: int) -> int:
    return int(counts[:, 0].sum()) * row_bytes + int(counts[:, 1:].sum())


def _pack(outgoing: Outgoing, size: int) -> _Messages:
    """All messages, one after the other by rank, in one memory."""
    tables = [_table(outgoing, rank) for rank in range(size)]
    inboxes = [plan_inbox(outgoing.rows.item_bytes, table[:, 1:].sum(axis=0)) for table in tables]
    lengths = np.array([align(t.nbytes) + i.used_bytes for t, i in zip(tables, inboxes, strict=True)], np.int64)
    memory = segment.borrow(int(lengths.sum()))
    starts = (np.cumsum(lengths) - lengths).tolist()
    cursors = np.empty((len(outgoing.parts), len(inboxes[0].lane_starts), size), np.uint64)
    for rank, (start, table, inbox) in enumerate(zip(starts, tables, inboxes, strict=True)):
        memory[start : start + table.nbytes] = table.view(np.uint8).reshape(-1)
        begin = memory.ctypes.data + start + align(table.nbytes)
        cursors[:, :, rank] = begin + inbox.lane_starts + _before(table)[:, inbox.lane_counts] * inbox.lane_items
    scatter(outgoing, cursors)
    return _Messages(memory, lengths)


def _table(outgoing: Outgoing, rank: int) -> np.ndarray:
    """Source, rows and bytes of every part for `rank`."""
    return np.concatenate([outgoing.table[:, :1], outgoing.counts_for(rank)], axis=1)


def _before(table: np.ndarray) -> np.ndarray:
    return np.cumsum(table[:, 1:], axis=0) - table[:, 1:]


def _exchange_heads(world: World, lengths, outgoing: Outgoing | None, error: Exception | None) -> _Head:
    mine, heads = np.zeros((2, world.size, len(_Head._fields)), np.int64)
    if error is None:
        mine[:] = np.stack(
            np.broadcast_arrays(lengths, len(outgoing.parts), 0, outgoing.rows.kind, lengths.sum()), axis=1
        )
    else:
        mine[:, _Head._fields.index("failed")] = 1
    world.comm.Alltoall(mine, heads)
    return _Head(*np.ascontiguousarray(heads.T))


def _unpack(received: np.ndarray, head: _Head, outgoing: Outgoing) -> tuple[Received, np.ndarray]:
    """The columns in the order of the sources, and the counts of all entries."""
    messages = np.split(received, np.cumsum(head.lengths)[:-1])
    width = 1 + outgoing.rows.shape.counts
    tables = [
        message[: 8 * width * parts].view(np.int64).reshape(parts, width)
        for message, parts in zip(messages, head.parts.tolist(), strict=True)
    ]
    entries = np.concatenate(tables)
    order = order_entries(entries[:, 0], entries[:, 1:])
    inbox = plan_inbox(outgoing.rows.item_bytes, order.totals)
    memory = segment.borrow(inbox.used_bytes)
    first = 0
    for message, table in zip(messages, tables, strict=True):
        places = order.before[first : first + len(table)]
        _place(memory, inbox, places, message[align(table.nbytes) :], table, outgoing.rows.item_bytes)
        first += len(table)
    columns = columns_of(memory, outgoing.rows.dtypes, inbox.lane_starts, order.totals)
    return Received(columns, order.sources, order.offsets), entries[:, 1:].copy()


def _place(memory, inbox, places, message, table, item_bytes) -> None:
    """Copy a message's lanes to their places; parts that stay neighbours go in one piece."""
    counts, before = table[:, 1:], _before(table)
    lanes = plan_inbox(item_bytes, counts.sum(axis=0)).lane_starts
    apart = (places[1:] != places[:-1] + counts[:-1]).any(axis=1)
    firsts = np.flatnonzero(np.append(True, apart)[: len(table)])
    lasts = np.append(firsts[1:], len(table))[: len(firsts)] - 1
    for lane in range(len(lanes)):
        kind, item = inbox.lane_counts[lane], inbox.lane_items[lane]
        begins = (lanes[lane] + before[firsts, kind] * item).tolist()
        ends = (lanes[lane] + (before[lasts, kind] + counts[lasts, kind]) * item).tolist()
        targets = (inbox.lane_starts[lane] + places[firsts, kind] * item).tolist()
        for begin, end, target in zip(begins, ends, targets, strict=True):
            memory[target : target + end - begin] = message[begin:end]

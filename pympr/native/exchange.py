"""What an exchange does between its meetings: count rows, find their places, write them there.

The calls that need no thread go straight to the kernels of `pympr.native.partition`: for few
rows its checks, which the exchange has made once for all columns, take longer than the work.
"""

from typing import NamedTuple

import numpy as np

from pympr.native.library import BAD, OK, check, ffi, lib
from pympr.native.partition import PARALLEL_ROWS, STREAM_BYTES, histogram, histogram_bytes, scatter_bytes, scatter_fixed


class Totals(NamedTuple):
    """What comes to every rank, and what of it lies before this rank's parts.

    `totals` is int64[counts, size], `needed_bytes` int64[size], `before` int64[parts,
    counts, size], `sources` int64[k] and `offsets` int64[k + 1]: the distinct sources
    and where their rows begin at this rank.
    """

    totals: np.ndarray
    needed_bytes: np.ndarray
    before: np.ndarray
    sources: np.ndarray
    offsets: np.ndarray
    messages: int
    bytes_sent: int
    bytes_received: int


class Shape(NamedTuple):
    """What stays the same from exchange to exchange of one kind of rows.

    `item_bytes` is int64[columns], 0 for a column of bytes; `counts` the numbers a part tells
    each rank (its rows, and its bytes in every column of bytes); `width` the words of a
    part's row in its table (its source and its counts for all ranks).
    """

    item_bytes: np.ndarray
    size: int
    rank: int
    counts: int
    width: int


def make_shape(item_bytes: tuple[int, ...], size: int, rank: int) -> Shape:
    """The Shape of columns with items of so many bytes, 0 for bytes, between `size` ranks."""
    counts = 1 + item_bytes.count(0)
    return Shape(np.array(item_bytes, np.int64), size, rank, counts, 1 + counts * size)


def read_slots(slots: np.ndarray, inlined: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int, int]:
    """What the ranks have written in their slots (int64[size, words]), see `csrc/exchange.h`.

    Parts, offered bytes and table addresses (0: elsewhere) of each, int64[size]; the first rank whose
    kind of rows is not rank 0's, or -1; how many tables are elsewhere.

    >>> slots = np.array([[5, 1, 0, 640, 9], [5, 2, 1, 64, 9]])
    >>> parts, offered, tables, other, long_tables = read_slots(slots, 4, 2)
    >>> parts.tolist(), offered.tolist(), tables[1], other, long_tables
    ([1, 2], [640, 64], np.int64(0), -1, 1)
    """
    _, places, (parts, offered, tables, tally) = _arrays((size, size, size, 2))
    check(lib.pympr_exchange_read_slots(*places, _words(slots), slots.shape[1], inlined, size), "exchange_read_slots")
    return parts, offered, tables, int(tally[0]), int(tally[1])


def add_up(shape: Shape, tables: np.ndarray, parts: np.ndarray) -> Totals:
    """The totals of the tables at the addresses `tables` (int64[size]), of `parts[r]` (int64[size]) rows each.

    A table is int64[parts, width]: source, then rows for every rank, then for each column
    of bytes the bytes for every rank. The caller answers for the addresses.

    >>> table = np.array([[7, 2, 3], [9, 1, 0]])
    >>> result = add_up(make_shape((8,), 2, 1), np.array([table.ctypes.data] * 2), np.array([1, 1]))
    >>> result.totals.tolist(), result.needed_bytes.tolist(), result.sources.tolist(), result.offsets.tolist()
    ([[4, 6]], [64, 64], [7], [0, 6])
    """
    entries, mine, all_counts = int(parts.sum()), int(parts[shape.rank]), shape.counts * shape.size
    lengths = (all_counts, shape.size, mine * all_counts, entries, entries + 1, 4)
    _, places, (totals, needed, before, sources, offsets, tally) = _arrays(lengths)
    status = _exchange_totals(shape, places, tables, parts, None, None)
    if status == BAD:
        status = _exchange_totals(shape, places, tables, parts, *_order(shape, tables, parts))
    check(status, "exchange_totals")
    known, messages, bytes_sent, bytes_received = tally.tolist()
    return Totals(
        totals.reshape(shape.counts, shape.size),
        needed,
        before.reshape(mine, shape.counts, shape.size),
        sources[:known],
        offsets[: known + 1],
        messages,
        bytes_sent,
        bytes_received,
    )


def find_places(shape: Shape, totals: Totals, inboxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where this rank's parts begin in every inbox, and where the lanes of its own inbox begin.

    `inboxes` (uint64[size]) are the inboxes' addresses; returns addresses, uint64[parts, lanes,
    size], and int64[lanes]. A fixed column is one lane; one of bytes is two, its bytes and its
    lengths, with room for an int64 before them.
    """
    parts, lanes = len(totals.before), len(shape.item_bytes) + shape.counts - 1
    cursors, lane_starts = np.empty((parts, lanes, shape.size), np.uint64), np.empty(lanes, np.int64)
    status = lib.pympr_exchange_cursors(
        ffi.from_buffer("uint64_t *", cursors),
        _words(lane_starts),
        _words(totals.totals),
        _words(totals.before),
        ffi.from_buffer("uint64_t *", inboxes),
        _words(shape.item_bytes),
        len(shape.item_bytes),
        shape.counts,
        shape.size,
        parts,
        shape.rank,
    )
    check(status, "exchange_cursors")
    return cursors, lane_starts


def count_part(shape: Shape, row: np.ndarray, source: int, columns: list, buckets: np.ndarray) -> None:
    """Fill a part's row (int64[width]) of its table. KernelError: a bucket is no rank, an end before its start.

    Dtypes, lengths and contiguity have been checked.
    """
    row[0] = source
    words, size = _words(row) + 1, shape.size
    status = OK
    if _is_for_one_thread(len(buckets)):
        status = lib.pympr_histogram(words, ffi.new("int64_t *"), _buckets(buckets), len(buckets), size, 1)
    if status != OK or not _is_for_one_thread(len(buckets)):
        row[1 : 1 + size] = histogram(buckets, size)
    for number, (_, starts, ends) in enumerate((column for column in columns if isinstance(column, tuple)), 1):
        row[1 + number * size : 1 + (number + 1) * size] = histogram_bytes(buckets, starts, ends, size)


def scatter_part(columns: list, buckets: np.ndarray, cursors: np.ndarray) -> None:
    """Write a part's columns where `cursors` (uint64[lanes, size], used up) say.

    Dtypes, lengths, contiguity and buckets have been checked; KernelError for bytes that leave their data.
    """
    lane, size = 0, cursors.shape[1]
    for column in columns:
        if isinstance(column, tuple):
            scatter_bytes(*column, buckets, cursors[lane], cursors[lane + 1])
            lane += 2
            continue
        if _is_for_one_thread(len(buckets)):
            _scatter_alone(column, buckets, cursors[lane], size)
        else:
            scatter_fixed(column, buckets, cursors[lane])
        lane += 1


def _scatter_alone(column: np.ndarray, buckets: np.ndarray, cursors: np.ndarray, size: int) -> None:
    scratch = np.empty(lib.pympr_scatter_scratch_bytes(size), np.uint8)
    status = lib.pympr_scatter_fixed(
        ffi.from_buffer("uint64_t *", cursors),
        ffi.new("int64_t *"),
        ffi.from_buffer("uint8_t *", column.view(np.uint8)),
        column.itemsize,
        _buckets(buckets),
        len(buckets),
        size,
        1,
        ffi.from_buffer("uint8_t *", scratch),
        column.nbytes >= STREAM_BYTES,
    )
    check(status, "scatter_fixed")


def _is_for_one_thread(rows: int) -> bool:
    return rows < PARALLEL_ROWS or lib.pympr_get_threads() == 1


def _buckets(buckets: np.ndarray):
    return ffi.from_buffer("uint32_t *", buckets)


def _exchange_totals(shape, places, tables, parts, order, firsts) -> int:
    return lib.pympr_exchange_totals(
        *places,
        _words(tables),
        _words(parts),
        ffi.NULL if order is None else _words(order),
        ffi.NULL if firsts is None else _words(firsts),
        _words(shape.item_bytes),
        len(shape.item_bytes),
        shape.counts,
        shape.size,
        shape.rank,
    )


def _order(shape: Shape, tables: np.ndarray, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All parts by ascending source, and the number of every rank's first."""
    words = [
        np.frombuffer(ffi.buffer(ffi.cast("char *", table), 8 * count * shape.width), np.int64)[:: shape.width]
        for table, count in zip(tables.tolist(), parts.tolist(), strict=True)
        if count
    ]
    firsts = np.concatenate([np.zeros(1, np.int64), np.cumsum(parts)])
    return np.argsort(np.concatenate(words), kind="stable").astype(np.int64), firsts


def _arrays(lengths: tuple[int, ...]) -> tuple[np.ndarray, list, list[np.ndarray]]:
    """One int64 array of all `lengths`, and each part of it as a pointer and as an array."""
    words = np.empty(sum(lengths), np.int64)
    base, place, pointers, arrays = _words(words), 0, [], []
    for length in lengths:
        pointers.append(base + place)
        arrays.append(words[place : place + length])
        place += length
    return words, pointers, arrays


def _words(array: np.ndarray):
    return ffi.from_buffer("int64_t *", array)

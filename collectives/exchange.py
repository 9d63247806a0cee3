"""Rows to the ranks they belong to, in the order of their sources: what a shuffle is made of."""

import zlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pympr.collectives.world import as_world
from pympr.errors import RankError
from pympr.native.partition import histogram, histogram_by_range, histogram_bytes

FixedColumn = np.ndarray
BytesColumn = tuple[np.ndarray, np.ndarray, np.ndarray]
_ITEM_BYTES = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class RangeBuckets:
    """Buckets that are not stored: row i goes to the rank that counts the splitters below `values[i]`.

    Saves a pass over the rows. `values` (int64 or float64) are the part's one
    column; there is one splitter (of the same dtype, ascending) less than ranks.
    """

    values: np.ndarray
    splitters: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


class Part(NamedTuple):
    """Rows of one source (a partition's global index), and where each goes.

    A column is a 1-d array of items of 1, 2, 4, 8 or 16 bytes, or `(data uint8,
    starts int64, ends int64)` with row i in `data[starts[i]:ends[i]]`.
    `buckets` (uint32) is the destination rank of every row, or says how it is found.
    """

    source: int
    columns: list[FixedColumn | BytesColumn]
    buckets: np.ndarray | RangeBuckets


class Received(NamedTuple):
    """All rows that came, in ascending order of source, and where each source's rows begin.

    `sources` (int64[k]) are all sources of all ranks, also those without a row
    here; the rows of `sources[i]` are `offsets[i]:offsets[i + 1]`.
    """

    columns: list[FixedColumn | BytesColumn]
    sources: np.ndarray
    offsets: np.ndarray


class Counters(NamedTuple):
    """What an exchange cost this rank; what stays on the rank is not counted."""

    variant: str
    messages: int
    bytes_sent: int
    bytes_received: int
    rounds: int
    wait_seconds: float


def exchange(
    world: Any,
    parts: list[Part],
    spec: tuple[str, ...],
    variant: str = "auto",
    failure: str | None = None,
) -> tuple[Received, Counters]:
    """Bring every row to the rank in its bucket; the rows of a source keep their order. Collective.

    `spec` has one entry a column, the same on all ranks: a dtype, or "bytes". A
    rank may have any number of parts, also several of one source (their rows
    follow each other as in the list). `variant` is "auto", "node" or "flat"; all
    give the same rows. A rank that cannot take part passes the text of its
    `failure`. The arrays of the result may be the given ones when there is one rank.

    Raises TypeError or ValueError for parts that do not fit `spec`, and RankError
    on every rank when any rank failed; its `failures` are all (rank, text).

    >>> from pympr.collectives.world import World
    >>> part = Part(0, [np.array([1.5, 2.5])], np.zeros(2, np.uint32))
    >>> received, _ = exchange(World(None), [part], ("float64",))
    >>> received.columns[0], received.sources, received.offsets
    (array([1.5, 2.5]), array([0]), array([0, 2]))
    """
    from pympr.collectives.choose import choose_exchange

    world = as_world(world)
    run = choose_exchange(world, variant)
    outgoing, error = _prepare(parts, spec, world.size, failure)
    return run(world, outgoing, error)


@dataclass(frozen=True)
class Outgoing:
    """A rank's parts, checked and counted.

    `counts[i, d, 0]` is the rows of part i for rank d, `counts[i, d, 1 + j]`
    their bytes in the j-th column of bytes. `item_bytes` is 0 for a column of bytes.
    """

    parts: list[Part]
    spec: tuple[str, ...]
    item_bytes: tuple[int, ...]
    counts: np.ndarray
    sources: np.ndarray
    kind: int

    @property
    def bytes_columns(self) -> int:
        return self.item_bytes.count(0)

    def payload_bytes(self, counts: np.ndarray) -> np.ndarray:
        """The bytes of rows so counted (last axis as in `counts`), with 8 a row for the length of bytes."""
        row_bytes = sum(item or 8 for item in self.item_bytes)
        return counts[..., 0] * row_bytes + counts[..., 1:].sum(axis=-1)


def _prepare(parts, spec, size, failure) -> tuple[Outgoing | None, Exception | None]:
    """The parts as Outgoing, or what is wrong with them: it is raised when all ranks know of it."""
    if failure is not None:
        return None, RankError(failure)
    try:
        return _outgoing(parts, tuple(spec), size), None
    except Exception as error:  # also a MemoryError here must not leave the other ranks waiting
        return None, error


def _outgoing(parts: list[Part], spec: tuple[str, ...], size: int) -> Outgoing:
    item_bytes = tuple(0 if kind == "bytes" else np.dtype(kind).itemsize for kind in spec)
    for kind, item in zip(spec, item_bytes, strict=True):
        if item and (item not in _ITEM_BYTES or np.dtype(kind).hasobject):
            raise TypeError(f"a fixed column has items of {_ITEM_BYTES} bytes, got dtype {kind}")
    parts = [_checked(part, spec, size) for part in parts]
    counts = np.zeros((len(parts), size, 1 + item_bytes.count(0)), np.int64)
    for count, part in zip(counts, parts, strict=True):
        _count(count, part, item_bytes, size)
    sources = np.array([part.source for part in parts], np.int64)
    kind = zlib.crc32(repr([name if name == "bytes" else np.dtype(name).str for name in spec]).encode())
    return Outgoing(parts, spec, item_bytes, counts, sources, kind)


def _count(count: np.ndarray, part: Part, item_bytes: tuple[int, ...], size: int) -> None:
    if isinstance(part.buckets, RangeBuckets):
        count[:, 0] = histogram_by_range(part.buckets.values, part.buckets.splitters)
        return
    count[:, 0] = histogram(part.buckets, size)
    lane = 1
    for column, item in zip(part.columns, item_bytes, strict=True):
        if not item:
            count[:, lane] = histogram_bytes(part.buckets, column[1], column[2], size)
            lane += 1


def _checked(part: Part, spec: tuple[str, ...], size: int) -> Part:
    source, columns, buckets = part
    if len(columns) != len(spec):
        raise ValueError(f"source {source} has {len(columns)} columns, the spec has {len(spec)}: {spec}")
    rows = len(buckets)
    columns = [_checked_column(column, kind, rows, source) for column, kind in zip(columns, spec, strict=True)]
    if isinstance(buckets, RangeBuckets):
        if len(columns) != 1 or columns[0] is not buckets.values or len(buckets.splitters) != size - 1:
            raise ValueError(f"source {source}: range buckets are of the one column, with {size - 1} splitters")
        return Part(int(source), columns, buckets)
    return Part(int(source), columns, _vector(buckets, "uint32", rows, source))


def _checked_column(column, kind, rows, source):
    if kind != "bytes":
        return _vector(column, kind, rows, source)
    data, starts, ends = column
    return (_vector(data, "uint8", None, source), _vector(starts, "int64", rows, source), _vector(ends, "int64", rows, source))


def _vector(array, kind, rows, source):
    if not isinstance(array, np.ndarray) or array.dtype != np.dtype(kind) or array.ndim != 1:
        found = f"{array.ndim}-d array of {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
        raise TypeError(f"source {source}: expected a 1-d array of {kind}, got {found}")
    if rows is not None and len(array) != rows:
        raise ValueError(f"source {source}: a column of {len(array)} rows beside buckets of {rows}")
    return np.ascontiguousarray(array)


def count_traffic(
    variant: str, rank: int, outgoing: Outgoing, entries: np.ndarray, owners: np.ndarray, rounds: int, wait_seconds: float
) -> Counters:
    """The counters of an exchange; `entries` are the counts of what came, `owners` the rank each entry came from."""
    sent = outgoing.payload_bytes(outgoing.counts).sum(axis=0)
    sent[rank] = 0
    came = outgoing.payload_bytes(entries)[owners != rank]
    return Counters(variant, int(np.count_nonzero(sent)), int(sent.sum()), int(came.sum()), rounds, wait_seconds)

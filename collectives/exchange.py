"""Rows to the ranks they belong to, in the order of their sources: what a shuffle is made of."""

import functools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pympr.collectives.world import as_world
from pympr.errors import RankError
from pympr.native.ship import Shape, Shipment, make_shape

FixedColumn = np.ndarray
BytesColumn = tuple[np.ndarray, np.ndarray, np.ndarray]
_ITEM_BYTES = (1, 2, 4, 8, 16)
_UINT8, _UINT32, _INT64 = np.dtype(np.uint8), np.dtype(np.uint32), np.dtype(np.int64)


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

    `sources` (int64[k]) are those with rows here; a variant that knows of others names them, too. The
    rows of `sources[i]` are `offsets[i]:offsets[i + 1]`.
    """

    columns: list[FixedColumn | BytesColumn]
    sources: np.ndarray
    offsets: np.ndarray


class Counters(NamedTuple):
    """What an exchange cost this rank; what stays on the rank is not counted.

    `bytes_sent` and `bytes_received` are of rows. Between nodes, `message_bytes` is all that the rank
    has put into `messages`, headers and what it forwards included, and `staging_bytes` the most
    that it held in messages at once; `predicted` is the model's `Prediction`, by which the variant was chosen,
    and `seconds` what the engine has measured.
    """

    variant: str
    messages: int
    bytes_sent: int
    bytes_received: int
    rounds: int
    wait_seconds: float
    message_bytes: int = 0
    staging_bytes: int = 0
    predicted: Any = None
    seconds: float = 0.0


def exchange(
    world: Any,
    parts: list[Part],
    spec: tuple[str, ...],
    variant: str = "auto",
    failure: str | None = None,
    combine: Callable[[list[Any]], list[Any]] | None = None,
) -> tuple[Received, Counters]:
    """Bring every row to the rank in its bucket; the rows of a source keep their order. Collective.

    `spec` has one entry a column, the same on all ranks: a dtype, or "bytes". A
    rank may have any number of parts, also several of one source (their rows
    follow each other as in the list). `variant` is one of `choose.VARIANTS`; all
    give the same rows. A rank that cannot take part passes the text of its
    `failure`. `combine`, the same on all ranks, may be used on rows that are on their way to
    one rank, to make them fewer: it is given their columns and returns such columns; the rows
    then come as if of one of their sources. The arrays of the result may be the given ones when there is one rank.

    Raises TypeError or ValueError for parts that do not fit `spec`, and RankError
    on every rank when any rank failed; its `failures` are all (rank, text).

    >>> from pympr.collectives.world import World
    >>> part = Part(0, [np.array([1.5, 2.5])], np.zeros(2, np.uint32))
    >>> received, _ = exchange(World(None), [part], ("float64",))
    >>> received.columns[0], received.sources, received.offsets
    (array([1.5, 2.5]), array([0]), array([0, 2]))
    """
    world = as_world(world)
    run = _chooser()(world, variant)
    outgoing, error = _prepare(parts, spec, world, failure)
    if outgoing is not None and combine is not None:
        outgoing = outgoing._replace(combine=combine)
    return run(world, outgoing, error)


@functools.cache
def _chooser() -> Callable[..., Any]:
    """What imports all variants, which import this module."""
    from pympr.collectives.choose import choose_exchange

    return choose_exchange


class Rows(NamedTuple):
    """The kind of rows that a `spec` says; `kind` is a number for it that ranks can compare."""

    spec: tuple[str, ...]
    dtypes: tuple[np.dtype | None, ...]
    item_bytes: tuple[int, ...]
    kind: int
    shape: Shape

    @property
    def row_bytes(self) -> int:
        """What a row takes, 8 for the length of bytes included."""
        return sum(item or 8 for item in self.item_bytes)

    def lanes(self) -> tuple[list[int], list[int]]:
        """The bytes of each lane's items, and which count says how many there are (see `layout.Inbox`)."""
        lanes, bytes_columns = [], 0
        for item in self.item_bytes:
            bytes_columns += item == 0
            lanes += [(item, 0)] if item else [(1, bytes_columns), (8, 0)]
        return [item for item, _ in lanes], [count for _, count in lanes]


class Outgoing(NamedTuple):
    """A rank's parts, checked, and their table, int64[parts, width]; `ship` are the same parts, if counted already."""

    parts: list[Part]
    rows: Rows
    table: np.ndarray
    combine: Callable[[list[Any]], list[Any]] | None = None
    ship: Shipment | None = None

    def counts_for(self, rank: int) -> np.ndarray:
        """Rows and bytes of every part for `rank`, int64[parts, counts]."""
        return self.table[:, 1 + rank :: self.rows.shape.size]

    def counts_by_rank(self) -> np.ndarray:
        """Rows and bytes of every part for every rank, int64[parts, counts, size]."""
        return self.table[:, 1:].reshape(len(self.parts), self.rows.shape.counts, self.rows.shape.size)

    def payload_bytes(self) -> int:
        """The bytes of all rows."""
        rows = sum([len(part.buckets) for part in self.parts])
        bytes_too = int(self.table[:, 1 + self.rows.shape.size :].sum()) if self.rows.shape.counts > 1 else 0
        return rows * self.rows.row_bytes + bytes_too


def _prepare(parts, spec, world, failure) -> tuple[Outgoing | None, Exception | None]:
    """The parts as Outgoing, or what is wrong with them: it is raised when all ranks know of it."""
    if failure is not None:
        return None, RankError(failure)
    try:
        rows = rows_of(tuple(spec), world.size, world.rank)
        parts = [_checked(part, rows) for part in parts]
        ship = Shipment(rows.shape, parts)
        return Outgoing(parts, rows, ship.table, ship=ship), None
    except Exception as error:  # also a MemoryError here must not leave the other ranks waiting
        return None, error


@functools.lru_cache(maxsize=256)
def rows_of(spec: tuple[str, ...], size: int, rank: int) -> Rows:
    """The rows of a spec; TypeError for items of a size that the kernels do not move."""
    dtypes = tuple(None if name == "bytes" else np.dtype(name) for name in spec)
    for name, dtype in zip(spec, dtypes, strict=True):
        if dtype is not None and (dtype.itemsize not in _ITEM_BYTES or dtype.hasobject):
            raise TypeError(f"a fixed column has items of {_ITEM_BYTES} bytes, got dtype {name}")
    item_bytes = tuple(0 if dtype is None else dtype.itemsize for dtype in dtypes)
    kind = zlib.crc32(repr(["bytes" if dtype is None else dtype.descr for dtype in dtypes]).encode())
    return Rows(spec, dtypes, item_bytes, kind, make_shape(item_bytes, size, rank))


def _checked(part: Part, rows: Rows) -> Part:
    source, columns, buckets = part
    if len(columns) != len(rows.spec):
        raise ValueError(f"source {source} has {len(columns)} columns, the spec has {len(rows.spec)}: {rows.spec}")
    if not isinstance(buckets, RangeBuckets):
        buckets = _vector(buckets, _UINT32, None, source)
    elif len(columns) != 1 or columns[0] is not buckets.values or len(buckets.splitters) != rows.shape.size - 1:
        raise ValueError(f"source {source}: range buckets are of the one column, with {rows.shape.size - 1} splitters")
    count = len(buckets)
    checked = [
        _vector(column, dtype, count, source) if dtype is not None else _bytes(column, count, source)
        for column, dtype in zip(columns, rows.dtypes, strict=True)
    ]
    return Part(int(source), checked, buckets)


def _bytes(column: BytesColumn, count: int, source: int) -> BytesColumn:
    data, starts, ends = column
    return (
        _vector(data, _UINT8, None, source),
        _vector(starts, _INT64, count, source),
        _vector(ends, _INT64, count, source),
    )


def _vector(array: np.ndarray, dtype: np.dtype, count: int | None, source: int) -> np.ndarray:
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != 1:
        found = f"{array.ndim}-d array of {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
        raise TypeError(f"source {source}: expected a 1-d array of {dtype}, got {found}")
    if count is not None and len(array) != count:
        raise ValueError(f"source {source}: a column of {len(array)} rows beside buckets of {count}")
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)

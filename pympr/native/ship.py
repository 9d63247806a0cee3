"""What a rank sends in an exchange: rows counted for every rank, then written where they belong."""

from typing import Any, NamedTuple

import numpy as np

from pympr.errors import KernelError
from pympr.native.library import BAD, check, ffi, lib
from pympr.native.partition import STREAM_BYTES, range_keys

_U8, _U32, _I64, _U64 = (ffi.typeof(f"{name} *") for name in ("uint8_t", "uint32_t", "int64_t", "uint64_t"))
_SHIPMENT = ffi.typeof("pympr_shipment *")
_PARTS, _COLUMNS = ffi.typeof("pympr_ship_part[]"), ffi.typeof("pympr_ship_column[]")
_BAD_ROW = ffi.typeof("int64_t[3]")
_KEPT_SCRATCH_BYTES = 16 << 20


class Shape(NamedTuple):
    """What stays the same from exchange to exchange of one kind of rows.

    `item_bytes` is int64[columns], 0 for a column of bytes; `counts` the numbers a part tells
    each rank (its rows, and its bytes in every column of bytes); `width` the words of a
    part's row in its table (its source and its counts for all ranks); `lanes` the places a
    row is written to: one for a fixed column, two for one of bytes. `empty` is a shipment of nothing.
    """

    item_bytes: np.ndarray
    size: int
    rank: int
    counts: int
    width: int
    lanes: int
    empty: Any


def make_shape(item_bytes: tuple[int, ...], size: int, rank: int) -> Shape:
    """The Shape of columns with items of so many bytes, 0 for bytes, between `size` ranks."""
    counts, words = 1 + item_bytes.count(0), np.array(item_bytes, np.int64)
    empty = ffi.new(_SHIPMENT)
    empty.size, empty.columns, empty.counts = size, len(item_bytes), counts
    empty.item_bytes = ffi.from_buffer(_I64, words)
    return Shape(words, size, rank, counts, 1 + counts * size, len(item_bytes) + counts - 1, empty)


class Shipment:
    """Parts as the kernels see them, see `csrc/ship.h`.

    A part is (source, columns, buckets): columns are arrays of items or (data uint8, starts
    int64, ends int64), buckets uint32 or has `values` and `splitters`. Dtypes, lengths and contiguity have
    been checked; the arrays are kept alive.

    >>> ship = Shipment(make_shape((8,), 2, 0), [(7, [np.array([3, 4, 5])], np.array([1, 0, 1], np.uint32))])
    >>> ship.table.tolist()
    [[7, 1, 2]]
    >>> room = np.zeros(3, np.int64)
    >>> ship.scatter(np.array([[[room.ctypes.data, room.ctypes.data + 8]]], np.uint64))
    >>> room.tolist()
    [4, 3, 5]
    """

    def __init__(self, shape: Shape, parts: list):
        self.shape, self._arrays, self._keys = shape, parts, []
        columns = len(shape.item_bytes)
        self._parts = ffi.new(_PARTS, len(parts))
        self._columns = ffi.new(_COLUMNS, len(parts) * columns)
        self.struct = ship = ffi.new(_SHIPMENT, shape.empty[0])
        ship.num_parts, ship.parts, ship.data = len(parts), self._parts, self._columns
        ship.threads, ship.stream_bytes = lib.pympr_get_threads(), STREAM_BYTES
        for number, part in enumerate(parts):
            self._add(self._parts[number], number * columns, *part)
        self._scratch = _take_scratch(lib.pympr_ship_scratch_bytes(ship))
        ship.scratch = self._scratch.place
        self.table = np.empty((len(parts), shape.width), np.int64)
        self._count()

    def _add(self, part: Any, column: int, source: int, columns: list, buckets: Any) -> None:
        part.source = source
        if isinstance(buckets, np.ndarray):
            part.rows, part.buckets = len(buckets), ffi.from_buffer(_U32, buckets)
        else:
            values, splitters = buckets.values, buckets.splitters
            keys = range_keys(values, splitters)
            self._keys.append(keys)
            part.rows, part.is_float = len(values), values.dtype == np.float64
            part.splitters, part.num_splitters = ffi.from_buffer(_I64, keys), len(keys)
        for number, given in enumerate(columns, column):
            place = self._columns[number]
            if isinstance(given, tuple):
                given, starts, ends = given
                place.starts, place.ends = ffi.from_buffer(_I64, starts), ffi.from_buffer(_I64, ends)
            elif given.dtype.kind in "mM":  # these have no buffers
                given = given.view(np.int64)
            place.data, place.data_bytes = ffi.from_buffer(_U8, given), given.nbytes

    def _count(self) -> None:
        bad = ffi.new(_BAD_ROW)
        status = lib.pympr_ship_count(ffi.from_buffer(_I64, self.table), bad, self.struct)
        if status == BAD:
            raise self._error(*bad)
        check(status, "ship_count")

    def scatter(self, cursors: np.ndarray, bases: np.ndarray | None = None) -> None:
        """Write every row at the addresses `cursors` (uint64[parts, lanes, size]); once.

        Of bytes also the length of each row, or with `bases` (uint64[counts - 1, size], the addresses where
        a rank's bytes begin) where it ends.
        """
        places = ffi.NULL if bases is None else ffi.from_buffer(_U64, bases)
        check(lib.pympr_ship_scatter(ffi.from_buffer(_U64, cursors), places, self.struct), "ship_scatter")

    def __del__(self):
        scratch = self.__dict__.get("_scratch")
        if scratch is not None and scratch.bytes <= _KEPT_SCRATCH_BYTES:
            _kept_scratch.append(scratch)

    def _error(self, number: int, row: int, bytes_column: int) -> KernelError:
        source, columns, buckets = self._arrays[number]
        if bytes_column < 0:
            return KernelError(f"row {row} has bucket {buckets[row]}, but there are {self.shape.size} buckets")
        data, starts, ends = [column for column in columns if isinstance(column, tuple)][bytes_column]
        return KernelError(f"row {row} is bytes {starts[row]} to {ends[row]} of data of {len(data)} bytes")


class _Scratch(NamedTuple):
    """Memory on the border of a line."""

    bytes: int
    place: Any
    array: np.ndarray


_kept_scratch: list[_Scratch] = []


def _take_scratch(used_bytes: int) -> _Scratch:
    """Memory that was used before, if there is enough: first touch of a page costs more than counting its rows."""
    try:
        scratch = _kept_scratch.pop()
        if scratch.bytes >= used_bytes:
            return scratch
    except IndexError:
        pass
    array = np.empty(used_bytes + 64, np.uint8)
    place = ffi.from_buffer(_U8, array)
    return _Scratch(used_bytes, place + -int(ffi.cast("intptr_t", place)) % 64, array)

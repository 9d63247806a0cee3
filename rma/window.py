"""Memory of every rank that all ranks read and write."""

from typing import Any

import numpy as np

from pympr.rma.epoch import OneSidedEpoch, SoloEpoch, TwoSidedEpoch
from pympr.rma.group import as_group
from pympr.rma.probe import probe

WAYS = ("solo", "one-sided", "two-sided")
_IN_FLIGHT = 256


class Window:
    """`items` of `dtype` on this rank (another number on each), zero at first; made and freed collectively.

    An epoch is a `with` block that all ranks enter and leave together. In it they
    ask for `get`, `put` and `add` on any rank; when it ends all of that has
    happened. Outside of epochs `local` is this rank's own memory, to read and write.
    Two ranks that touch one item in one epoch, unless both only get or only add,
    get either's value.

    `way` says how: "one-sided" by MPI windows, or "two-sided" where they failed their
    test. Only with "one-sided" may a rank on its own call `get`, `put`, `fetch_and_add`
    and `compare_and_swap` of the window itself, between epochs; they are complete
    when they return. After `free` nothing may be called.

    >>> with Window(None, 4) as window:
    ...     with window.epoch() as epoch:
    ...         epoch.put(0, 2, np.array([5, 6]))
    ...     window.local
    array([0, 0, 5, 6])
    """

    def __init__(self, world: Any, items: int, dtype: Any = "int64", way: str | None = None):
        self._group = as_group(world)
        self.dtype = np.dtype(dtype)
        if self.dtype.hasobject:
            raise TypeError(f"items of dtype {self.dtype} hold Python objects, which have no place in a window")
        self.way = way or self._choose()
        if self.way not in WAYS or (self.way == "solo" and self._group.size > 1):
            raise ValueError(f"a window of {self._group.size} ranks cannot be {way!r}; there are {', '.join(WAYS)}")
        self._window: Any = None
        self._local: np.ndarray | None = self._allocate(items)
        self.items = self._lengths(items)

    @property
    def local(self) -> np.ndarray:
        """This rank's own items."""
        return self._open()

    def epoch(self) -> SoloEpoch | OneSidedEpoch | TwoSidedEpoch:
        """A `with` block in which ranks reach into each other's items (collective)."""
        self._open()
        kind = {"solo": SoloEpoch, "one-sided": OneSidedEpoch, "two-sided": TwoSidedEpoch}[self.way]
        return kind(self)

    def get(self, rank: int, start: int, items: int) -> np.ndarray:
        """`items` of `rank` from `start` on."""
        result = np.empty(items, self.dtype)
        self.check_range(rank, start, items)
        if self._own_or_window() is None:
            result[:] = self._local[start : start + items]
        else:
            transfer(self._window.Get, result, rank, start)
            self._window.Flush(rank)
        return result

    def get_many(self, ranks: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Pieces of many ranks' items, one behind the other: `lengths[i]` items of `ranks[i]` from `starts[i]` on."""
        ends = np.cumsum(lengths)
        result = np.empty(int(lengths.sum()), self.dtype)
        window = self._own_or_window()
        pieces = zip(ranks.tolist(), starts.tolist(), (ends - lengths).tolist(), ends.tolist(), strict=True)
        for number, (rank, start, begin, end) in enumerate(pieces):
            self.check_range(rank, start, end - begin)
            if window is None:
                result[begin:end] = self._local[start : start + end - begin]
                continue
            transfer(window.Get, result[begin:end], rank, start)
            if number % _IN_FLIGHT == _IN_FLIGHT - 1:
                window.Flush_local_all()
        if window is not None:
            window.Flush_local_all()
        return result

    def put(self, rank: int, start: int, array: np.ndarray) -> None:
        """Write `array` to `rank`'s items from `start` on."""
        array = self.as_items(array)
        self.check_range(rank, start, len(array))
        if self._own_or_window() is None:
            self._local[start : start + len(array)] = array
        else:
            transfer(self._window.Put, array, rank, start)
            self._window.Flush(rank)

    def fetch_and_add(self, rank: int, index: int, value: Any) -> Any:
        """Add `value` to an item, which no other `fetch_and_add` can come between; what it was before."""
        from_item = np.array([value], self.dtype)
        before = np.empty(1, self.dtype)
        self.check_range(rank, index, 1)
        if self._own_or_window() is None:
            before[0] = self._local[index]
            self._local[index] += from_item[0]
            return before[0].item()
        from mpi4py import MPI

        self._window.Fetch_and_op(from_item, before, rank, index, MPI.SUM)
        self._window.Flush(rank)
        return before[0].item()

    def compare_and_swap(self, rank: int, index: int, expected: Any, value: Any) -> Any:
        """Set an item to `value` if it is `expected`; what it was before. Integers only."""
        if self.dtype.kind not in "iu":
            raise TypeError(f"compare_and_swap needs integers, the window has {self.dtype}")
        before = np.empty(1, self.dtype)
        self.check_range(rank, index, 1)
        if self._own_or_window() is None:
            before[0] = self._local[index]
            if before[0] == expected:
                self._local[index] = value
            return before[0].item()
        wanted, new = np.array([expected], self.dtype), np.array([value], self.dtype)
        self._window.Compare_and_swap(new, wanted, before, rank, index)
        self._window.Flush(rank)
        return before[0].item()

    def free(self) -> None:
        """Give the memory back (collective); a second call does nothing."""
        self._local = None
        if self._window is not None:
            self._window.Unlock_all()
            self._window.Free()
            self._window = None

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def as_items(self, array: np.ndarray) -> np.ndarray:
        """`array` as a contiguous vector of the window's dtype; TypeError when it is another."""
        array = np.ascontiguousarray(array)
        if array.dtype != self.dtype or array.ndim != 1:
            raise TypeError(f"expected a 1-d array of {self.dtype}, got {array.ndim}-d of {array.dtype}")
        return array

    def check_range(self, rank: int, start: int, items: int) -> None:
        """IndexError unless `rank` has these items."""
        self._open()
        if not 0 <= rank < self._group.size:
            raise IndexError(f"there are {self._group.size} ranks, got rank {rank}")
        if start < 0 or items < 0 or start + items > self.items[rank]:
            raise IndexError(f"items {start} to {start + items} leave the {self.items[rank]} items of rank {rank}")

    def _choose(self) -> str:
        if self._group.size == 1:
            return "solo"
        return "one-sided" if probe(self._group).obstacle is None else "two-sided"

    def _allocate(self, items: int) -> np.ndarray:
        if self.way != "one-sided":
            return np.zeros(items, self.dtype)
        from mpi4py import MPI

        info = MPI.Info.Create({"same_disp_unit": "true"})
        self._window = MPI.Win.Allocate(items * self.dtype.itemsize, self.dtype.itemsize, info, self._group.comm)
        info.Free()
        local = np.frombuffer(self._window.tomemory(), np.uint8, items * self.dtype.itemsize).view(self.dtype)
        local[:] = np.zeros((), self.dtype)
        # Held for the window's life: with a lock per operation the target must take part.
        self._window.Lock_all(MPI.MODE_NOCHECK)
        return local

    def _lengths(self, items: int) -> list[int]:
        if self._group.size == 1:
            return [items]
        lengths = np.empty(self._group.size, np.int64)
        self._group.comm.Allgather(np.array([items], np.int64), lengths)
        return lengths.tolist()

    def _open(self) -> np.ndarray:
        if self._local is None:
            raise ValueError("this window was freed")
        return self._local

    def _own_or_window(self) -> Any:
        """The MPI window, or None for the only rank; RuntimeError where a rank cannot act alone."""
        if self.way == "two-sided":
            raise RuntimeError(
                "windows do not work with this MPI library here; use epochs, which all ranks take part in"
            )
        return self._window


def transfer(operation: Any, array: np.ndarray, rank: int, start: int, *more: Any) -> None:
    """Start a Put or Get of `array` as bytes, in pieces that an MPI count can hold."""
    from mpi4py import MPI

    item_bytes = array.dtype.itemsize
    step = max(1, (1 << 30) // item_bytes)
    for first in range(0, len(array), step):
        piece = array[first : first + step].view(np.uint8)
        operation([piece, MPI.BYTE], rank, (start + first, piece.nbytes, MPI.BYTE), *more)

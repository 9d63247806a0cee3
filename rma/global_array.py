"""One array in blocks over all ranks, read and written by global index."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pympr.collectives.arguments import agree_arguments, as_indices, world_of
from pympr.rma.array_epoch import ArrayEpoch, OneSidedArrayEpoch, Piece, SoloArrayEpoch, TwoSidedArrayEpoch
from pympr.rma.window import WAYS, Window

_EPOCHS = {"solo": SoloArrayEpoch, "one-sided": OneSidedArrayEpoch, "two-sided": TwoSidedArrayEpoch}


class GlobalArray:
    """An array of `shape` in nearly equal blocks along its first axis, zero at first; made and freed collectively.

    Any dtype without Python objects. `local` is this rank's block, items `start` to `stop` of the whole, to read and
    write outside of epochs. `comm` is an mpi4py communicator, by default all ranks.

    An `epoch` is a `with` block that all ranks enter and leave together; in it each may `get`, `put` and `accumulate`
    any items by global index, as often as it likes. When the block has ended all of it has happened, and what was put
    is seen by later gets. In one epoch an item should only be got, only be put by one rank, or only be accumulated
    by one operation; otherwise it gets one of the values. Sums of floats add in no fixed order. An error in the block
    of one rank, such as an index that there is not (IndexError), is raised on all.

    The methods `get`, `put` and `accumulate` of the array itself are epochs with one operation, called by all ranks.

    `way` says how: "one-sided" by MPI windows, or "two-sided" where they failed their test; both give the same.

    >>> with GlobalArray(4, "int64") as array:
    ...     array.put([2, 0], [5, 6])
    ...     array.accumulate([2, 2], [10, 100])
    ...     with array.epoch() as epoch:
    ...         found = epoch.get([0, 2])
    ...     found, array.local
    (array([  6, 115]), array([  6,   0, 115,   0]))
    """

    def __init__(self, shape: int | Sequence[int], dtype: Any = "float64", comm: Any = None, way: str | None = None):
        self._window: Window | None = None
        world = self._world = world_of(comm)
        self.shape, self.dtype = agree_arguments(world, lambda: _checked(shape, dtype, way))
        length, parts = self.shape[0], world.size
        sizes = [length // parts + (rank < length % parts) for rank in range(parts)]
        self._bounds = np.concatenate([[0], np.cumsum(sizes)])
        self.start, self.stop = self._bounds[world.rank : world.rank + 2].tolist()
        self._row_items = int(np.prod(self.shape[1:], dtype=np.int64))
        self._row_bytes = self._row_items * self.dtype.itemsize
        self._window = Window(world, (self.stop - self.start) * self._row_items, self.dtype, way)
        self.way = self._window.way

    @property
    def local(self) -> np.ndarray:
        """This rank's items, `start` to `stop`."""
        if self._window is None:
            raise ValueError("this global array was freed")
        return self._window.local.reshape(-1, *self.shape[1:])

    def epoch(self) -> ArrayEpoch:
        """A `with` block in which all ranks get, put and accumulate (collective)."""
        if self._window is None:
            raise ValueError("this global array was freed")
        return _EPOCHS[self.way](self)

    def get(self, index: Any) -> np.ndarray:
        """The items at `index`, in its order; each rank gives its own indices. Collective."""
        with self.epoch() as epoch:
            result = epoch.get(index)
        return result

    def put(self, index: Any, values: Any) -> None:
        """Set the items at `index` to `values`. Collective."""
        with self.epoch() as epoch:
            epoch.put(index, values)

    def accumulate(self, index: Any, values: Any, operation: str = "sum") -> None:
        """Combine the items at `index` with `values` by "sum", "min" or "max". Collective."""
        with self.epoch() as epoch:
            epoch.accumulate(index, values, operation)

    def free(self) -> None:
        """Give the memory back (collective); a second call does nothing."""
        if self._window is not None:
            self._window.free()
            self._window = None

    def __len__(self) -> int:
        return self.shape[0]

    def __enter__(self) -> "GlobalArray":
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def _check_index(self, index: Any) -> np.ndarray:
        index = as_indices(index, "index")
        wrong = np.flatnonzero((index < 0) | (index >= self.shape[0]))
        if len(wrong):
            raise IndexError(f"index {index[wrong[0]]} is not in an array of {self.shape[0]} items")
        return index

    def _check_values(self, index: Any, values: Any) -> tuple[np.ndarray, np.ndarray]:
        index, values = self._check_index(index), np.asarray(values)
        if not np.can_cast(values.dtype, self.dtype, "same_kind"):
            raise TypeError(f"values of {values.dtype} do not become {self.dtype} without loss of kind")
        shape = (len(index), *self.shape[1:])
        try:
            values = np.broadcast_to(values, shape)
        except ValueError:
            raise ValueError(f"values of shape {values.shape} do not fit {shape}, one for each index") from None
        return index, np.ascontiguousarray(values, self.dtype)

    def _pieces(self, index: np.ndarray) -> list[Piece]:
        """`index` by the ranks that hold it."""
        order = np.argsort(index, kind="stable")
        ascending = index[order]
        cuts = np.searchsorted(ascending, self._bounds).tolist()
        return [
            Piece(rank, ascending[begin:end] - self._bounds[rank], order[begin:end])
            for rank, (begin, end) in enumerate(zip(cuts, cuts[1:]))
            if begin < end
        ]

    def _as_rows(self, data: np.ndarray) -> np.ndarray:
        return data.view(self.dtype).reshape(-1, *self.shape[1:])


def _checked(shape: Any, dtype: Any, way: Any) -> tuple[Any, Any]:
    dtype = np.dtype(dtype)
    shape = tuple(int(extent) for extent in np.atleast_1d(shape))
    if dtype.hasobject or not dtype.itemsize:
        raise TypeError(f"items of dtype {dtype} have no place in a global array")
    if not shape or min(shape) < 0 or 0 in shape[1:]:
        raise ValueError(f"shape must be a length and extents above 0, got {shape}")
    if way is not None and way not in WAYS:
        raise ValueError(f"a global array cannot be {way!r}; there are {', '.join(WAYS)}")
    return (shape, dtype), (shape, dtype.descr, way)

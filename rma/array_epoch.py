"""What ranks ask of a global array between the entry and the end of an epoch."""

from typing import Any, NamedTuple

import numpy as np

from pympr.collectives.arguments import agree_arguments
from pympr.rma.twosided import swap

FUNCTIONS = {"sum": np.add, "min": np.minimum, "max": np.maximum}
_KINDS = {"sum": "iufc", "min": "iuf", "max": "iuf"}
_NUMBERS = ("get", "put", *FUNCTIONS)


class Piece(NamedTuple):
    """Ascending `rows` of one rank, counted from its own first, and where they stand in what was asked for."""

    rank: int
    rows: np.ndarray
    places: np.ndarray


class ArrayEpoch:
    """Collects what is asked, checked; the ways differ in when it runs. See `GlobalArray.epoch`."""

    def __init__(self, array: Any):
        self._array = array

    def get(self, index: Any) -> np.ndarray:
        """An array that holds the items at `index` (integers, any order, also repeated) when the epoch has ended."""
        index = self._array._check_index(index)
        result = np.zeros((len(index), *self._array.shape[1:]), self._array.dtype)
        self._read(result, self._array._pieces(index))
        return result

    def put(self, index: Any, values: Any) -> None:
        """Set the items at `index` to `values`; of one rank's values for one item the last counts."""
        index, values = self._array._check_values(index, values)
        # The last of equal indices: the first in reverse order.
        rows, last = np.unique(index[::-1], return_index=True)
        self._write("put", rows, np.ascontiguousarray(values[len(index) - 1 - last]))

    def accumulate(self, index: Any, values: Any, operation: str = "sum") -> None:
        """Combine the items at `index`, also repeated ones, with `values` by "sum", "min" or "max"; none gets lost."""
        index, values = self._array._check_values(index, values)
        if operation not in FUNCTIONS:
            raise ValueError(f"unknown operation {operation!r}; there are {', '.join(FUNCTIONS)}")
        if self._array.dtype.kind not in _KINDS[operation] or self._array.dtype.itemsize not in (1, 2, 4, 8, 16):
            raise TypeError(f"operation {operation!r} has no meaning here for items of {self._array.dtype}")
        order = np.argsort(index, kind="stable")
        rows, firsts = np.unique(index[order], return_index=True)
        if len(rows):
            # With its dtype: NumPy would widen sums of small integers.
            combined = FUNCTIONS[operation].reduceat(values[order], firsts, axis=0, dtype=values.dtype)
            self._write(operation, rows, combined)

    def __enter__(self) -> "ArrayEpoch":
        self._begin()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        # Also when the block raised: the other ranks are on their way here, and hear of it.
        self._end()
        agree_arguments(self._array._world, lambda: _raise(error))

    def _begin(self) -> None:
        pass

    def _end(self) -> None:
        pass


def _raise(error: BaseException | None) -> tuple[None, None]:
    if error is not None:
        raise error
    return None, None


class SoloArrayEpoch(ArrayEpoch):
    """One rank: everything happens at once."""

    def _read(self, result: np.ndarray, pieces: list[Piece]) -> None:
        for _, rows, places in pieces:
            result[places] = self._array.local[rows]

    def _write(self, operation: str, rows: np.ndarray, values: np.ndarray) -> None:
        apply(self._array.local, operation, rows, values)


class TwoSidedArrayEpoch(ArrayEpoch):
    """What is asked waits for the end; then every rank sends each other rank its own and answers what it is asked."""

    def _begin(self) -> None:
        size = self._array._world.size
        self._messages: list[list[np.ndarray]] = [[] for _ in range(size)]
        self._waiting: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in range(size)]

    def _read(self, result: np.ndarray, pieces: list[Piece]) -> None:
        for rank, rows, places in pieces:
            self._messages[rank] += [np.array([0, len(rows)]).view(np.uint8), rows.view(np.uint8)]
            self._waiting[rank].append((result, places))

    def _write(self, operation: str, rows: np.ndarray, values: np.ndarray) -> None:
        number = _NUMBERS.index(operation)
        for rank, local_rows, places in self._array._pieces(rows):
            head = np.array([number, len(local_rows)])
            part = np.ascontiguousarray(values[places])
            self._messages[rank] += [head.view(np.uint8), local_rows.view(np.uint8), part.reshape(-1).view(np.uint8)]

    def _end(self) -> None:
        comm, empty = self._array._world.comm, np.empty(0, np.uint8)
        asked = swap(comm, [np.concatenate([empty, *parts]) for parts in self._messages])
        answers = swap(comm, [self._serve(message) for message in asked])
        for waiting, answer in zip(self._waiting, answers, strict=True):
            for result, places in waiting:
                part_bytes = len(places) * self._array._row_bytes
                result[places] = self._array._as_rows(answer[:part_bytes].copy())
                answer = answer[part_bytes:]

    def _serve(self, message: np.ndarray) -> np.ndarray:
        """Do what `message` asks; the bytes of its gets."""
        local, answers = self._array.local, [np.empty(0, np.uint8)]
        while len(message):
            # Behind items of odd sizes heads may begin anywhere.
            number, count = message[:16].copy().view(np.int64).tolist()
            rows, message = message[16 : 16 + 8 * count].copy().view(np.int64), message[16 + 8 * count :]
            if number == 0:
                answers.append(np.ascontiguousarray(local[rows]).reshape(-1).view(np.uint8))
                continue
            part_bytes = count * self._array._row_bytes
            apply(local, _NUMBERS[number], rows, self._array._as_rows(message[:part_bytes].copy()))
            message = message[part_bytes:]
        return np.concatenate(answers)


def apply(local: np.ndarray, operation: str, rows: np.ndarray, values: np.ndarray) -> None:
    """Put or combine `values` into distinct `rows`."""
    local[rows] = values if operation == "put" else FUNCTIONS[operation](local[rows], values)


class OneSidedArrayEpoch(ArrayEpoch):
    """Operations start when they are asked for, one a rank, and are complete at the end."""

    def _begin(self) -> None:
        self._late: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._kept: list[Any] = []
        self._meet()

    def _end(self) -> None:
        self._array._window._window.Flush_all()
        for made in self._kept:
            if hasattr(made, "Free"):
                made.Free()
        self._kept.clear()
        self._meet()
        for result, places, part in self._late:
            result[places] = part

    def _meet(self) -> None:
        handle = self._array._window._window
        handle.Sync()
        self._array._world.comm.Barrier()
        handle.Sync()

    def _read(self, result: np.ndarray, pieces: list[Piece]) -> None:
        handle = self._array._window._window
        for rank, rows, places in pieces:
            part = np.empty((len(rows), *result.shape[1:]), result.dtype)
            handle.Get(self._origin(part), rank, self._target(rows, False))
            self._late.append((result, places, part))

    def _write(self, operation: str, rows: np.ndarray, values: np.ndarray) -> None:
        from mpi4py import MPI

        handle = self._array._window._window
        for rank, local_rows, places in self._array._pieces(rows):
            part = np.ascontiguousarray(values[places])
            self._kept.append(part)
            if operation == "put":
                handle.Put(self._origin(part), rank, self._target(local_rows, False))
                continue
            target = self._target(local_rows, True)
            handle.Accumulate(part, rank, target, {"sum": MPI.SUM, "min": MPI.MIN, "max": MPI.MAX}[operation])

    def _origin(self, part: np.ndarray) -> list[Any]:
        from mpi4py import MPI

        return [part.reshape(-1).view(np.uint8), MPI.BYTE]

    def _target(self, rows: np.ndarray, is_typed: bool) -> tuple[int, int, Any]:
        """The rows in the target's memory as one datatype, whatever their number."""
        from mpi4py import MPI
        from mpi4py.util import dtlib

        array = self._array
        item, items = (MPI.BYTE, array._row_bytes)
        if is_typed:
            item, items = dtlib.from_numpy_dtype(array.dtype), array._row_items
            self._kept.append(item)
        is_run = rows[-1] - rows[0] + 1 == len(rows) and bool((np.diff(rows) == 1).all())
        if is_run and len(rows) * array._row_bytes < 1 << 30:
            return int(rows[0]) * array._row_items, len(rows) * items, item
        made = item.Create_hindexed_block(items, (rows * array._row_bytes).tolist()).Commit()
        self._kept.append(made)
        return 0, 1, made

"""What happens between the entry and the end of a window's epoch."""

from typing import Any, NamedTuple

import numpy as np

from pympr.rma.twosided import swap


class Operation(NamedTuple):
    """`array` is filled by a get, sent by the others."""

    kind: str
    rank: int
    start: int
    array: np.ndarray


class _Epoch:
    """Collects operations, checked; the ways differ in when they run."""

    def __init__(self, window: Any):
        self._window = window

    def get(self, rank: int, start: int, items: int) -> np.ndarray:
        """An array that will hold `items` of `rank` from `start` on when the epoch has ended."""
        return self._ask("get", rank, start, np.zeros(items, self._window.dtype))

    def put(self, rank: int, start: int, array: np.ndarray) -> None:
        """Write `array` to `rank`'s items from `start` on; it must not change before the epoch ends."""
        self._ask("put", rank, start, self._window.as_items(array))

    def add(self, rank: int, start: int, array: np.ndarray) -> None:
        """Add `array` to `rank`'s items from `start` on, item by item; other adds may come between items."""
        if self._window.dtype.kind not in "iufc":
            raise TypeError(f"items of {self._window.dtype} cannot be added")
        self._ask("add", rank, start, self._window.as_items(array))

    def _ask(self, kind: str, rank: int, start: int, array: np.ndarray) -> np.ndarray:
        self._window.check_range(rank, start, len(array))
        if len(array):
            self._run(Operation(kind, rank, start, array))
        return array


class SoloEpoch(_Epoch):
    """One rank: everything happens at once."""

    def __enter__(self) -> "SoloEpoch":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def _run(self, operation: Operation) -> None:
        apply(self._window.local, operation)


class OneSidedEpoch(_Epoch):
    """Operations start when they are asked for and are flushed together."""

    def __enter__(self) -> "OneSidedEpoch":
        self._meet()
        return self

    def __exit__(self, *_: object) -> None:
        # Also when the block raised: the other ranks are on their way here.
        self._window._window.Flush_all()
        self._meet()

    def _meet(self) -> None:
        self._window._window.Sync()
        self._window._group.comm.Barrier()
        self._window._window.Sync()

    def _run(self, operation: Operation) -> None:
        from mpi4py import MPI

        from pympr.rma.window import transfer

        handle = self._window._window
        if operation.kind == "add":
            count = len(operation.array)
            handle.Accumulate(operation.array, operation.rank, (operation.start, count), MPI.SUM)
        else:
            call = handle.Get if operation.kind == "get" else handle.Put
            transfer(call, operation.array, operation.rank, operation.start)


class TwoSidedEpoch(_Epoch):
    """Operations wait for the end; then every rank sends each other rank its own and answers what it is asked."""

    def __enter__(self) -> "TwoSidedEpoch":
        self._waiting: list[list[Operation]] = [[] for _ in range(self._window._group.size)]
        return self

    def __exit__(self, *_: object) -> None:
        comm, local = self._window._group.comm, self._window.local
        asked = swap(comm, [_encode(operations) for operations in self._waiting])
        answers = [_serve(local, message) for message in asked]
        for operations, answer in zip(self._waiting, swap(comm, answers), strict=True):
            _take(operations, answer)

    def _run(self, operation: Operation) -> None:
        self._waiting[operation.rank].append(operation)


_KINDS = ("get", "put", "add")


def apply(local: np.ndarray, operation: Operation) -> None:
    """One operation on the memory it is about."""
    items = local[operation.start : operation.start + len(operation.array)]
    if operation.kind == "get":
        operation.array[:] = items
    elif operation.kind == "put":
        items[:] = operation.array
    else:
        items += operation.array


def _encode(operations: list[Operation]) -> np.ndarray:
    """Number of operations, (kind, start, items) of each, then the arrays of those that are no gets."""
    heads = [(_KINDS.index(kind), start, len(array)) for kind, _, start, array in operations]
    head = np.array([len(heads), *(word for line in heads for word in line)], np.int64)
    arrays = [operation.array.view(np.uint8) for operation in operations if operation.kind != "get"]
    return np.concatenate([head.view(np.uint8), *arrays])


def _serve(local: np.ndarray, message: np.ndarray) -> np.ndarray:
    """Do what `message` asks; the bytes of its gets."""
    count = int(message[:8].view(np.int64)[0])
    heads = message[8 : 8 + 24 * count].view(np.int64).reshape(count, 3)
    place, answers = 8 + 24 * count, [np.empty(0, np.uint8)]
    for kind, start, items in heads.tolist():
        if _KINDS[kind] == "get":
            answers.append(local[start : start + items].copy().view(np.uint8))
            continue
        end = place + items * local.dtype.itemsize
        apply(local, Operation(_KINDS[kind], 0, start, message[place:end].view(local.dtype)))
        place = end
    return np.concatenate(answers)


def _take(operations: list[Operation], answer: np.ndarray) -> None:
    place = 0
    for operation in operations:
        if operation.kind == "get":
            end = place + operation.array.nbytes
            operation.array.view(np.uint8)[:] = answer[place:end]
            place = end

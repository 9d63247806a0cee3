"""Work that ranks take from each other until all of it is done."""

import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from pympr.collectives.arguments import agree_arguments, as_vector, world_of
from pympr.collectives.reduce import allreduce
from pympr.rma.group import as_group
from pympr.rma.probe import probe
from pympr.rma.rings import Rings
from pympr.rma.served_queue import ServedQueue

WAYS = ("solo", "one-sided", "served")
_LEAST_PAUSE_SECONDS, _MOST_PAUSE_SECONDS = 2e-5, 5e-3


class WorkQueue:
    """Items to work on, spread over the ranks; a rank that has none left steals half of another's.

    `items` are those of this rank: 1-d, of one dtype without Python objects on all ranks, such as numbers of tasks or a
    structured dtype; `[]` is int64. Every rank loops over the queue; every item is given to exactly one rank, wherever
    it came from, and in the loop `add` brings new items. The loop ends on each rank when all items of all ranks are
    done, which the next turn of the loop says of the item before. A slow rank keeps only the item that it works on.

    A rank may leave its loop early; the others do what it has left. The queue is made and freed collectively, and
    `with` raises the error of one rank's loop on all when the others have finished. A queue is looped over once.
    `capacity` is how many items there is room for on every rank (OverflowError in `add` beyond); by default 1024 or
    four times the most that a rank begins with. `comm` is an mpi4py communicator, by default all ranks.

    `way` says how: "one-sided" (windows; owner and thieves move the queue's head by compare-and-swap), or "served"
    (a thread of rank 0 hands out all items; where windows failed their test). `stolen` counts items from others.

    >>> with WorkQueue(np.array([3, 1])) as queue:
    ...     done = []
    ...     for item in queue:
    ...         done.append(int(item))
    ...         if item == 3:
    ...             queue.add(np.array([30]))
    >>> sorted(done)
    [1, 3, 30]
    """

    def __init__(self, items: Any, capacity: int | None = None, comm: Any = None, way: str | None = None):
        self._world = world_of(comm)
        self._holder: Any = None
        vector = agree_arguments(self._world, lambda: _checked(items, capacity, way, self._world.size))
        self.dtype = vector.dtype
        self._words = -(-self.dtype.itemsize // 8)
        self.way = way or _choose(self._world)
        room = capacity or max(1024, 4 * int(allreduce(self._world, np.array([len(vector)]), "max")[0]))
        agree_arguments(self._world, lambda: (_fit(len(vector), room), None))
        holder = {"solo": _Solo, "one-sided": Rings, "served": ServedQueue}[self.way]
        self._holder = holder(self._world, self._encode(vector), room)
        self._is_looping = self._was_looped = False

    @property
    def stolen(self) -> int:
        """How many items this rank took from others."""
        return self._open().stolen

    def __iter__(self) -> Iterator[Any]:
        holder = self._open()
        if self._was_looped:
            raise ValueError("this queue was looped over already; make another")
        self._is_looping = self._was_looped = True
        pause_seconds = _LEAST_PAUSE_SECONDS
        try:
            while True:
                item = holder.take()
                if item is not None:
                    try:
                        yield self._decode(item)
                    finally:
                        # Also when the loop is left or its body raised: the others must not wait for this item.
                        holder.done(1)
                    pause_seconds = _LEAST_PAUSE_SECONDS
                elif holder.is_finished():
                    return
                else:
                    time.sleep(pause_seconds)
                    pause_seconds = min(2 * pause_seconds, _MOST_PAUSE_SECONDS)
        finally:
            self._is_looping = False

    def add(self, items: Any) -> None:
        """Bring new items, by this rank alone; only in the loop over this queue, else ValueError."""
        if not self._is_looping:
            raise ValueError("items may be added only in the loop over the queue; give the first ones when it is made")
        vector = as_vector(items, "items")
        if vector.dtype != self.dtype:
            raise TypeError(f"items must be {self.dtype}, got {vector.dtype}")
        self._open().add(self._encode(vector))

    def free(self) -> None:
        """Give everything back (collective); a second call does nothing."""
        if self._holder is not None:
            self._holder.free()
            self._holder = None

    def __enter__(self) -> "WorkQueue":
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        self.free()
        agree_arguments(self._world, lambda: _raise(error))

    def _open(self) -> Any:
        if self._holder is None:
            raise ValueError("this queue was freed")
        return self._holder

    def _encode(self, vector: np.ndarray) -> np.ndarray:
        """Items as rows of int64, filled up with zeros."""
        rows = np.zeros((len(vector), 8 * self._words), np.uint8)
        rows[:, : self.dtype.itemsize] = vector.view(np.uint8).reshape(len(vector), self.dtype.itemsize)
        return rows.view(np.int64)

    def _decode(self, item: np.ndarray) -> Any:
        return item.view(np.uint8)[: self.dtype.itemsize].view(self.dtype)[0]


class _Solo:
    """One rank."""

    def __init__(self, world: Any, items: np.ndarray, capacity: int):
        self._items, self._capacity, self.stolen = deque(items), capacity, 0

    def add(self, items: np.ndarray) -> None:
        if len(self._items) + len(items) > self._capacity:
            raise OverflowError(f"the queue has room for {self._capacity} items; give it a greater capacity")
        self._items.extend(items)

    def take(self) -> np.ndarray | None:
        return self._items.popleft() if self._items else None

    def done(self, count: int) -> None:
        pass

    def is_finished(self) -> bool:
        return True

    def free(self) -> None:
        self._items.clear()


def _choose(world: Any) -> str:
    if world.size == 1:
        return "solo"
    return "one-sided" if probe(as_group(world)).obstacle is None else "served"


def _checked(items: Any, capacity: Any, way: Any, size: int) -> tuple[np.ndarray, Any]:
    # What an empty list holds is unknown; numbers of tasks are what it most likely would.
    vector = as_vector(items if isinstance(items, np.ndarray) or len(items) else np.empty(0, np.int64), "items")
    if capacity is not None and (not isinstance(capacity, int) or capacity < 1):
        raise ValueError(f"capacity must be a number of items above 0, got {capacity!r}")
    if way is not None and (way not in WAYS or (way == "solo" and size > 1)):
        raise ValueError(f"a work queue of {size} ranks cannot be {way!r}; there are {', '.join(WAYS)}")
    return vector, (vector.dtype.descr, capacity, way)


def _fit(count: int, room: int) -> None:
    if count > room:
        raise ValueError(f"{count} items are more than the capacity of {room}")


def _raise(error: BaseException | None) -> tuple[None, None]:
    if error is not None:
        raise error
    return None, None

"""One queue at rank 0 that a thread there serves: what stands in where windows fail."""

import threading
import time
from collections import deque
from typing import Any

import numpy as np

_ASK, _ANSWER = 1, 2
_ADD, _DONE, _TAKE, _LEAVE = range(4)
_ITEM, _NOTHING, _FINISHED = range(3)
_PAUSE_SECONDS = 0.0005


class ServedQueue:
    """`items` (2-d int64, a row an item) of every rank; needs MPI's THREAD_MULTIPLE, else RuntimeError on all."""

    def __init__(self, world: Any, items: np.ndarray, capacity: int):
        from mpi4py import MPI

        if MPI.Query_thread() < MPI.THREAD_MULTIPLE:
            raise RuntimeError("a served queue needs MPI with THREAD_MULTIPLE; set MPI4PY_RC_THREAD_LEVEL=multiple")
        self._comm, self._words, self._capacity = world.comm.Dup(), items.shape[1], capacity * world.size
        self._lock, self._items = threading.Lock(), deque()
        self._added = self._finished = 0
        self._is_finished, self.stolen = False, 0
        self._thread: threading.Thread | None = None
        if self._comm.rank == 0 and self._comm.size > 1:
            self._thread = threading.Thread(target=self._serve, args=(self._comm.size - 1,), daemon=True)
            self._thread.start()
        self.add(items)
        self._comm.Barrier()

    def add(self, items: np.ndarray) -> None:
        """Items that were not there before."""
        for begin in range(0, len(items), 1024):
            answer = self._ask(_ADD, items[begin : begin + 1024])
            if answer[0] != _ITEM:
                raise OverflowError(f"the queue has room for {self._capacity} items; give it a greater capacity")

    def done(self, count: int) -> None:
        """So many items that were taken are done."""
        self._ask(_DONE, np.zeros((count, self._words), np.int64)[:count])

    def take(self) -> np.ndarray | None:
        """An item; None when there is none now."""
        answer = self._ask(_TAKE, np.empty((0, self._words), np.int64))
        self._is_finished = answer[0] == _FINISHED
        return answer[1:].copy() if answer[0] == _ITEM else None

    def is_finished(self) -> bool:
        """Whether at the last `take` nothing was left that could be added to."""
        return self._is_finished

    def free(self) -> None:
        """End the thread (collective)."""
        if self._comm.rank:
            self._comm.Send(np.array([_LEAVE], np.int64), 0, _ASK)
        elif self._thread is not None:
            self._thread.join()
        self._comm.Free()

    def _ask(self, kind: int, items: np.ndarray) -> np.ndarray:
        message = np.concatenate([np.array([kind], np.int64), items.reshape(-1)])
        if self._comm.rank == 0:
            return self._answer(message)
        self._comm.Send(message, 0, _ASK)
        answer = np.empty(1 + self._words, np.int64)
        self._comm.Recv(answer, 0, _ANSWER)
        return answer

    def _answer(self, message: np.ndarray) -> np.ndarray:
        kind, items = int(message[0]), message[1:].reshape(-1, self._words)
        answer = np.zeros(1 + self._words, np.int64)
        with self._lock:
            if kind == _ADD and len(self._items) + len(items) > self._capacity:
                answer[0] = _NOTHING
            elif kind == _ADD:
                self._items.extend(items.copy())
                self._added += len(items)
            elif kind == _DONE:
                self._finished += len(items)
            elif self._items:
                answer[1:] = self._items.popleft()
            else:
                answer[0] = _FINISHED if self._added == self._finished else _NOTHING
        return answer

    def _serve(self, clients: int) -> None:
        from mpi4py import MPI

        status = MPI.Status()
        while clients:
            # Not a blocking receive: that would keep a core busy for the queue's whole life.
            if not self._comm.Iprobe(MPI.ANY_SOURCE, _ASK, status):
                time.sleep(_PAUSE_SECONDS)
                continue
            source, message = status.source, np.empty(status.Get_count(MPI.INT64_T), np.int64)
            self._comm.Recv(message, source, _ASK)
            if message[0] == _LEAVE:
                clients -= 1
            else:
                self._comm.Send(self._answer(message), source, _ANSWER)

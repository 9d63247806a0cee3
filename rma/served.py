"""A word at rank 0 that a thread there adds to when other ranks ask: the two-sided counter."""

import threading
import time

import numpy as np

from pympr.rma.group import Group

_ASK, _ANSWER = 1, 2
_STOP = np.iinfo(np.int64).min
_PAUSE_SECONDS = 0.0005


class Served:
    """Needs MPI's THREAD_MULTIPLE: RuntimeError on all ranks without it."""

    def __init__(self, group: Group):
        from mpi4py import MPI

        if MPI.Query_thread() < MPI.THREAD_MULTIPLE:
            raise RuntimeError("a served counter needs MPI with THREAD_MULTIPLE; set MPI4PY_RC_THREAD_LEVEL=multiple")
        self._comm = group.comm.Dup()
        self._value = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        if group.rank == 0 and group.size > 1:
            self._thread = threading.Thread(target=self._serve, args=(group.size - 1,), daemon=True)
            self._thread.start()

    def add(self, count: int) -> int:
        if self._comm.rank == 0:
            return self._add(count)
        word = np.array([count], np.int64)
        self._comm.Send(word, 0, _ASK)
        self._comm.Recv(word, 0, _ANSWER)
        return int(word[0])

    def free(self) -> None:
        if self._comm.rank:
            self._comm.Send(np.array([_STOP], np.int64), 0, _ASK)
        elif self._thread is not None:
            self._thread.join()
        self._comm.Free()

    def _add(self, count: int) -> int:
        with self._lock:
            before, self._value = self._value, self._value + count
        return before

    def _serve(self, clients: int) -> None:
        from mpi4py import MPI

        status, word = MPI.Status(), np.empty(1, np.int64)
        while clients:
            # Not a blocking receive: that would keep a core busy for the counter's whole life.
            if not self._comm.Iprobe(MPI.ANY_SOURCE, _ASK, status):
                time.sleep(_PAUSE_SECONDS)
                continue
            source = status.source
            self._comm.Recv(word, source, _ASK)
            if word[0] == _STOP:
                clients -= 1
            else:
                self._comm.Send(np.array([self._add(int(word[0]))], np.int64), source, _ANSWER)

"""Bytes from every rank to every rank: what stands in for one-sided access, and carries look-ups in bulk."""

from typing import Any

import numpy as np

_CHUNK_BYTES = 1 << 30
_TAG = 201


def swap(comm: Any, messages: list[np.ndarray]) -> list[np.ndarray]:
    """`messages[r]` (uint8) goes to rank r; what came from each rank. Collective; `comm` None is one rank."""
    if len(messages) == 1:
        return messages
    from mpi4py import MPI

    lengths = np.array([len(message) for message in messages], np.int64)
    coming = np.empty_like(lengths)
    comm.Alltoall(lengths, coming)
    received = [np.empty(length, np.uint8) for length in coming.tolist()]
    received[comm.rank] = messages[comm.rank]
    requests = []
    for step in range(1, comm.size):
        source, target = (comm.rank - step) % comm.size, (comm.rank + step) % comm.size
        requests += [comm.Irecv(piece, source, _TAG) for piece in _pieces(received[source])]
        requests += [comm.Isend(piece, target, _TAG) for piece in _pieces(messages[target])]
    MPI.Request.Waitall(requests)
    return received


def _pieces(message: np.ndarray) -> list[np.ndarray]:
    return [message[start : start + _CHUNK_BYTES] for start in range(0, len(message), _CHUNK_BYTES)]

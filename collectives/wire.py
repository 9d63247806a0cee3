"""Bytes between ranks by buffer calls, at most `CHUNK_BYTES` each: no MPI count ever comes near 2^31.

Lower-case mpi4py calls are avoided throughout: they pickle, and their reductions hold the GIL.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

CHUNK_BYTES = 1 << 30
_FIRST_BYTES = 4096  # travels with the length, so that a small message is one message


def as_bytes(array: np.ndarray) -> np.ndarray:
    """The memory of a contiguous `array` as uint8[n]; TypeError for arrays of Python objects."""
    if array.dtype.hasobject:
        raise TypeError(f"arrays of dtype {array.dtype} hold Python objects; use the object collectives")
    return array.reshape(-1).view(np.uint8)


def chunks(data: np.ndarray) -> Iterator[np.ndarray]:
    """Views of uint8 `data` that fit one MPI call."""
    for start in range(0, len(data), CHUNK_BYTES):
        yield data[start : start + CHUNK_BYTES]


def broadcast(comm: Any, data: np.ndarray, root: int) -> None:
    """Fill `data` (uint8, same length everywhere) from `root`."""
    for chunk in chunks(data):
        comm.Bcast(chunk, root)


def broadcast_message(comm: Any, data: np.ndarray | None, root: int) -> np.ndarray:
    """`data` (uint8) of `root` on all ranks, which do not know its length."""
    first = np.zeros(_FIRST_BYTES, np.uint8)
    if comm.rank == root:
        _fill_first(first, data)
    comm.Bcast(first, root)
    received = data if comm.rank == root else _begin(first)
    broadcast(comm, received[_FIRST_BYTES - 8 :], root)
    return received


def send(comm: Any, data: np.ndarray, to: int, tag: int) -> None:
    """Send uint8 `data` to rank `to`, which calls `receive`."""
    first = np.zeros(_FIRST_BYTES, np.uint8)
    _fill_first(first, data)
    comm.Send(first, to, tag)
    for chunk in chunks(data[_FIRST_BYTES - 8 :]):
        comm.Send(chunk, to, tag)


def receive(comm: Any, source: int, tag: int) -> np.ndarray:
    """What rank `source` sent by `send`."""
    first = np.empty(_FIRST_BYTES, np.uint8)
    comm.Recv(first, source, tag)
    data = _begin(first)
    for chunk in chunks(data[_FIRST_BYTES - 8 :]):
        comm.Recv(chunk, source, tag)
    return data


def _fill_first(first: np.ndarray, data: np.ndarray) -> None:
    first[:8].view(np.int64)[0] = len(data)
    head = data[: _FIRST_BYTES - 8]
    first[8 : 8 + len(head)] = head


def _begin(first: np.ndarray) -> np.ndarray:
    """Memory for the whole message, with what came along already in it."""
    data = np.empty(int(first[:8].view(np.int64)[0]), np.uint8)
    head = data[: _FIRST_BYTES - 8]
    head[:] = first[8 : 8 + len(head)]
    return data


def allgather(comm: Any, data: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Every rank's uint8 `data`, one after the other by rank; `lengths` (int64[size]) says how much each has."""
    received = np.empty(int(lengths.sum()), np.uint8)
    if len(received) <= CHUNK_BYTES:
        comm.Allgatherv(data, [received, lengths])
        return received
    for root, part in enumerate(_parts(received, lengths)):
        if root == comm.rank:
            part[:] = data
        broadcast(comm, part, root)
    return received


def gather(comm: Any, data: np.ndarray, lengths: np.ndarray, root: int, tag: int) -> np.ndarray | None:
    """As `allgather`, at `root` only; None elsewhere."""
    received = np.empty(int(lengths.sum()), np.uint8) if comm.rank == root else None
    if int(lengths.sum()) <= CHUNK_BYTES:
        comm.Gatherv(data, None if received is None else [received, lengths], root)
        return received
    if received is None:
        for chunk in chunks(data):
            comm.Send(chunk, root, tag)
        return None
    for source, part in enumerate(_parts(received, lengths)):
        if source == root:
            part[:] = data
            continue
        for chunk in chunks(part):
            comm.Recv(chunk, source, tag)
    return received


def _parts(received: np.ndarray, lengths: np.ndarray) -> Iterator[np.ndarray]:
    ends = np.cumsum(lengths)
    for start, end in zip((ends - lengths).tolist(), ends.tolist(), strict=True):
        yield received[start:end]

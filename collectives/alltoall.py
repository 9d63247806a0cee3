"""Rows of an array from all ranks to all ranks, of any size."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pympr.collectives import tags, wire
from pympr.collectives.gather import row_kind
from pympr.collectives.world import World, as_world

ROUND_BYTES = 1 << 28
_ONE_CALL_BYTES = 1 << 30
_PEERS_AT_ONCE = 64


def alltoallv(
    world: Any, array: np.ndarray, counts: Sequence[int], starts: Sequence[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Send `counts[r]` rows of `array` to each rank r; the rows that came, by rank, and their counts (int64[size]).

    The rows for rank r begin at `starts[r]`, by default after those for rank r - 1.
    Any dtype without Python objects, any number of bytes: what is too much for
    one MPI call goes in rounds of at most 256 MiB a pair. dtype and the axes
    after the first must be the same on all ranks, else ValueError everywhere.

    >>> from pympr.collectives.world import World
    >>> alltoallv(World(None), np.array([5, 6, 7]), [2], starts=[1])
    (array([6, 7]), array([2]))
    """
    world = as_world(world)
    array = np.ascontiguousarray(array)
    counts, starts = _checked(array, counts, starts, world.size)
    heads = _exchange_heads(world, array, counts)
    row_bytes = array.itemsize * int(np.prod(array.shape[1:], dtype=np.int64))
    received = np.empty((int(heads[:, 0].sum()), *array.shape[1:]), array.dtype)
    exchange_bytes(
        world,
        wire.as_bytes(array),
        starts * row_bytes,
        counts * row_bytes,
        wire.as_bytes(received),
        heads[:, 0] * row_bytes,
        total_bytes=int(heads[:, 2].sum()),
    )
    return received, heads[:, 0].copy()


def _checked(array, counts, starts, size) -> tuple[np.ndarray, np.ndarray]:
    wire.as_bytes(array[:0])
    counts = np.asarray(counts, np.int64)
    starts = np.cumsum(counts) - counts if starts is None else np.asarray(starts, np.int64)
    if counts.shape != (size,) or starts.shape != (size,):
        raise ValueError(
            f"counts and starts must have one entry a rank ({size}), got {counts.shape} and {starts.shape}"
        )
    if (counts < 0).any() or (starts < 0).any() or (starts + counts > len(array)).any():
        raise ValueError(f"counts {counts.tolist()} from {starts.tolist()} leave an array of {len(array)} rows")
    return counts, starts


def _exchange_heads(world: World, array: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """What every rank says to this one: rows, kind of row, bytes it sends in all."""
    mine = np.empty((world.size, 3), np.int64)
    mine[:, 0] = counts
    mine[:, 1] = row_kind(array)
    mine[:, 2] = counts.sum() * array.itemsize * np.prod(array.shape[1:], dtype=np.int64)
    if world.is_solo:
        return mine
    heads = np.empty_like(mine)
    world.comm.Alltoall(mine, heads)
    other = np.flatnonzero(heads[:, 1] != heads[0, 1])
    if len(other):
        raise ValueError(f"the ranks' arrays differ in dtype or in the shape of a row: rank {other[0]} against rank 0")
    return heads


def exchange_bytes(
    world: World,
    sent: np.ndarray,
    sent_starts: np.ndarray,
    sent_lengths: np.ndarray,
    received: np.ndarray,
    received_lengths: np.ndarray,
    total_bytes: int,
) -> int:
    """Fill `received` (uint8) with what all ranks sent, by rank; returns the number of rounds. Collective.

    `total_bytes`, the bytes that all ranks send together, must be the same on all
    ranks: by it they choose, alike, between one MPI call and rounds.
    """
    if not world.is_solo and total_bytes <= _ONE_CALL_BYTES:
        sent, sent_starts = _within_reach(sent, sent_starts, sent_lengths)
        received_starts = np.cumsum(received_lengths) - received_lengths
        world.comm.Alltoallv([sent, (sent_lengths, sent_starts)], [received, (received_lengths, received_starts)])
        return 1
    return _in_rounds(world, sent, sent_starts, sent_lengths, received, received_lengths)


def _within_reach(sent, starts, lengths):
    """The same bytes where no displacement passes 2^31: some libraries take it as a C int."""
    if not len(starts) or int((starts + lengths).max()) <= _ONE_CALL_BYTES:
        return sent, starts
    pieces = [sent[start : start + length] for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)]
    return np.concatenate(pieces), np.cumsum(lengths) - lengths


def _in_rounds(world, sent, sent_starts, sent_lengths, received, received_lengths) -> int:
    """Chunk k of every pair in round k, peers in rotating order, few at once, so that nobody is asked by all."""
    to = [sent[s : s + n] for s, n in zip(sent_starts.tolist(), sent_lengths.tolist(), strict=True)]
    ends = np.cumsum(received_lengths).tolist()
    into = [received[end - n : end] for end, n in zip(ends, received_lengths.tolist(), strict=True)]
    into[world.rank][:] = to[world.rank]
    others = [rank for rank in range(world.size) if rank != world.rank]
    longest = max((len(piece) for rank in others for piece in (to[rank], into[rank])), default=0)
    rounds = -(-longest // ROUND_BYTES)
    for turn in range(rounds):
        for first in range(1, world.size, _PEERS_AT_ONCE):
            steps = range(first, min(first + _PEERS_AT_ONCE, world.size))
            _one_round(world, to, into, steps, slice(turn * ROUND_BYTES, (turn + 1) * ROUND_BYTES))
    return rounds


def _one_round(world, to, into, steps, window) -> None:
    from mpi4py import MPI

    requests = []
    for step in steps:
        source, target = (world.rank - step) % world.size, (world.rank + step) % world.size
        if len(piece := into[source][window]):
            requests.append(world.comm.Irecv(piece, source, tags.EXCHANGE))
        if len(piece := to[target][window]):
            requests.append(world.comm.Isend(piece, target, tags.EXCHANGE))
    MPI.Request.Waitall(requests)

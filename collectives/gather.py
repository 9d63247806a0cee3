"""Rows or objects of all ranks, at one rank or at all, in rank order."""

import zlib
from typing import Any

import numpy as np

from pympr.collectives import objects, tags, wire
from pympr.collectives.world import World, as_world


def allgather(world: Any, array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All ranks' rows, one below the other by rank, and how many rows each had (int64[size]).

    `array` may have another length (first axis) on every rank; dtype and other
    axes must agree, else ValueError on all ranks. The result may share memory
    with `array` when there is one rank.

    >>> from pympr.collectives.world import World
    >>> allgather(World(None), np.arange(3))
    (array([0, 1, 2]), array([3]))
    """
    world = as_world(world)
    array = _rows(world, array)
    if world.is_solo:
        return array, np.array([len(array)])
    counts = _agree_counts(world, array)
    lengths = counts * _row_bytes(array)
    received = wire.allgather(world.comm, wire.as_bytes(array), lengths)
    return _shaped(received, array), counts


def gather(world: Any, array: np.ndarray, root: int = 0) -> tuple[np.ndarray, np.ndarray] | None:
    """As `allgather`, but at `root` only; None on the other ranks."""
    world = as_world(world)
    array = _rows(world, array)
    if world.is_solo:
        return array, np.array([len(array)])
    counts = _agree_counts(world, array)
    lengths = counts * _row_bytes(array)
    received = wire.gather(world.comm, wire.as_bytes(array), lengths, root, tags.GATHER)
    return None if received is None else (_shaped(received, array), counts)


def allgather_objects(world: Any, value: Any) -> list[Any]:
    """Every rank's `value` in a list by rank, on all ranks; by pickle.

    Raises RankError on all ranks when a value cannot be pickled on one.

    >>> from pympr.collectives.world import World
    >>> allgather_objects(World(None), "a")
    ['a']
    """
    world = as_world(world)
    if world.is_solo:
        return [value]
    packed, lengths = _pack_all(world, value)
    received = wire.allgather(world.comm, packed, lengths)
    return _unpack_all(received, lengths)


def gather_objects(world: Any, value: Any, root: int = 0) -> list[Any] | None:
    """As `allgather_objects`, but at `root` only; None on the other ranks."""
    world = as_world(world)
    if world.is_solo:
        return [value]
    packed, lengths = _pack_all(world, value)
    received = wire.gather(world.comm, packed, lengths, root, tags.GATHER)
    return None if received is None else _unpack_all(received, lengths)


def _rows(world: World, array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array)
    if array.dtype.hasobject and world.is_solo:
        raise _not_for_objects(0)
    return array


def _not_for_objects(rank: int) -> TypeError:
    return TypeError(f"the array of rank {rank} holds Python objects; use gather_objects")


def _row_bytes(array: np.ndarray) -> int:
    return int(array.itemsize * np.prod(array.shape[1:], dtype=np.int64))


def row_kind(array: np.ndarray) -> int:
    """A number for dtype and the axes after the first, to compare between ranks."""
    return zlib.crc32(repr((array.dtype.descr, array.shape[1:])).encode())


def _agree_counts(world: World, array: np.ndarray) -> np.ndarray:
    """Rows of every rank; on all ranks TypeError when one has objects, ValueError when the rows differ in kind."""
    mine = np.array([-1 if array.dtype.hasobject else len(array), row_kind(array)], np.int64)
    heads = np.empty((world.size, 2), np.int64)
    world.comm.Allgather(mine, heads)
    if (heads[:, 0] < 0).any():
        raise _not_for_objects(int(np.argmin(heads[:, 0])))
    others = np.flatnonzero(heads[:, 1] != heads[0, 1])
    if len(others):
        raise ValueError(
            f"the ranks' arrays differ in dtype or in the shape of a row: rank {others[0]} against rank 0; "
            f"this is rank {world.rank} with rows of {array.dtype}{list(array.shape[1:])}"
        )
    return np.ascontiguousarray(heads[:, 0])


def _shaped(received: np.ndarray, like: np.ndarray) -> np.ndarray:
    if not like.itemsize or not _row_bytes(like):
        raise ValueError(f"rows of {like.dtype}{list(like.shape[1:])} have no bytes to gather")
    return received.view(like.dtype).reshape(-1, *like.shape[1:])


def _pack_all(world: World, value: Any) -> tuple[np.ndarray, np.ndarray]:
    packed, error = objects.try_pack(value)
    lengths = np.empty(world.size, np.int64)
    world.comm.Allgather(np.array([-1 if error else len(packed)], np.int64), lengths)
    if (lengths < 0).any():
        objects.raise_everywhere(world, error)
    return packed, lengths


def _unpack_all(received: np.ndarray, lengths: np.ndarray) -> list[Any]:
    ends = np.cumsum(lengths).tolist()
    return [objects.unpack(received[start:end]) for start, end in zip([0, *ends], ends)]

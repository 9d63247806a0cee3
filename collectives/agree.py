"""Do all ranks hold the same value; did any rank fail."""

from typing import Any

import numpy as np

from pympr.collectives.world import as_world

_ALL_ONES = 0xFFFF_FFFF_FFFF_FFFF


def same_on_all_ranks(world: Any, digest: int) -> bool:
    """Whether every rank gave the same `digest` (an int, its low 64 bits count); one 16-byte allreduce.

    >>> from pympr.collectives.world import World
    >>> same_on_all_ranks(World(None), 0xFEED)
    True
    """
    world = as_world(world)
    if world.is_solo:
        return True
    word = int(digest) & _ALL_ONES
    extremes = np.array([word, word ^ _ALL_ONES], np.uint64)
    _reduce_max(world, extremes)
    return int(extremes[0]) ^ _ALL_ONES == int(extremes[1])


def any_failed(world: Any, failed: bool) -> bool:
    """Whether `failed` is true on any rank; one 8-byte allreduce.

    >>> from pympr.collectives.world import World
    >>> any_failed(World(None), False)
    False
    """
    world = as_world(world)
    if world.is_solo:
        return bool(failed)
    flag = np.array([bool(failed)], np.int64)
    _reduce_max(world, flag)
    return bool(flag[0])


def agree_error(world: Any, text: str | None) -> list[tuple[int, str]]:
    """(rank, text) of every rank that gave a text, by rank, on all ranks; costs one 8-byte allreduce when none did.

    >>> from pympr.collectives.world import World
    >>> agree_error(World(None), None), agree_error(World(None), "disk full")
    ([], [(0, 'disk full')])
    """
    from pympr.collectives.gather import allgather

    world = as_world(world)
    if not any_failed(world, text is not None):
        return []
    encoded = np.frombuffer((text or "").encode("utf-8", "surrogatepass"), np.uint8)
    told, _ = allgather(world, np.array([text is not None]))
    texts, lengths = allgather(world, encoded)
    ends = np.cumsum(lengths).tolist()
    pieces = [texts[start:end].tobytes().decode("utf-8", "surrogatepass") for start, end in zip([0, *ends], ends)]
    return [(rank, piece) for rank, piece in enumerate(pieces) if told[rank]]


def _reduce_max(world, words: np.ndarray) -> None:
    from mpi4py import MPI

    world.comm.Allreduce(MPI.IN_PLACE, words, op=MPI.MAX)

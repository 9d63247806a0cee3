"""What callers gave, checked so that a mistake of one rank is the same error on all."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import World, as_world, world
from pympr.errors import RankError

_ERRORS: dict[str, type[Exception]] = {
    error.__name__: error for error in (TypeError, ValueError, IndexError, KeyError, OverflowError, MemoryError)
}
_ALL_ONES = 0xFFFF_FFFF_FFFF_FFFF


def world_of(comm: Any) -> World:
    """The World of a communicator, a World, or None: all ranks of the program. Collective at the first call."""
    return world() if comm is None else as_world(comm)


def agree_arguments(world: World, check: Callable[[], tuple[Any, Any]]) -> Any:
    """The first of what `check` gives; the second, its kind, must have the same `repr` on all ranks. Collective.

    Where `check` raises on any rank the error of the lowest one is raised on all, as the same class if that is
    one of TypeError, ValueError, IndexError, KeyError, OverflowError, MemoryError, else as RankError; ValueError
    where the kinds differ. Costs one allreduce of 24 bytes.

    >>> agree_arguments(World(None), lambda: (7, "int64"))
    7
    """
    result, kind, error = None, None, None
    try:
        result, kind = check()
    except Exception as raised:  # whatever it is, the other ranks must not wait
        error = raised
    if world.is_solo:
        if error is not None:
            raise error
        return result
    digest = int.from_bytes(hashlib.blake2b(repr(kind).encode(), digest_size=8).digest(), "little")
    words = np.array([error is not None, digest, digest ^ _ALL_ONES], np.uint64)
    _maximum(world, words)
    if words[0] or int(words[1]) ^ _ALL_ONES != int(words[2]):
        _refuse(world, kind, error)
    return result


def _maximum(world: World, words: np.ndarray) -> None:
    from mpi4py import MPI

    world.comm.Allreduce(MPI.IN_PLACE, words, op=MPI.MAX)


def _refuse(world: World, kind: Any, error: Exception | None) -> None:
    """Raise what all ranks raise, from what each has to tell."""
    told = allgather_objects(world, (None if error is None else (type(error).__name__, _text(error)), repr(kind)))
    failures = [(rank, failure) for rank, (failure, _) in enumerate(told) if failure is not None]
    if failures:
        first, (name, text) = failures[0]
        is_everywhere = len(failures) == world.size and len({text for _, text in failures}) == 1
        raise _ERRORS.get(name, RankError)(text if is_everywhere else f"rank {first}: {text}") from error
    kinds = [kind for _, kind in told]
    other = next(rank for rank, kind in enumerate(kinds) if kind != kinds[0])
    raise ValueError(
        f"the ranks must agree on dtypes, shapes and options: rank 0 has {kinds[0]}, rank {other} {kinds[other]}"
    )


def _text(error: Exception) -> str:
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)


def as_vector(array: Any, name: str) -> np.ndarray:
    """`array` as a 1-d contiguous NumPy array without Python objects; TypeError or ValueError when it is none.

    >>> as_vector([1, 2], "array")
    array([1, 2])
    """
    vector = as_plain(array, name)
    if vector.ndim != 1:
        raise ValueError(f"{name} must have one axis, got shape {vector.shape}")
    return vector


def as_plain(array: Any, name: str) -> np.ndarray:
    """`array` as a contiguous NumPy array whose items have a size and hold no Python objects; else TypeError."""
    plain = np.asarray(array)
    if plain.dtype.hasobject or not plain.dtype.itemsize:
        raise TypeError(f"{name} must be a NumPy array without Python objects, got dtype {plain.dtype}")
    return np.require(plain, requirements=["C", "A"])


def as_indices(array: Any, name: str) -> np.ndarray:
    """`array` as int64[n]; TypeError when its items are no integers (an empty list will do).

    >>> as_indices([], "index"), as_indices(np.uint8([3]), "index")
    (array([], dtype=int64), array([3]))
    """
    vector = as_vector(array, name)
    if vector.dtype.kind not in "iu" and len(vector):
        raise TypeError(f"{name} must hold integers, got {vector.dtype}")
    return vector.astype(np.int64, copy=False)

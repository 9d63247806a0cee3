"""One value from all ranks, the same on every rank."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pympr.collectives import objects, tags, wire
from pympr.collectives.operations import check_operation, is_within, join_words, mpi_operation, split_words
from pympr.collectives.world import World, as_world

_CHUNK_ITEMS = 1 << 27


def allreduce(world: Any, array: np.ndarray, operation: str, out: np.ndarray | None = None) -> np.ndarray:
    """Every item combined over the ranks; as `array`, which must have one shape and dtype everywhere.

    `out`, an array of the result's shape and dtype, is filled and returned; it may be
    `array` itself, and saves the pages of a new one in a loop. ValueError when it is of another.

    `operation` is "sum", "prod", "min", "max", "and" or "or"; the last two are
    logical on bool and bitwise on integers. Integer sums and products are exact:
    OverflowError on all ranks when a result does not fit the dtype. A sum of
    bool is int64. Floats combine in the MPI library's order; NaN in "min" and
    "max" gives what the library's comparison gives.

    >>> from pympr.collectives.world import World
    >>> allreduce(World(None), np.array([1, 2]), "sum")
    array([1, 2])
    """
    world = as_world(world)
    is_in_place = out is array and isinstance(array, np.ndarray) and array.flags.c_contiguous
    array = check_operation(array, operation)
    if out is not None and (out.shape, out.dtype) != (array.shape, array.dtype):
        raise ValueError(f"out is {out.dtype} of shape {out.shape}, the result {array.dtype} of {array.shape}")
    found = _combined(world, array, operation, is_in_place)
    if out is None:
        return found
    if not np.may_share_memory(found, out):
        out[...] = found
    return out


def _combined(world: World, array: np.ndarray, operation: str, is_in_place: bool) -> np.ndarray:
    if world.is_solo:
        return array if is_in_place else array.copy()
    if array.dtype.kind in "iu" and operation == "sum":
        return _exact_sum(world, array)
    if array.dtype.kind in "iu" and operation == "prod":
        return _exact_product(world, array)
    return _allreduce_plain(world, array, operation, array if is_in_place else None)


def _allreduce_plain(world: World, array: np.ndarray, operation: str, result: np.ndarray | None = None) -> np.ndarray:
    from mpi4py import MPI

    result = array.copy() if result is None else result
    flat = result.reshape(-1)
    kind = mpi_operation(operation, array.dtype)
    for start in range(0, max(1, flat.size), _CHUNK_ITEMS):
        world.comm.Allreduce(MPI.IN_PLACE, flat[start : start + _CHUNK_ITEMS], op=kind)
    return result


def _exact_sum(world: World, array: np.ndarray) -> np.ndarray:
    result, fits = join_words(_allreduce_plain(world, split_words(array), "sum"), array.dtype)
    if not fits:
        raise OverflowError(f"a sum over {world.size} ranks does not fit {array.dtype}")
    return result


def _exact_product(world: World, array: np.ndarray) -> np.ndarray:
    exact = np.asarray(reduce_tree(world, array.astype(object), np.multiply), object)
    if not is_within(exact, array.dtype):
        raise OverflowError(f"a product over {world.size} ranks does not fit {array.dtype}")
    return exact.astype(array.dtype)


def reduce_tree(world: Any, value: Any, function: Callable[[Any, Any], Any]) -> Any:
    """`function` over all ranks' values, the same result on every rank; any Python objects.

    The tree is fixed by the ranks: neighbours first, the lower rank's value on
    the left, so that `function` must be associative but need not be commutative,
    and the result does not depend on timing. When `function` or a pickle raises,
    the exception is raised there and RankError on all other ranks.

    >>> from pympr.collectives.world import World
    >>> reduce_tree(World(None), [1], lambda left, right: left + right)
    [1]
    """
    world = as_world(world)
    if world.is_solo:
        return value
    outcome, error = _climb(world, value, function)
    packed = None
    if world.rank == 0:
        packed, failed = objects.pack_or_failure(outcome, 0)
        error = error or failed
    received = wire.broadcast_message(world.comm, packed, 0)
    if error is not None:
        raise error
    return objects.unpack_or_raise(received)


def _climb(world: World, value: Any, function: Callable[[Any, Any], Any]) -> tuple[Any, Exception | None]:
    """Combine what the higher neighbours send and pass it on; rank 0 ends with the value of all, or a Failure."""
    error, step = None, 1
    while step < world.size:
        if world.rank & step:
            packed, failed = objects.pack_or_failure(value, world.rank)
            wire.send(world.comm, packed, world.rank - step, tags.REDUCE_TREE)
            return None, error or failed
        if world.rank + step < world.size:
            value, error = _combine(world, value, error, world.rank + step, function)
        step *= 2
    return value, error


def _combine(world, value, error, source, function):
    other = objects.unpack(wire.receive(world.comm, source, tags.REDUCE_TREE))
    if isinstance(value, objects.Failure):
        return value, error
    if isinstance(other, objects.Failure):
        return other, error
    try:
        return function(value, other), error
    except Exception as raised:
        return objects.Failure(world.rank, f"{type(raised).__name__}: {raised}"), raised

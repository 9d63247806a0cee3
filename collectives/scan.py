"""What the lower ranks' values come to."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pympr.collectives.agree import any_failed
from pympr.collectives.operations import check_operation, join_words, mpi_operation, neutral, split_words
from pympr.collectives.world import World, as_world


def inclusive_scan(world: Any, array: np.ndarray, operation: str) -> np.ndarray:
    """Every item combined over the ranks up to this one; same shape and dtype as `array`.

    `operation` as in `allreduce`, except "prod" of integers, with the same shape
    and dtype on all ranks. OverflowError on all ranks when a sum of integers does
    not fit on one.

    >>> from pympr.collectives.world import World
    >>> inclusive_scan(World(None), np.array([2, 3]), "sum")
    array([2, 3])
    """
    world, array = as_world(world), _checked(array, operation)
    if world.is_solo:
        return array.copy()
    return _scan(world, array, operation, world.comm.Scan)


def exclusive_scan(world: Any, array: np.ndarray, operation: str) -> np.ndarray:
    """Every item combined over the ranks below this one; at rank 0 what changes nothing (0 for "sum", inf for "min").

    >>> from pympr.collectives.world import World
    >>> exclusive_scan(World(None), np.array([2, 3]), "sum")
    array([0, 0])
    """
    world, array = as_world(world), _checked(array, operation)
    nothing = np.full_like(array, neutral(operation, array.dtype))
    if world.is_solo:
        return nothing
    result = _scan(world, array, operation, world.comm.Exscan)
    return result if world.rank else nothing  # MPI leaves rank 0's result undefined


def _checked(array: np.ndarray, operation: str) -> np.ndarray:
    array = check_operation(array, operation)
    if operation == "prod" and array.dtype.kind in "iu":
        raise TypeError("a scan has no exact product of integers; use reduce_tree, or float64")
    return array


def _scan(world: World, array: np.ndarray, operation: str, call: Callable[..., None]) -> np.ndarray:
    kind = mpi_operation(operation, array.dtype)
    if array.dtype.kind not in "iu" or operation != "sum":
        result = np.empty_like(array)
        call(array, result, op=kind)
        return result
    halves = split_words(array)
    sums = np.zeros_like(halves)
    call(halves, sums, op=kind)
    result, fits = join_words(sums, array.dtype)
    if any_failed(world, not fits and world.rank > 0):
        raise OverflowError(f"a scan's sum over {world.size} ranks does not fit {array.dtype}")
    return result

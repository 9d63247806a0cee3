"""A distributed array that is split along one axis, split along another instead."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pympr.collectives.arguments import agree_arguments, as_plain, world_of
from pympr.collectives.subarrays import Subarrays, block_bounds
from pympr.collectives.world import World


def transpose(
    array: np.ndarray, split: int, into: int, comm: Any = None, lengths: Sequence[int] | None = None
) -> np.ndarray:
    """This rank's block along axis `into` of the array whose blocks along axis `split` the ranks give. Collective.

    The order of the axes stays: a global array of shape (N, M), `split` along 0 into blocks of any lengths (n, M),
    comes back as blocks (N, m) for `into` 1. Rank r gets `lengths[r]` items along `into`, by default equal blocks,
    larger ones first, as `numpy.array_split` cuts; lengths may be 0. The result has the dtype of `array` (any
    without Python objects) and is a new array in C order. `comm` is an mpi4py communicator, by default all ranks.

    One `MPI_Alltoallw` with subarray datatypes; nothing is packed in Python. Raises TypeError or ValueError on all
    ranks when the arguments of one are wrong.

    >>> transpose(np.array([[1, 2, 3], [4, 5, 6]]), split=0, into=1)
    array([[1, 2, 3],
           [4, 5, 6]])
    """
    world = world_of(comm)
    array, split, into, ends = agree_arguments(world, lambda: _checked(array, split, into, lengths, world.size))
    if world.is_solo:
        return array.copy()
    given = np.empty(world.size, np.int64)
    world.comm.Allgather(np.array([array.shape[split]], np.int64), given)
    shape = list(array.shape)
    shape[split] = int(given.sum())
    shape[into] = int(ends[world.rank + 1] - ends[world.rank])
    result = np.empty(shape, array.dtype)
    _exchange_boxes(world, array, result, (into, ends), (split, np.concatenate([[0], np.cumsum(given)])))
    return result


def _checked(array: Any, split: Any, into: Any, lengths: Any, size: int) -> tuple[Any, Any]:
    array = as_plain(array, "array")
    for name, axis in (("split", split), ("into", into)):
        if not isinstance(axis, (int, np.integer)) or not -array.ndim <= axis < array.ndim:
            raise ValueError(f"{name} must be an axis of an array of shape {array.shape}, got {axis!r}")
    split, into = int(split) % array.ndim, int(into) % array.ndim
    if split == into:
        raise ValueError(f"split and into must be different axes, both are {split}")
    ends = block_bounds(array.shape[into], size)
    if lengths is not None:
        wanted = [int(length) for length in lengths]
        if len(wanted) != size or min(wanted) < 0 or sum(wanted) != array.shape[into]:
            raise ValueError(
                f"lengths must be {size} numbers with sum {array.shape[into]}, the extent of axis {into}; got {wanted}"
            )
        ends = np.concatenate([[0], np.cumsum(wanted)])
    others = tuple(extent for axis, extent in enumerate(array.shape) if axis != split)
    return (array, split, into, ends), (array.dtype.descr, array.ndim, others, split, into, ends.tolist())


def _exchange_boxes(world: World, array: np.ndarray, result: np.ndarray, leaving: Any, coming: Any) -> None:
    """Slices of `array` along one axis to all ranks, which are slices of `result` along another."""
    types = Subarrays(array.itemsize)
    try:
        sent = [_slice(types, array.shape, *leaving, rank) for rank in range(world.size)]
        received = [_slice(types, result.shape, *coming, rank) for rank in range(world.size)]
        world.comm.Alltoallw(_message(array, sent), _message(result, received))
    finally:
        types.free()


def _slice(types: Subarrays, shape: tuple[int, ...], axis: int, ends: np.ndarray, rank: int) -> tuple[int, Any]:
    starts, stops = [0] * len(shape), list(shape)
    starts[axis], stops[axis] = int(ends[rank]), int(ends[rank + 1])
    return types.box(shape, starts, stops)


def _message(array: np.ndarray, boxes: list[tuple[int, Any]]) -> list[Any]:
    counts, types = zip(*boxes)
    return [array.reshape(-1).view(np.uint8), (list(counts), [0] * len(counts)), list(types)]

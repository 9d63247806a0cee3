"""Sums over ranks of which no bit depends on how many ranks there are, or on the MPI library's order."""

from typing import Any

import numpy as np

from pympr.collectives.world import World, as_world
from pympr.errors import KernelError
from pympr.native import binned

_CHUNK_ITEMS = 1 << 20  # a state takes five words


def allreduce_reproducible(world: Any, array: np.ndarray) -> np.ndarray:
    """Every item summed over the ranks, rounded once; as `array`, whose shape and dtype are the same on all ranks.

    `world` is a communicator of mpi4py or a World, `array` of float32, float64, complex64 or
    complex128. The result is within size * 2**-80 of the largest absolute value before it is
    rounded, so that it is nearly always the float nearest to the sum. NaN and infinities are as in
    any sum. Collective; TypeError for another dtype.

    Binned sums (see `pympr.native.binned`), merged by a user-defined MPI operation.

    >>> from pympr.collectives.world import World
    >>> allreduce_reproducible(World(None), np.array([[0.5, 1.0]]))
    array([[0.5, 1. ]])
    """
    world = as_world(world)
    given, values = _floats(array)
    result = np.empty(len(values))
    for begin in range(0, len(values), _CHUNK_ITEMS):
        piece = values[begin : begin + _CHUNK_ITEMS]
        states = binned.empty_states(len(piece))
        binned.add_each(states, None, piece)
        result[begin : begin + len(piece)] = binned.finish(_merged(world, states))
    return _as_given(result, given).reshape(given.shape)


def sum_reproducible(world: Any, array: np.ndarray) -> Any:
    """The sum of all items of all ranks' arrays, the same for any way of dealing them out to ranks.

    `array` is of a dtype as above, and may have any shape, another on every rank, and no items. One
    small message a rank and level of a tree.

    >>> from pympr.collectives.world import World
    >>> float(sum_reproducible(World(None), np.array([1e17, 1.0, -1e17])))
    1.0
    """
    world = as_world(world)
    given, values = _floats(array)
    parts = [values[0::2], values[1::2]] if given.dtype.kind == "c" else [values]
    states = binned.empty_states(len(parts))
    for state, part in zip(states, parts):
        binned.add(state, np.ascontiguousarray(part))
    return _as_given(binned.finish(_merged(world, states)), given)[0]


def _floats(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The array, and its floats as one float64 vector, those of a complex number side by side."""
    given = np.asarray(array)
    if given.dtype.name not in ("float32", "float64", "complex64", "complex128"):
        raise TypeError(f"expected an array of float32, float64, complex64 or complex128, got {given.dtype}")
    wide = np.complex128 if given.dtype.kind == "c" else np.float64
    return given, np.ascontiguousarray(given, wide).reshape(-1).view(np.float64)


def _as_given(values: np.ndarray, given: np.ndarray) -> np.ndarray:
    if given.dtype.kind == "c":
        values = values.view(np.complex128)
    with np.errstate(over="ignore"):
        return values.astype(given.dtype)


def _merged(world: World, states: np.ndarray) -> np.ndarray:
    """The states of all ranks merged, item by item."""
    if world.is_solo:
        return states
    from mpi4py import MPI

    kind = MPI.INT64_T.Create_contiguous(states.shape[1]).Commit()
    operation = MPI.Op.Create(_merge_buffers, commute=True)
    try:
        world.comm.Allreduce(MPI.IN_PLACE, [states, len(states), kind], op=operation)
    finally:
        operation.Free()
        kind.Free()
    if not states[:, 0].all():
        raise OverflowError("a sum of more than about 10**12 values does not fit its state; sum parts of them")
    return states


def _merge_buffers(source: Any, target: Any, kind: Any) -> None:
    width = kind.Get_size() // 8
    into = np.frombuffer(target, np.int64).reshape(-1, width)
    try:
        binned.merge(into, None, np.frombuffer(source, np.int64).reshape(-1, width))
    except (OverflowError, KernelError):
        into[:, 0] = 0  # no state: all ranks see it; an exception would not leave the MPI library

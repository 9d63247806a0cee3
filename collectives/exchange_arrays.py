"""Rows of NumPy arrays to the ranks that the caller names."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pympr.collectives.alltoall import alltoallv
from pympr.collectives.arguments import agree_arguments, as_indices, as_plain, world_of
from pympr.collectives.exchange import Part
from pympr.collectives.exchange import exchange as exchange_columns
from pympr.collectives.world import World

# What the kernels move in one pass; wider rows are brought into order first and then sent.
_COLUMN_OF_BYTES = {1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64", 16: "complex128"}


def exchange(
    arrays: np.ndarray | Sequence[np.ndarray], destination: Any, comm: Any = None, return_counts: bool = False
) -> Any:
    """Send row i of `arrays` to rank `destination[i]`; the rows that came to this rank. Collective.

    `arrays` is an array or several of one length (first axis), of any dtypes without Python objects, which
    with the other axes must be the same on all ranks; `destination` holds integers. The result is an array, or
    a list of as many, of the same dtypes: rows by the rank they come from, those of one rank in the order they
    had there. `return_counts` adds how many came from each rank (int64[size]): what is needed to send answers
    back. `comm` is an mpi4py communicator, by default all ranks.

    Raises TypeError, ValueError or IndexError on all ranks when the arguments of one are wrong.

    >>> exchange(np.array([1.5, 2.5]), [0, 0])
    array([1.5, 2.5])
    >>> exchange([np.array([7, 8]), np.array(["a", "b"])], [0, 0], return_counts=True)
    ([array([7, 8]), array(['a', 'b'], dtype='<U1')], array([2]))
    """
    world = world_of(comm)
    is_one = isinstance(arrays, np.ndarray)
    plain, ranks = agree_arguments(world, lambda: _checked([arrays] if is_one else list(arrays), destination, world))
    received: list[np.ndarray | None] = [None] * len(plain)
    narrow = [index for index, array in enumerate(plain) if _row_bytes(array) in _COLUMN_OF_BYTES]
    counts = _exchange_narrow(world, plain, ranks, narrow, received)
    if len(narrow) < len(plain):
        counts = _exchange_wide(world, plain, ranks, received)
    result = received[0] if is_one else received
    return (result, counts) if return_counts else result


def _checked(arrays: list[Any], destination: Any, world: World) -> tuple[Any, Any]:
    if not arrays:
        raise ValueError("there is no array to exchange")
    plain = [as_plain(array, f"array {index}") for index, array in enumerate(arrays)]
    ranks = as_indices(destination, "destination")
    for index, array in enumerate(plain):
        if array.ndim == 0 or len(array) != len(ranks):
            raise ValueError(f"array {index} has shape {array.shape}, but there are {len(ranks)} destinations")
        if not _row_bytes(array):
            raise ValueError(f"a row of array {index} with shape {array.shape} has no bytes")
    wrong = np.flatnonzero((ranks < 0) | (ranks >= world.size))
    if len(wrong):
        raise IndexError(f"destination {ranks[wrong[0]]} of row {wrong[0]} is none of the {world.size} ranks")
    return (plain, ranks), [(array.dtype.descr, array.shape[1:]) for array in plain]


def _row_bytes(array: np.ndarray) -> int:
    return array.itemsize * int(np.prod(array.shape[1:], dtype=np.int64))


def _exchange_narrow(world: World, arrays, ranks: np.ndarray, narrow: list[int], received) -> np.ndarray | None:
    """Fill in what comes of the arrays that the kernels scatter, all of them in one exchange; the counts."""
    if not narrow:
        return None
    spec = tuple(_COLUMN_OF_BYTES[_row_bytes(arrays[index])] for index in narrow)
    columns = [_as_column(arrays[index], name) for index, name in zip(narrow, spec)]
    result, _ = exchange_columns(world, [Part(world.rank, columns, ranks.astype(np.uint32))], spec)
    for index, column in zip(narrow, result.columns):
        like = arrays[index]
        received[index] = column.view(like.dtype).reshape(-1, *like.shape[1:])
    return np.diff(result.offsets)


def _as_column(array: np.ndarray, name: str) -> np.ndarray:
    column = array.reshape(-1).view(np.uint8).view(name)
    return column if column.flags.aligned else column.copy()


def _exchange_wide(world: World, arrays, ranks: np.ndarray, received) -> np.ndarray:
    """Fill in what comes of the other arrays, one message to every rank an array; the counts."""
    order = np.argsort(ranks, kind="stable")
    leaving = np.bincount(ranks, minlength=world.size)
    for index, array in enumerate(arrays):
        if received[index] is None:
            received[index], counts = alltoallv(world, array[order], leaving)
    return counts

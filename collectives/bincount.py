"""How often every small integer occurs."""

from typing import Any

import numpy as np

from pympr.collectives.arguments import agree_arguments, as_indices, as_vector, world_of
from pympr.collectives.reduce import allreduce


def bincount(array: Any, weights: Any = None, minlength: int = 0, comm: Any = None) -> np.ndarray:
    """`numpy.bincount` of all ranks' integers, the same on every rank. Collective.

    `array` is 1-d of integers from 0 on, of any length and integer dtype on every rank. The result has a bin for
    every integer up to the largest of all ranks, at least `minlength`: int64 counts, or with `weights` (as many
    numbers as `array`, on all ranks or none) their sums as float64, added in the MPI library's order. Every rank
    holds all bins: where there are as many bins as rows, `group_reduce` needs less memory. `comm` is an mpi4py
    communicator, by default all ranks.

    Raises TypeError or ValueError on all ranks when the arguments of one are wrong.

    >>> bincount(np.array([1, 3, 1]), minlength=5)
    array([0, 2, 0, 1, 0])
    >>> bincount(np.array([1, 3, 1]), weights=[0.5, 1.0, 0.25])
    array([0.  , 0.75, 0.  , 1.  ])
    """
    world = world_of(comm)
    numbers, weights = agree_arguments(world, lambda: _checked(array, weights, minlength))
    largest = int(allreduce(world, np.array([numbers.max() if len(numbers) else -1]), "max")[0])
    return allreduce(world, np.bincount(numbers, weights, max(minlength, largest + 1)), "sum")


def _checked(array: Any, weights: Any, minlength: int) -> tuple[Any, Any]:
    numbers = as_indices(array, "array")
    if len(numbers) and numbers.min() < 0:
        raise ValueError(f"array must hold no negative integers, got {numbers.min()}")
    if not isinstance(minlength, (int, np.integer)) or minlength < 0:
        raise ValueError(f"minlength must be an integer from 0 on, got {minlength!r}")
    if weights is not None:
        weights = as_vector(weights, "weights")
        if weights.dtype.kind not in "biuf":
            raise TypeError(f"weights must hold real numbers, got {weights.dtype}")
        if len(weights) != len(numbers):
            raise ValueError(f"there are {len(numbers)} integers and {len(weights)} weights")
        weights = weights.astype(np.float64, copy=False)
    return (numbers, weights), (weights is None, int(minlength))

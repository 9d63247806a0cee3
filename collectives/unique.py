"""The distinct values of all ranks."""

from typing import Any

import numpy as np

from pympr.collectives.arguments import agree_arguments, world_of
from pympr.collectives.group_reduce import combine_by_key
from pympr.collectives.sort import as_sortable


def unique(array: Any, comm: Any = None, return_counts: bool = False) -> Any:
    """This rank's part of the distinct values of all ranks, ascending over the ranks; each comes once. Collective.

    `array` is 1-d as for `sort`, and the result has its dtype; NaN count as one value, and so do 0.0 and -0.0.
    `return_counts` adds how often each occurs in all (int64). Shares are equal where many more values are distinct
    than there are ranks. `comm` is an mpi4py communicator, by default all ranks.

    Raises TypeError or ValueError on all ranks when the argument of one is wrong.

    >>> unique(np.array([5, 3, 5]), return_counts=True)
    (array([3, 5]), array([1, 2]))
    """
    world = world_of(comm)
    values = agree_arguments(world, lambda: _checked(array, return_counts))
    columns = [(np.ones(len(values), np.int64), np.add)] if return_counts else []
    distinct, counts = combine_by_key(world, values, columns)
    return (distinct, counts[0]) if return_counts else distinct


def _checked(array: Any, return_counts: bool) -> tuple[np.ndarray, Any]:
    values = as_sortable(array, "array")
    return values, (values.dtype.str, bool(return_counts))

"""All ranks' values in order."""

from typing import Any

import numpy as np

from pympr.collectives.alltoall import alltoallv
from pympr.collectives.arguments import agree_arguments, as_vector, world_of
from pympr.collectives.cuts import TOLERANCE, find_cuts
from pympr.native.merge import merge_runs
from pympr.native.sort import sort_values

SORTABLE = "biufcSUmM"
_NATIVE = (np.dtype(np.int64), np.dtype(np.float64))


def sort(array: Any, comm: Any = None, exact: bool = False) -> np.ndarray:
    """This rank's part of all ranks' values in ascending order: what rank 0 gets comes before what rank 1 gets.

    `array` is 1-d, of any length on every rank and one dtype on all: bool, numbers, dates, `S` or `U`; the
    result has that dtype and is a new array. Order as in `numpy.sort`: NaN and NaT come last. Every rank gets
    an equal share to within 2 percent, with `exact` to within one row, whatever the values are: equal ones
    are cut too. `comm` is an mpi4py communicator, by default all ranks. Collective.

    Raises TypeError or ValueError on all ranks when the argument of one is wrong.
    Splitters are found by histogram sampling (see `pympr.collectives.cuts`); no rank gathers the samples of all.

    >>> sort(np.array([3, 1, 2]))
    array([1, 2, 3])
    """
    world = world_of(comm)
    values = agree_arguments(world, lambda: _checked(array, exact))
    run = sort_locally(values)
    if world.is_solo:
        return run
    search, _ = find_cuts(world, run, 0.0 if exact else TOLERANCE)
    received, counts = alltoallv(world, run, np.diff(search.bounds()))
    return merge_sorted(received, counts)


def _checked(array: Any, exact: bool) -> tuple[np.ndarray, Any]:
    values = as_sortable(array, "array")
    return values, (values.dtype.str, bool(exact))


def as_sortable(array: Any, name: str) -> np.ndarray:
    """`array` as a vector of a dtype that has an order, in the machine's byte order; else TypeError or ValueError."""
    values = as_vector(array, name)
    if values.dtype.kind not in SORTABLE:
        raise TypeError(f"{name} must hold numbers, dates or strings to have an order, got {values.dtype}")
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def sort_locally(values: np.ndarray) -> np.ndarray:
    """A sorted copy.

    >>> sort_locally(np.array(["b", "a"]))
    array(['a', 'b'], dtype='<U1')
    """
    return sort_values(values.copy()) if values.dtype in _NATIVE else np.sort(values, kind="stable")


def merge_sorted(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Sorted runs of `counts` rows that lie one after the other, as one.

    >>> merge_sorted(np.array([1, 5, 2]), np.array([2, 1]))
    array([1, 2, 5])
    """
    if values.dtype in _NATIVE:
        return merge_runs(values, np.concatenate([[0], np.cumsum(counts)]))
    return np.sort(values, kind="stable")

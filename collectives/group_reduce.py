"""Values combined by key over all ranks."""

from typing import Any

import numpy as np

from pympr.collectives.alltoall import alltoallv
from pympr.collectives.arguments import agree_arguments, as_plain, world_of
from pympr.collectives.cuts import find_cuts
from pympr.collectives.sort import as_sortable
from pympr.collectives.world import World
from pympr.native.sort import sort_permutation

OPERATIONS = ("sum", "min", "max", "count", "mean")
_KINDS = {"sum": "biufc", "min": "biufmM", "max": "biufmM", "mean": "biuf"}
_NATIVE = (np.dtype(np.int64), np.dtype(np.float64), np.dtype(bool))


def group_reduce(keys: Any, values: Any, operation: str = "sum", comm: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys of all ranks and the combined values of each: (keys, values) of this rank's part. Collective.

    `keys` is 1-d as for `sort`; `values` has as many rows (first axis) and may have more axes. Each key comes once,
    on one rank, in ascending order over the ranks; NaN are one key, and 0.0 and -0.0 are one.

    `operation` is "sum" (of bool and integers: int64 or uint64, wrapping as NumPy's; else the dtype of `values`),
    "min" or "max" (of its dtype; NaN wins), "count" (int64; `values` may be None) or "mean" (float64). Floats are
    added first on each rank in the order of the rows, then in the order of ranks: the last bits depend on how rows
    are spread. `comm` is an mpi4py communicator, by default all ranks.

    Raises TypeError or ValueError on all ranks when the arguments of one are wrong.

    >>> group_reduce(np.array([7, 5, 7]), np.array([1.5, 2.0, 1.0]))
    (array([5, 7]), array([2. , 2.5]))
    >>> group_reduce(["b", "a", "b"], None, "count")
    (array(['a', 'b'], dtype='<U1'), array([1, 2]))
    """
    world = world_of(comm)
    keys, values = agree_arguments(world, lambda: _checked(keys, values, operation))
    if operation == "mean":
        values, counts = values
        keys, (sums, counts) = combine_by_key(world, keys, [(values, np.add), (counts, np.add)])
        return keys, sums / counts.reshape(-1, *[1] * (sums.ndim - 1))
    function = {"min": np.minimum, "max": np.maximum}.get(operation, np.add)
    keys, (result,) = combine_by_key(world, keys, [(values, function)])
    return keys, result


def _checked(keys: Any, values: Any, operation: str) -> tuple[Any, Any]:
    if operation not in OPERATIONS:
        raise ValueError(f"unknown operation {operation!r}; there are {', '.join(OPERATIONS)}")
    keys = as_sortable(keys, "keys")
    if operation == "count":
        return (keys, np.ones(len(keys), np.int64)), (keys.dtype.str, operation)
    values = as_plain(values, "values")
    if values.dtype.kind not in _KINDS[operation]:
        raise TypeError(f"operation {operation!r} has no meaning here for values of {values.dtype}")
    if values.ndim == 0 or len(values) != len(keys):
        raise ValueError(f"there are {len(keys)} keys, but values of shape {values.shape}")
    kind = (keys.dtype.str, values.dtype.str, values.shape[1:], operation)
    if operation == "mean":
        return (keys, (values.astype(np.float64), np.ones(len(keys), np.int64))), kind
    if operation == "sum" and values.dtype.kind in "biu":
        values = values.astype(np.uint64 if values.dtype.kind == "u" else np.int64, copy=False)
    return (keys, values.astype(values.dtype.newbyteorder("="), copy=False)), kind


def combine_by_key(world: World, keys: np.ndarray, columns: list[tuple[np.ndarray, Any]]) -> tuple[np.ndarray, list]:
    """Distinct keys and, of each (values, ufunc), the combined values: here, to their ranks, and there. Collective."""
    keys, values = combine_rows(keys, columns)
    if world.is_solo:
        return keys, values
    search, _ = find_cuts(world, keys)
    counts = np.diff(search.bounds_by_key())
    received, _ = alltoallv(world, keys, counts)
    partials = [alltoallv(world, column, counts)[0] for column in values]
    return combine_rows(received, [(column, function) for column, (_, function) in zip(partials, columns)])


def combine_rows(keys: np.ndarray, columns: list[tuple[np.ndarray, Any]]) -> tuple[np.ndarray, list]:
    """Distinct keys in ascending order and the combined values of each, in the order of the rows.

    >>> combine_rows(np.array([2, 1, 2]), [(np.array([5, 6, 7]), np.add)])
    (array([1, 2]), [array([ 6, 12])])
    """
    order = sort_permutation(keys) if keys.dtype in _NATIVE else np.argsort(keys, kind="stable")
    ordered = keys[order]
    firsts = np.flatnonzero(is_first(ordered))
    if not len(firsts):
        return ordered, [values for values, _ in columns]
    return ordered[firsts], [function.reduceat(values[order], firsts, axis=0) for values, function in columns]


def is_first(ordered: np.ndarray) -> np.ndarray:
    """Whether each of some sorted keys differs from the one before; NaN do not differ.

    >>> is_first(np.array([1.0, 1.0, np.nan, np.nan]))
    array([ True, False,  True, False])
    """
    differs = np.ones(len(ordered), bool)
    differs[1:] = ordered[1:] != ordered[:-1]
    if ordered.dtype.kind in "fcmM":
        is_missing = np.isnat(ordered) if ordered.dtype.kind in "mM" else np.isnan(ordered)
        differs[1:] &= ~(is_missing[1:] & is_missing[:-1])
    return differs

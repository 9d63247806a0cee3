"""The reductions that have a name: which arrays they take, their MPI operation, their neutral item."""

from typing import Any

import numpy as np

_KINDS = {"sum": "biufc", "prod": "biufc", "min": "biuf", "max": "biuf", "and": "biu", "or": "biu"}
_BOOLEAN = {"min": "and", "max": "or", "prod": "and"}


def check_operation(array: np.ndarray, operation: str) -> np.ndarray:
    """`array`, contiguous and of a dtype that `operation` is exact for; ValueError or TypeError when it has none."""
    if operation not in _KINDS:
        raise ValueError(f"unknown operation {operation!r}; there are {', '.join(_KINDS)}")
    given = np.asarray(array)
    if given.dtype.kind not in _KINDS[operation] or given.dtype == np.float16:
        raise TypeError(f"operation {operation!r} has no meaning here for an array of {given.dtype}")
    if given.dtype.kind == "b" and operation == "sum":
        given = given.astype(np.int64)
    return np.ascontiguousarray(given).reshape(given.shape)


def mpi_operation(operation: str, dtype: np.dtype) -> Any:
    """The mpi4py operation behind a name, for arrays of `dtype`."""
    from mpi4py import MPI

    if dtype.kind == "b":
        return {"and": MPI.LAND, "or": MPI.LOR}[_BOOLEAN.get(operation, operation)]
    names = {"sum": MPI.SUM, "prod": MPI.PROD, "min": MPI.MIN, "max": MPI.MAX, "and": MPI.BAND, "or": MPI.BOR}
    return names[operation]


def neutral(operation: str, dtype: np.dtype) -> Any:
    """The item that changes nothing when it is combined.

    >>> neutral("sum", np.dtype("int64")), neutral("max", np.dtype("float64"))
    (0, -inf)
    """
    if operation in ("sum", "or"):
        return dtype.type(0).item()
    if operation == "prod":
        return dtype.type(1).item()
    if operation == "and":
        return True if dtype.kind == "b" else np.invert(np.zeros((), dtype)).item()
    lowest, highest = _range(dtype)
    return highest if operation == "min" else lowest


def _range(dtype: np.dtype) -> tuple[Any, Any]:
    if dtype.kind == "b":
        return False, True
    if dtype.kind == "f":
        return float("-inf"), float("inf")
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def split_words(array: np.ndarray) -> np.ndarray:
    """Integers as [upper, lower] halves of 64-bit words: sums of halves cannot overflow over 2^31 ranks."""
    wide = array.astype(np.int64 if array.dtype.kind == "i" else np.uint64)
    return np.stack([wide >> 32, wide & 0xFFFFFFFF])


def join_words(halves: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, bool]:
    """The sums whose halves were summed, as `dtype`, and whether all of them fit it."""
    upper, lower = halves
    upper = upper + (lower >> 32)
    limits = np.iinfo(halves.dtype)
    fit = (upper <= limits.max >> 32) & (upper >= limits.min >> 32)
    wide = (upper << 32) | (lower & 0xFFFFFFFF)
    return wide.astype(dtype), bool(fit.all()) and is_within(wide, dtype)


def is_within(integers: np.ndarray, dtype: np.dtype) -> bool:
    """Whether all `integers`, of a wider type, are values of `dtype`."""
    limits = np.iinfo(dtype)
    return not integers.size or bool(integers.max() <= limits.max and integers.min() >= limits.min)

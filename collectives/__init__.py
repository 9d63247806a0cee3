"""Collectives for NumPy arrays in mpi4py programs; see docs/collectives.md. Importing this starts no MPI.

Public names are found when they are first used. Some are also the names of their modules
(`pympr.collectives.sort.sort`); the package gives the function.
"""

import importlib
import sys
import types
from typing import Any

_HOMES = {
    "Halo": "halo",
    "World": "world",
    "allgather": "gather",
    "allreduce": "reduce",
    "allreduce_reproducible": "reproducible",
    "alltoallv": "alltoall",
    "bincount": "bincount",
    "exchange": "exchange_arrays",
    "exclusive_scan": "scan",
    "group_reduce": "group_reduce",
    "inclusive_scan": "scan",
    "sort": "sort",
    "sum_reproducible": "reproducible",
    "transpose": "transpose",
    "unique": "unique",
    "world": "world",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))


class _Package(types.ModuleType):
    """Importing a submodule binds its name in the package; a public function of that name comes first."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _HOMES or not isinstance(value, types.ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

"""Memory that ranks read and write without the owner's help; see docs/collectives.md. Importing this starts no MPI.

Public names are found when they are first used.
"""

import importlib
from typing import Any

_HOMES = {
    "Counter": "counter",
    "GlobalArray": "global_array",
    "HashTable": "hash_table",
    "SharedArray": "shared",
    "SharedCopy": "shared",
    "Table": "lookup",
    "Window": "window",
    "WorkQueue": "work_queue",
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

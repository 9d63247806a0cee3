"""pympr: data-parallel programming models on plain MPI ranks.

Importing this module starts nothing: MPI and NumPy are loaded at the first need.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["RDD", "SparkContext", "__version__"]

_HOMES = {"SparkContext": "pympr.context", "RDD": "pympr.rdd.rdd"}

if TYPE_CHECKING:
    from pympr.context import SparkContext
    from pympr.rdd.rdd import RDD


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pympr' has no attribute {name!r}")

"""pympr: data-parallel programming models on plain MPI ranks.

Importing this module starts nothing: MPI and NumPy are loaded at the first need.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
_HOMES = {
    "Accumulator": "pympr.accumulators",
    "AccumulatorParam": "pympr.accumulators",
    "BarrierTaskContext": "pympr.taskcontext",
    "Broadcast": "pympr.broadcast",
    "RDD": "pympr.rdd.rdd",
    "RDDBarrier": "pympr.rdd.barrier",
    "SparkConf": "pympr.conf",
    "SparkContext": "pympr.context",
    "SparkFiles": "pympr.files",
    "SparkJobInfo": "pympr.status",
    "SparkStageInfo": "pympr.status",
    "StatusTracker": "pympr.status",
    "StorageLevel": "pympr.storagelevel",
    "TaskContext": "pympr.taskcontext",
}
__all__ = [
    "Accumulator",
    "AccumulatorParam",
    "BarrierTaskContext",
    "Broadcast",
    "RDD",
    "RDDBarrier",
    "SparkConf",
    "SparkContext",
    "SparkFiles",
    "SparkJobInfo",
    "SparkStageInfo",
    "StatusTracker",
    "StorageLevel",
    "TaskContext",
    "__version__",
]

# What PySpark has beside them: why it is not here, and what to do.
_REFUSED = {
    "BarrierTaskInfo": ("tasks have no addresses", "see SparkContext.size and rank"),
    "BasicProfiler": ("functions run in the script's own process", "use cProfile"),
    "CPickleSerializer": ("records travel as columns or by pickle", "leave the serializer out"),
    "HiveContext": ("there are no DataFrames", "use RDDs"),
    "InheritableThread": ("all ranks must reach the same actions in the same order", "start actions in one thread"),
    "MarshalSerializer": ("records travel as columns or by pickle", "leave the serializer out"),
    "PickleSerializer": ("records travel as columns or by pickle", "leave the serializer out"),
    "Profiler": ("functions run in the script's own process", "use cProfile"),
    "Row": ("there are no DataFrames", "use tuples or named tuples"),
    "SQLContext": ("there are no DataFrames", "use RDDs"),
    "SparkSession": ("there are no DataFrames", "use SparkContext and RDDs"),
    "inheritable_thread_target": ("all ranks must reach the same actions in the same order", "use one thread"),
}

if TYPE_CHECKING:
    from pympr.accumulators import Accumulator, AccumulatorParam
    from pympr.broadcast import Broadcast
    from pympr.conf import SparkConf
    from pympr.context import SparkContext
    from pympr.files import SparkFiles
    from pympr.rdd.barrier import RDDBarrier
    from pympr.rdd.rdd import RDD
    from pympr.status import SparkJobInfo, SparkStageInfo, StatusTracker
    from pympr.storagelevel import StorageLevel
    from pympr.taskcontext import BarrierTaskContext, TaskContext


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        try:
            return getattr(import_module(_HOMES[name]), name)
        except AttributeError as error:
            # The import statement would say no more than that there is no such name.
            raise ImportError(
                f"pympr does not fit its compiled kernels ({error}); run 'pip install -e .' in the source tree again"
            ) from error
    if name in _REFUSED:
        from pympr.refused import refusal

        raise refusal(f"pympr.{name}", *_REFUSED[name])
    raise AttributeError(f"module 'pympr' has no attribute {name!r}")

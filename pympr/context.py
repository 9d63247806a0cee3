"""SparkContext: where RDDs come from."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pympr
from pympr.accumulators import Accumulator, AccumulatorParam, param_for
from pympr.broadcast import Broadcast, fingerprint
from pympr.conf import SparkConf
from pympr.config import bytes_of, truth_of
from pympr.files import SharedFiles
from pympr.job_properties import JobProperties
from pympr.plan.function import Function
from pympr.plan.narrow import MapPartitions
from pympr.plan.node import Node
from pympr.plan.sources import Arrays, Collection, Range
from pympr.rdd.base import Base
from pympr.rdd.narrow import union_of
from pympr.rdd.rdd import RDD
from pympr.readers import Readers
from pympr.refused import RefusedByContext
from pympr.run.session import close_session, session

_SAMPLED = 64
# Partitions where results must not depend on the number of ranks, which else decides.
_FIXED_PARALLELISM = 32


class SparkContext(Readers, JobProperties, SharedFiles, RefusedByContext):
    """All ranks that run this program; made once, at the same place on every rank.

    `master` may be given as PySpark has it: `local[4]` sets the default number of
    partitions to 4 and nothing else, as the launcher has decided how many ranks
    there are. Of `conf`, `spark.master`, `spark.app.name`, `spark.default.parallelism`,
    `spark.executor.memory` (of a rank) and `spark.local.dir` have an effect; of the rest of PySpark's arguments
    `sparkHome`, `environment` and `pyFiles`. The others belong to the JVM and are ignored.

    `reproducible=True` (or `pympr.reproducible` in `conf`) makes results the same to the last bit
    for any number of ranks and threads, `verify=True` (`pympr.verify`) checks what travels;
    docs/reproducible.md has both. Not in PySpark.

    >>> SparkContext.getOrCreate().parallelize([1, 2, 3]).count()
    3
    """

    _active: SparkContext | None = None

    def __init__(
        self,
        master: str | None = None,
        appName: str | None = None,
        sparkHome: str | None = None,
        pyFiles: list[str] | None = None,
        environment: dict[str, Any] | None = None,
        batchSize: int = 0,
        serializer: Any = None,
        conf: SparkConf | None = None,
        reproducible: bool | None = None,
        verify: bool | None = None,
        **of_the_jvm: Any,
    ) -> None:
        if SparkContext._active is not None:
            raise ValueError("Cannot run multiple SparkContexts at once; stop the existing one first")
        _check_names(of_the_jvm)
        self._conf = SparkConf().setAll(conf.getAll() if conf is not None else [])
        for key, value in (("spark.master", master), ("spark.app.name", appName), ("spark.home", sparkHome)):
            if value is not None:
                self._conf.set(key, value)
        self.master = self._conf.setIfMissing("spark.master", "ranks").get("spark.master")
        self.appName = self._conf.setIfMissing("spark.app.name", "pympr").get("spark.app.name")
        self.sparkHome = self._conf.get("spark.home")
        self.environment = dict(environment or {})
        self._tags: set[str] = set()
        self._files: list[str] = []
        self._checkpoint_dir: str | None = None
        self._archives: list[str] = []
        self._session = session()
        told = {"reproducible": reproducible, "verify": verify}
        if settings := _switches(told, self._conf):
            self._session.change(**settings)
        memory = self._conf.get("spark.executor.memory") or "0"
        local = (self._conf.get("spark.local.dir") or "").split(",")[0]
        self._session.limit_memory(bytes_of(memory, "spark.executor.memory"), local)
        self._started_ms = int(self._session.of_rank_0(time.time() * 1000))
        told = self._conf.get("spark.default.parallelism")
        self._told_parallelism = None if told is None else int(told)
        self._parallelism = self._told_parallelism or _parallelism(self.master) or self._own_parallelism()
        os.environ.update({key: str(value) for key, value in self.environment.items()})
        SparkContext._active = self
        for path in pyFiles or ():
            self.addPyFile(path)

    @classmethod
    def getOrCreate(cls, conf: SparkConf | None = None) -> SparkContext:
        """The context of this program, made by `conf` if there is none."""
        return cls._active or cls(conf=conf)

    def getConf(self) -> SparkConf:
        """A copy of the settings."""
        return SparkConf().setAll(self._conf.getAll()).set("spark.app.id", self.applicationId)

    @property
    def version(self) -> str:
        """The version of pympr."""
        return pympr.__version__

    @property
    def applicationId(self) -> str:
        """A name for this run, the same on every rank.

        >>> sc.applicationId.startswith("local-")
        True
        """
        return f"local-{self._started_ms}"

    @property
    def startTime(self) -> int:
        """When the context was made on rank 0, in milliseconds since 1970."""
        return self._started_ms

    @property
    def uiWebUrl(self) -> None:
        """None: there is no server; `report` and `pympr run` tell what PySpark's page does."""

    @property
    def resources(self) -> dict[str, Any]:
        """Nothing: the launcher gives out what a node has."""
        return {}

    @property
    def rank(self) -> int:
        """The number of this rank, from 0. Not in PySpark."""
        return self._session.world.rank

    @property
    def size(self) -> int:
        """How many ranks run this program. Not in PySpark."""
        return self._session.world.size

    @property
    def defaultParallelism(self) -> int:
        """The number of partitions when none is given: the ranks, n of `local[n]`, or `spark.default.parallelism`.

        32 rather than the ranks where results are to be reproducible.
        """
        return self._parallelism

    @property
    def defaultMinPartitions(self) -> int:
        """The least number of partitions of a text file when none is given."""
        return min(self.defaultParallelism, 2)

    def parallelize(self, c: Iterable[Any], numSlices: int | None = None) -> RDD:
        """An RDD of a collection that every rank holds, the same on all.

        >>> sc.parallelize([0, 2, 3, 4, 6], 5).glom().collect()
        [[0], [2], [3], [4], [6]]
        """
        count = max(self.defaultParallelism if numSlices is None else int(numSlices), 1)
        if isinstance(c, range):
            return self._rdd(Range(c.start, c.stop, c.step, count))
        values = c if isinstance(c, tuple) else list(c)  # the caller may change a list afterwards
        return self._rdd(Collection(self._next_id(), values, _fingerprint(values), count))

    def range(self, start: int, end: int | None = None, step: int = 1, numSlices: int | None = None) -> RDD:
        """The integers from `start` to `end` (exclusive); from 0 when `end` is None.

        >>> sc.range(2, 4).collect(), sc.range(1, 7, 2).collect()
        ([2, 3], [1, 3, 5])
        """
        begin, stop = (0, start) if end is None else (start, end)
        return self.parallelize(range(begin, stop, step), numSlices)

    def emptyRDD(self) -> RDD:
        """An RDD without partitions and elements.

        >>> sc.emptyRDD().count()
        0
        """
        return self._rdd(Collection(self._next_id(), [], _fingerprint([]), 0))

    def fromNumpy(self, local_array: Any) -> RDD:
        """An RDD of NumPy arrays of which each rank passes its part: partition r is rank r's. Not in PySpark.

        A 1-d array gives its items, a tuple of 1-d arrays of equal length gives
        tuples. Integers, floats and bools become int64, float64, bool without a copy
        where they are that already; do not change them while the RDD is in use.

        >>> import numpy as np
        >>> sc.fromNumpy(np.array([3, 1, 2])).sortBy(lambda x: x).toNumpy()
        array([1, 2, 3])
        """
        arrays = local_array if isinstance(local_array, tuple) else (local_array,)
        kinds = self._session.array_kinds(arrays)
        node = Arrays(
            self._next_id(), arrays, ",".join(kinds), isinstance(local_array, tuple), self._session.world.size
        )
        return self._rdd(node)

    def union(self, rdds: Sequence[Base]) -> RDD:
        """The elements of several RDDs, one after the other.

        >>> sc.union([sc.range(2), sc.range(3)]).collect()
        [0, 1, 0, 1, 2]
        """
        return self._rdd(union_of(list(rdds)))

    def broadcast(self, value: Any) -> Broadcast:
        """A value for functions, which every rank passes; all ranks call it.

        Raises DivergenceError when the ranks pass different values; long sequences are
        compared by some of their items, objects by their type.

        >>> b = sc.broadcast([1, 2, 3])
        >>> sc.parallelize([0, 0]).flatMap(lambda x: b.value).collect()
        [1, 2, 3, 1, 2, 3]
        """
        self._session.agree("broadcast", broadcast_value=f"{type(value).__qualname__} {fingerprint(value)}")
        return Broadcast(self._next_id(), value)

    def accumulator(self, value: Any, accum_param: AccumulatorParam | None = None) -> Accumulator:
        """A value that functions add to, from `value` on; `accum_param` says how, for other than numbers.

        Raises TypeError without one for other values.

        >>> seen = sc.accumulator(0)
        >>> sc.range(5).foreach(lambda x: seen.add(x))
        >>> seen.value
        10
        """
        return Accumulator(self._next_id(), value, param_for(value, accum_param))

    def setCheckpointDir(self, dirName: str) -> None:
        """Where `RDD.checkpoint` writes: a new directory in `dirName`, which all ranks must see; all ranks call it."""
        path = os.path.join(dirName.removeprefix("file://"), f"{self.applicationId}-{self._next_id()}")
        self._session.agree("setCheckpointDir", path=path)
        self._session.made_by_rank_0(lambda: os.makedirs(path), f"making {path}")
        self._checkpoint_dir = path

    def getCheckpointDir(self) -> str | None:
        """The directory for checkpoints, None before `setCheckpointDir`."""
        return self._checkpoint_dir

    def runJob(
        self,
        rdd: Base,
        partitionFunc: Callable[[Iterable[Any]], Iterable[Any]],
        partitions: Sequence[int] | None = None,
        allowLocal: bool = False,
    ) -> list[Any]:
        """The elements that `partitionFunc` gives for the iterator of every partition, or of some.

        Raises IndexError for a partition that is not there.

        >>> sc.runJob(sc.parallelize(range(6), 3), lambda part: [x * x for x in part], [0, 2])
        [0, 1, 16, 25]
        """
        mapped = rdd._with(MapPartitions(rdd._plan, Function(partitionFunc)))
        if partitions is None:
            return mapped._act("collect", name="runJob")
        return mapped._act("collect_chosen", [int(number) for number in partitions], name="runJob")

    def report(self, root: int = 0, first: int = 0) -> dict[str, Any] | None:
        """What this program's actions did so far: machine, versions, and every rank's stages. Not in PySpark.

        All ranks must call it; rank `root` gets plain values fit for JSON, the others None. `first` leaves
        out as many of this rank's first actions.
        """
        return self._session.report(root, first)

    def stop(self) -> None:
        """End the context; another may be made afterwards. All ranks must call it."""
        if SparkContext._active is self:
            SparkContext._active = None
            close_session()

    def __enter__(self) -> SparkContext:
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if error is None:
            self.stop()

    def __repr__(self) -> str:
        return f"<SparkContext master={self.master} appName={self.appName}>"

    def _own_parallelism(self) -> int:
        return _FIXED_PARALLELISM if self._session.config.reproducible else self._session.world.size

    def _rdd(self, node: Node) -> RDD:
        return RDD(node, self)

    def _next_id(self) -> int:
        return self._session.new_id()


def _switches(told: dict[str, bool | None], conf: SparkConf) -> dict[str, bool]:
    """The settings that are told by argument or, as pympr.<name>, by `conf`."""
    found = {}
    for name, value in told.items():
        text = conf.get(f"pympr.{name}") if value is None else str(value)
        if text is not None:
            found[name] = truth_of(text, f"pympr.{name}")
    return found


def _check_names(arguments: dict[str, Any]) -> None:
    known = {"gateway", "jsc", "profiler_cls", "udf_profiler_cls", "memory_profiler_cls"}
    for name in arguments:
        if name not in known:
            raise TypeError(f"SparkContext() got an unexpected keyword argument {name!r}")


def _parallelism(master: str | None) -> int | None:
    match = re.fullmatch(r"local(?:\[(\d+|\*)(?:,\s*\d+)?\])?", master or "")
    if match is None or match[1] == "*":
        return None
    return int(match[1] or 1)


def _fingerprint(values: Sequence[Any]) -> str:
    """A name for a collection by its length and some of its items, so that ranks can compare theirs."""
    step = max(1, len(values) // _SAMPLED)
    state = hashlib.blake2b(str(len(values)).encode(), digest_size=8)
    for item in [*values[::step], *values[-1:]]:
        state.update(_plain_text(item).encode("utf-8", "surrogatepass"))
    return state.hexdigest()


def _plain_text(item: Any) -> str:
    if isinstance(item, (int, float, str, bytes, bool, type(None))):
        return repr(item)
    if isinstance(item, (tuple, list)):
        return f"{type(item).__name__}{[_plain_text(part) for part in item]}"
    return type(item).__qualname__

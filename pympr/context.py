"""SparkContext: where RDDs come from."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pympr.plan.node import Node
from pympr.plan.sources import Arrays, Collection, Range
from pympr.rdd.base import Base
from pympr.rdd.narrow import union_of
from pympr.rdd.rdd import RDD
from pympr.readers import Readers
from pympr.run.session import close_session, session

_SAMPLED = 64


class SparkContext(Readers):
    """All ranks that run this program; made once, at the same place on every rank.

    `master` may be given as PySpark has it: `local[4]` sets the default number of
    partitions to 4 and nothing else, as the launcher has decided how many ranks
    there are. Other values are accepted and have no effect.

    >>> SparkContext.getOrCreate().parallelize([1, 2, 3]).count()
    3
    """

    _active: "SparkContext | None" = None

    def __init__(self, master: str | None = None, appName: str | None = None, **unused: Any) -> None:
        if SparkContext._active is not None:
            raise ValueError("Cannot run multiple SparkContexts at once; stop the existing one first")
        self.master, self.appName = master or "ranks", appName or "pympr"
        self._session = session()
        self._told_parallelism: int | None = None
        self.defaultParallelism = _parallelism(master) or self._session.world.size
        SparkContext._active = self

    @classmethod
    def getOrCreate(cls) -> "SparkContext":
        """The context of this program, made if there is none."""
        return cls._active or cls()

    @property
    def rank(self) -> int:
        """The number of this rank, from 0. Not in PySpark."""
        return self._session.world.rank

    @property
    def size(self) -> int:
        """How many ranks run this program. Not in PySpark."""
        return self._session.world.size

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
        """An RDD without elements.

        >>> sc.emptyRDD().count()
        0
        """
        return self.parallelize([], 1)

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

    def report(self, root: int = 0) -> dict[str, Any] | None:
        """What this program's actions did so far: machine, versions, and every rank's stages. Not in PySpark.

        All ranks must call it; rank `root` gets plain values fit for JSON, the others None.
        """
        return self._session.report(root)

    def stop(self) -> None:
        """End the context; another may be made afterwards. All ranks must call it."""
        if SparkContext._active is self:
            SparkContext._active = None
            close_session()

    def __enter__(self) -> "SparkContext":
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if error is None:
            self.stop()

    def __repr__(self) -> str:
        return f"<pympr SparkContext master={self.master} appName={self.appName}>"

    def _rdd(self, node: Node) -> RDD:
        return RDD(node, self)

    def _next_id(self) -> int:
        return self._session.new_id()


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

"""A resilient distributed dataset: a plan, and the context it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pympr.plan.narrow import Cached
from pympr.plan.node import Node
from pympr.plan.placed import placed_by
from pympr.plan.show import show
from pympr.plan.wide import Contract
from pympr.rdd.actions import Actions
from pympr.rdd.narrow import Narrow
from pympr.rdd.pairs import Pairs

if TYPE_CHECKING:
    from pympr.context import SparkContext


class RDD(Narrow, Pairs, Actions):
    """An immutable, partitioned collection over all ranks; made by a SparkContext or from another RDD.

    Transformations only extend the plan. Actions run it, and every rank must
    call them in the same order. `repr` is local and communicates nothing.
    """

    def __init__(self, node: Node, ctx: SparkContext) -> None:
        self._plan = node
        self.ctx = ctx
        self._id = ctx._next_id()
        self.is_cached = False

    @property
    def node(self) -> Node:
        """The plan of the elements, with a mark where they are to be kept."""
        return Cached(self._plan, self._id) if self.is_cached else self._plan

    @property
    def context(self) -> SparkContext:
        """The SparkContext this RDD was made by."""
        return self.ctx

    def id(self) -> int:
        """A number of this RDD within its context, the same on every rank."""
        return self._id

    def getNumPartitions(self) -> int:
        """The number of partitions; lists input files when they decide it (all ranks must call then).

        >>> sc.parallelize([1, 2, 3, 4], 2).getNumPartitions()
        2
        """
        return self.ctx._session.num_partitions(self._plan)

    def inputBytes(self) -> int:
        """The bytes of all input files, as they lie on disk (all ranks must call it). Not in PySpark.

        >>> sc.range(9).inputBytes()
        0
        """
        return self.ctx._session.input_bytes(self._plan)

    def cache(self) -> RDD:
        """Keep the elements in memory once they are computed.

        >>> rdd = sc.parallelize([1, 2]).map(lambda x: x + 1).cache()
        >>> rdd.count(), rdd.collect()
        (2, [2, 3])
        """
        self.is_cached = True
        return self

    def unpersist(self, blocking: bool = False) -> RDD:
        """Drop what `cache` kept."""
        self.is_cached = False
        self.ctx._session.forget(self._id)
        return self

    def placed_by(self) -> Contract | None:
        """The contract by which keys were placed, or None."""
        return placed_by(self.node)

    def explain(self) -> str:
        """The logical plan, the optimised plan and the stages, as text. Not in PySpark.

        >>> print(sc.range(3).explain().splitlines()[0])
        == logical plan ==
        """
        return self.ctx._session.explain(self.node)

    def toDebugString(self) -> bytes:
        """The plan as text, as UTF-8 bytes like PySpark's.

        >>> print(sc.parallelize([1, 2], 2).toDebugString().decode())
        (2) Collection(num_slices=2)
        """
        return f"({self.getNumPartitions()}) {show(self.node)}".encode()

    def __repr__(self) -> str:
        return f"<pympr RDD {self._id}: {type(self._plan).__name__}({self._plan.details()})>"

    def _with(self, node: Node) -> RDD:
        return RDD(node, self.ctx)

    def _act(self, action: str, *arguments: Any, name: str) -> Any:
        return self.ctx._session.act(action, self.node, *arguments, name=name)

"""What every part of RDD builds on: a plan, its context, and how both are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pympr.plan.node import Node
from pympr.plan.placed import placed_by
from pympr.plan.wide import Contract

if TYPE_CHECKING:
    from pympr.context import SparkContext
    from pympr.rdd.rdd import RDD


class Base:
    """A plan and the context it belongs to; the parts of RDD are its subclasses."""

    def __init__(self, node: Node, ctx: SparkContext) -> None:
        self._plan = node
        self.ctx = ctx
        self._id = ctx._next_id()
        self._name: str | None = None

    @property
    def node(self) -> Node:
        """The plan of the elements, with marks where they are to be kept."""
        return self.ctx._session.marked(self._plan)

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

    def placed_by(self) -> Contract | None:
        """The contract by which keys were placed, or None."""
        return placed_by(self._plan)

    def _with(self, node: Node) -> RDD:
        from pympr.rdd.rdd import RDD

        return RDD(node, self.ctx)

    def _act(self, action: str, *arguments: Any, name: str) -> Any:
        return self.ctx._session.act(action, self._plan, *arguments, name=name)

    def _default_partitions(self) -> int:
        told = self.ctx._told_parallelism
        return max(self.getNumPartitions() if told is None else told, 1)

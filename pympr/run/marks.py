"""Which nodes' rows are to be kept: marks beside the plan, as a plan never changes."""

from pympr.plan.narrow import Cached
from pympr.plan.node import Node
from pympr.plan.storage import StorageLevel


class Marks:
    """Nodes by identity, as plans that look alike may hold different data.

    A mark holds for all plans above the node, those made before it too.
    """

    def __init__(self) -> None:
        self._marked: dict[int, tuple[Node, int, StorageLevel]] = {}

    def add(self, node: Node, rdd_id: int, level: StorageLevel) -> None:
        """Mark a node; ValueError when it has another level."""
        known = self.level_of(node)
        if known is not None and known != level:
            raise ValueError(
                f"cannot change the storage level of an RDD from {known!r} to {level!r}: call unpersist() first"
            )
        if known is None and level != StorageLevel.NONE:
            self._marked[id(node)] = (node, rdd_id, level)

    def remove(self, node: Node) -> int | None:
        """Take the mark away; the number under which rows may be kept, None without a mark."""
        marked = self._marked.pop(id(node), None)
        return None if marked is None else marked[1]

    def level_of(self, node: Node) -> StorageLevel | None:
        """The level of a node, None without a mark."""
        marked = self._marked.get(id(node))
        return None if marked is None else marked[2]

    def on(self, plan: Node) -> Node:
        """The plan with Cached above every marked node; shared nodes stay shared."""
        return self._on(plan, {}) if self._marked else plan

    def _on(self, node: Node, done: dict[int, Node]) -> Node:
        # Not a closure that calls itself: that is a cycle, which would keep the plan's data alive.
        if id(node) not in done:
            below = node.with_children(lambda child: self._on(child, done))
            marked = self._marked.get(id(node))
            done[id(node)] = below if marked is None else Cached(below, *marked[1:])
        return done[id(node)]

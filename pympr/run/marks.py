"""Which nodes' rows are to be kept: marks beside the plan, as a plan never changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pympr.plan.narrow import Cached, Stored
from pympr.plan.node import Node
from pympr.plan.storage import StorageLevel

NOTHING: Mapping[int, Stored] = MappingProxyType({})


@dataclass(frozen=True)
class Mark:
    """A node, the number under which its rows are kept, and where."""

    node: Node
    rdd_id: int
    level: StorageLevel
    folder: str = ""


class Marks:
    """Nodes by identity, as plans that look alike may hold different data.

    A mark holds for all plans above the node, those made before it too.
    """

    def __init__(self) -> None:
        self._marked: dict[int, Mark] = {}

    def add(self, node: Node, rdd_id: int, level: StorageLevel) -> None:
        """Mark a node; ValueError when it has another level. A checkpoint stays one."""
        known = self.level_of(node)
        if known is not None and known != level:
            raise ValueError(
                f"cannot change the storage level of an RDD from {known!r} to {level!r}: call unpersist() first"
            )
        if id(node) not in self._marked and level != StorageLevel.NONE:
            self._marked[id(node)] = Mark(node, rdd_id, level)

    def checkpoint(self, node: Node, rdd_id: int, folder: str) -> None:
        """Mark a node for a shared folder, unless it is marked already."""
        if id(node) not in self._marked:
            self._marked[id(node)] = Mark(node, rdd_id, StorageLevel.NONE, folder)

    def remove(self, node: Node) -> int | None:
        """Take a level away, but not a checkpoint; the number under which rows may be kept, None without one."""
        if self.level_of(node) is None:
            return None
        return self._marked.pop(id(node)).rdd_id

    def level_of(self, node: Node) -> StorageLevel | None:
        """The level of a node, None without one."""
        mark = self._marked.get(id(node))
        return None if mark is None or mark.folder else mark.level

    def number_of(self, node: Node) -> int | None:
        """The number under which a node's rows are kept, None without a mark."""
        mark = self._marked.get(id(node))
        return None if mark is None else mark.rdd_id

    def on(self, plan: Node, stored: Mapping[int, Stored] = NOTHING) -> Node:
        """The plan with Cached above every marked node; shared nodes stay shared.

        Rows that are `stored` stand for the plan that made them.
        """
        if not self._marked and not stored:
            return plan
        done: dict[int, Node] = {}
        for node in reversed(list(plan.walk(lambda node: self._stored(node, stored) is not None))):
            done[id(node)] = self._stored(node, stored) or self._on(node, done)
        return done[id(plan)]

    def _stored(self, node: Node, stored: Mapping[int, Stored]) -> Stored | None:
        number = node.rdd_id if isinstance(node, Cached) else self.number_of(node)
        return None if number is None else stored.get(number)

    def _on(self, node: Node, done: dict[int, Node]) -> Node:
        below = node.with_children(lambda child: done[id(child)])
        mark = self._marked.get(id(node))
        return below if mark is None else Cached(below, mark.rdd_id, mark.level, mark.folder)

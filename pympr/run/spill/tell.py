"""What a memory budget means for a plan, as text."""

from collections.abc import Iterator

from pympr.plan.narrow import Cached, SortGroups
from pympr.plan.node import Node
from pympr.plan.sources import Collection, WholeFiles
from pympr.plan.wide import Cartesian, Everywhere, Exchange
from pympr.run.spill.memory import Memory


def tell_memory(plan: Node, memory: Memory) -> str:
    """The budget, and which steps of an optimised plan do not keep to it."""
    first = f"budget {memory.limit_bytes} bytes a rank; the rest goes to {memory.folder.path}"
    return "\n".join([first, *dict.fromkeys(_unbounded(plan))])


def _unbounded(plan: Node) -> Iterator[str]:
    for node in plan.walk():
        if isinstance(node, Exchange) and isinstance(node.contract, Everywhere):
            yield "not within it: rows that every rank gets"
        elif isinstance(node, Cartesian):
            yield "not within it: a partition of each side of a Cartesian product"
        elif isinstance(node, SortGroups):
            yield "not within it: a partition whose groups are sorted"
        elif isinstance(node, WholeFiles):
            yield "not within it: a file that is one record"
        elif isinstance(node, Collection):
            yield "not counted: the collection, which is the program's own"
        elif isinstance(node, Cached) and node.level.replication > 1:
            yield "not within it: copies of kept rows on their way"

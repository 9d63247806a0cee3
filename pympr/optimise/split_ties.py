"""Equal keys may be cut by a sort's partitions where nobody sees them."""

from dataclasses import replace

from pympr.plan.narrow import Filter, FlatMap, FlatMapValues, Map, MapValues
from pympr.plan.node import Node
from pympr.plan.wide import Sort

_BY_RECORD = (Map, FlatMap, Filter, MapValues, FlatMapValues)
_ORDER_ONLY = frozenset(
    "collect count take to_numpy save_json save_npy save_pickles save_records save_text save_formats".split()
)


def split_ties(plan: Node, action: str) -> Node:
    """The plan with equal keys cut by their place in the input, if only its rows and their order show.

    A function of whole partitions may count on meeting all rows of a key, as PySpark's range partitioner promises;
    so may later actions on kept rows. Elsewhere a key that most rows have need not go to one rank.
    """
    above: list[Node] = []
    node = plan
    while isinstance(node, _BY_RECORD):
        above.append(node)
        node = node.child
    if action not in _ORDER_ONLY or not isinstance(node, Sort):
        return plan
    node = replace(node, partitioning=replace(node.partitioning, splits_ties=True))
    for step in reversed(above):
        node = replace(step, child=node)
    return node

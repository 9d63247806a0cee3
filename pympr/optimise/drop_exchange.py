"""Rows that lie already where an exchange would bring them stay."""

from pympr.plan.narrow import Cached, Filter, FlatMapValues, MapPartitions, MapValues, Map, FlatMap, Project, Where, Words
from pympr.plan.node import Node, transform
from pympr.plan.wide import CoGroup, Contract, Exchange, FinalCombine, Group, Hash, Join, LocalCombine, PartitionBy, Sort

_PLACED = (FinalCombine, Group, PartitionBy, Join, CoGroup, Sort)
_KEEPS_KEYS = (Filter, Where, MapValues, FlatMapValues, Cached, LocalCombine)
_MAY_KEEP_KEYS = (Map, FlatMap, MapPartitions, Project, Words)


def drop_exchanges(plan: Node) -> Node | None:
    """Drop Exchange(contract) over rows that are placed by the same contract."""
    return transform(plan, _rule)


def _rule(node: Node) -> Node | None:
    if not isinstance(node, Exchange) or not isinstance(node.contract, Hash):
        return None
    return node.child if placed_by(node.child) == node.contract else None


def placed_by(node: Node) -> Contract | None:
    """The contract by which a node's rows are placed, or None.

    Equal user partition functions are equal code with equal constants.
    """
    if isinstance(node, _PLACED):
        return node.partitioning
    if isinstance(node, Exchange):
        return node.contract
    if isinstance(node, _KEEPS_KEYS) or (isinstance(node, _MAY_KEEP_KEYS) and node.preserves):
        return placed_by(node.child)
    return None

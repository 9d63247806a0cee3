"""Where a plan's rows lie."""

from pympr.plan.narrow import (
    Cached,
    Filter,
    FlatMap,
    FlatMapValues,
    Map,
    MapPartitions,
    MapValues,
    Project,
    Spread,
    Where,
    Words,
)
from pympr.plan.node import Node
from pympr.plan.wide import (
    CoGroup,
    Combine,
    Contract,
    Exchange,
    FinalCombine,
    Group,
    Join,
    LocalCombine,
    PartitionBy,
    Sort,
)

_PLACED = (Combine, FinalCombine, Group, PartitionBy, Join, CoGroup, Sort)
_KEEPS_KEYS = (Filter, Where, MapValues, FlatMapValues, Cached, LocalCombine)
_MAY_KEEP_KEYS = (Map, FlatMap, MapPartitions, Project, Spread, Words)


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

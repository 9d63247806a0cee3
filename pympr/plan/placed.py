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
    SpreadEach,
    Stored,
    Union,
    Where,
    Words,
)
from pympr.plan.node import Node
from pympr.plan.sources import Arrays
from pympr.plan.wide import (
    Cartesian,
    CoGroup,
    Combine,
    Contract,
    Everywhere,
    Exchange,
    FinalCombine,
    Group,
    Join,
    LocalCombine,
    PartitionBy,
    Sort,
    Zip,
)

_PLACED = (Combine, FinalCombine, Group, PartitionBy, Join, CoGroup, Sort)
_SAYS = (Exchange, Stored)
_KEEPS_KEYS = (Filter, Where, MapValues, FlatMapValues, Cached, LocalCombine)
_MAY_KEEP_KEYS = (Map, FlatMap, MapPartitions, Project, Spread, SpreadEach, Words)


def placed_by(node: Node) -> Contract | None:
    """The contract by which a node's rows are placed, or None.

    Equal user partition functions are equal code with equal constants.
    """
    while not isinstance(node, (*_PLACED, *_SAYS)):
        if not isinstance(node, _KEEPS_KEYS) and not (isinstance(node, _MAY_KEEP_KEYS) and node.preserves):
            return None
        node = node.child
    return node.contract if isinstance(node, _SAYS) else node.partitioning


FREE, OWNED = "any rank can make them", "on the owners of their partitions"


def lies(node: Node) -> str:
    """On which ranks the partitions of an optimised plan's rows lie: equal texts, equal ranks.

    FREE rows are made by whoever asks first, so they can go with any others; OWNED
    partitions are where an exchange brings them; other rows lie where they came to be.
    """
    # Remembered by the node itself: rules ask for one node after the other, each above the last.
    known = vars(node)
    if "_lies" not in known:
        known["_lies"] = _where(node)
    return known["_lies"]


def _where(node: Node) -> str:
    if isinstance(node, Stored):
        return node.lies
    if isinstance(node, Exchange):
        return FREE if isinstance(node.contract, Everywhere) else OWNED
    if isinstance(node, Arrays):
        return OWNED
    if isinstance(node, Cached) and node.folder:
        return FREE
    if isinstance(node, Cached):
        return OWNED if lies(node.child) == OWNED else f"kept {node.rdd_id}"
    below = list(map(lies, node.children()))
    if all(where == FREE for where in below):
        return FREE
    if isinstance(node, Zip):
        return next(where for where in below if where != FREE)
    if isinstance(node, (Union, Cartesian)):
        return f"node {id(node)}"
    return below[0]

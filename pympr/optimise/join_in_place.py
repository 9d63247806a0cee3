"""What a join can do with its left rows once its right ones are known: leave them, or leave some out."""

from collections import Counter
from dataclasses import replace

from pympr.plan.narrow import Filter, FlatMap, FlatMapValues, Fused, Map, MapValues, Project, Spread, SpreadEach, Where
from pympr.plan.node import Node
from pympr.plan.wide import Exchange, Hash, Join, LocalCombine

_BY_RECORD = (
    *(Map, FlatMap, Filter, MapValues, FlatMapValues, Fused),
    *(Project, Where, Spread, SpreadEach),
)


def join_in_place(plan: Node, action: str) -> Node:
    """An optimised plan whose joins say whether left rows may stay where they are, and whether some may be left out.

    They may stay where neither the order nor the place of the joined rows shows: rows are only counted, or merged by
    a known operation (sums, extremes) and moved. A right row without a match is to come once: right and full joins
    are done by hash always. Left rows without a match may be left out of inner and right joins.
    """
    users = Counter(id(child) for node in plan.walk() for child in node.children())
    joins = {id(node) for node in plan.walk() if isinstance(node, Join) and _are_moved(node, users)}
    if not joins:
        return plan
    free = [node.child.child for node in plan.walk() if _merges(node)] + ([plan] if action == "count" else [])
    unseen = {id(_first_not_by_record(node)) for node in free}
    found: dict[int, Node] = {}
    for node in reversed(list(plan.walk())):
        changed = node.with_children(lambda child: found[id(child)])
        if isinstance(changed, Join) and id(node) in joins:
            may_stay = changed.how in ("inner", "left") and id(node) in unseen and users[id(node)] < 2
            changed = replace(changed, may_stay=may_stay, may_thin=changed.how in ("inner", "right"))
        found[id(node)] = changed
    return found[id(plan)]


def _merges(node: Node) -> bool:
    return isinstance(node, Exchange) and isinstance(node.child, LocalCombine) and node.child.operation is not None


def _first_not_by_record(node: Node) -> Node:
    while isinstance(node, _BY_RECORD):
        node = node.child
    return node


def _are_moved(join: Join, users: Counter[int]) -> bool:
    """Whether both sides are moved, for this join alone."""
    sides = (join.left, join.right)
    return all(isinstance(s, Exchange) and _is_by_key(s.contract) and users[id(s)] == 1 for s in sides)


def _is_by_key(contract: object) -> bool:
    return isinstance(contract, Hash) and contract.function is None

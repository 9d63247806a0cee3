"""Rows that lie already where an exchange would bring them stay."""

from pympr.plan.node import Node, transform
from pympr.plan.placed import placed_by
from pympr.plan.wide import Exchange, Hash


def drop_exchanges(plan: Node) -> Node | None:
    """Drop Exchange(contract) over rows that are placed by the same contract."""
    return transform(plan, _rule)


def _rule(node: Node) -> Node | None:
    if not isinstance(node, Exchange) or not isinstance(node.contract, Hash):
        return None
    return node.child if placed_by(node.child) == node.contract else None

"""Neighbouring Python functions run in one pass over the records."""

from pympr.plan.narrow import Filter, FlatMap, FlatMapValues, Fused, Map, MapValues, Project, Spread, SpreadEach, Where
from pympr.plan.node import Node, transform

_VERBS = {Map: "map", FlatMap: "flatMap", Filter: "filter", MapValues: "mapValues", FlatMapValues: "flatMapValues"}


def fuse_functions(plan: Node) -> Node | None:
    """Map, flatMap, filter, mapValues after one another become one Fused step.

    A column step above a Python step joins it as the Python function it was:
    its records are Python objects by then.
    """
    return transform(plan, _rule)


def _rule(node: Node) -> Node | None:
    step = _step(node)
    if step is None:
        return None
    if isinstance(node.child, Fused):
        return Fused(node.child.child, (*node.child.steps, step))
    if type(node) in _VERBS:
        return Fused(node.child, (step,))
    return None


def _step(node: Node):
    if type(node) in _VERBS:
        return _VERBS[type(node)], node.function
    if isinstance(node, Where):
        return "filter", node.function
    if isinstance(node, (Spread, SpreadEach)):
        return ("flatMapValues" if node.of_values else "flatMap"), node.function
    if isinstance(node, Project):
        return ("mapValues" if node.of_values else "map"), node.function
    return None

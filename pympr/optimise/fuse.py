"""Neighbouring Python functions run in one pass over the records."""

from functools import partial

from pympr.plan.expression import Argument, Constant, Expression, MakeTuple
from pympr.plan.narrow import Filter, FlatMap, FlatMapValues, Fused, Map, MapValues, Project, Spread, SpreadEach, Where
from pympr.plan.node import Node, transform
from pympr.plan.wide import LocalCombine

_VERBS = {Map: "map", FlatMap: "flatMap", Filter: "filter", MapValues: "mapValues", FlatMapValues: "flatMapValues"}


def fuse_functions(plan: Node) -> Node | None:
    """Map, flatMap, filter, mapValues after one another become one Fused step.

    A column step above a Python step joins it as the Python function it was:
    its records are Python objects by then. One that only puts constants beside records
    which are merged as columns next, `lambda word: (word, 1)`, stays: it cannot raise, and
    is free when the records become columns before it.
    """
    combines = [node for node in plan.walk() if isinstance(node, LocalCombine) and node.operation is not None]
    kept = {id(node.child.expression) for node in combines if isinstance(node.child, Project)}
    return transform(plan, partial(_rule, kept))


def _rule(kept: set[int], node: Node) -> Node | None:
    step = _step(node)
    if step is None or (isinstance(node, Project) and id(node.expression) in kept and _holds_whole(node.expression)):
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


def _holds_whole(expression: Expression) -> bool:
    """Whether a record's value is the record itself with constants around it."""
    if isinstance(expression, Argument):
        return True
    if not isinstance(expression, MakeTuple):
        return False
    others = [item for item in expression.items if not isinstance(item, Constant)]
    return len(others) == 1 and _holds_whole(others[0])

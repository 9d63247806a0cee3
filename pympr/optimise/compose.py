"""A function that gives a list of which the next ones take items is read together with them: no list is ever made.

`map(lambda line: line.split(","))` is how most programs begin. A list is no column, its items are.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pympr.optimise.symbolic import translate
from pympr.optimise.values import Listed, MakeList, Matched, Split
from pympr.plan.expression import MakeTuple
from pympr.plan.function import Function
from pympr.plan.narrow import Filter, FlatMap, Map
from pympr.plan.node import Node, transform


def compose_lists(plan: Node) -> Node | None:
    """Map(Map(c, f), g) becomes Map(c, gf), and Filter(Map(c, f), g) becomes Map(Filter(c, gf), f), f giving lists."""
    return transform(plan, _rule)


def _rule(node: Node) -> Node | None:
    if not isinstance(node, (Map, Filter, FlatMap)) or not isinstance(node.child, Map):
        return None
    inner = node.child
    if not isinstance(translate(inner.function.call).value, (Split, MakeList, Matched, Listed)):
        return None
    both = after(node.function.call, inner.function.call)
    found = translate(both)
    if isinstance(node, Filter):
        kept = Filter(inner.child, Function(both))
        return replace(inner, child=kept) if found.test is not None else None
    has_items = isinstance(found.value, (MakeList, MakeTuple, Listed))
    if found.value is None or (isinstance(node, FlatMap) and not has_items):
        return None
    return type(node)(inner.child, Function(both), node.preserves and inner.preserves)


def after(outer: Callable[[Any], Any], inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function outer(inner(x)); to a reader of errors it is `outer`.

    >>> after(len, str.split)("a b")
    2
    """

    def both(x):
        return outer(inner(x))

    both.__qualname__ = getattr(outer, "__qualname__", type(outer).__qualname__)
    both.__wrapped__ = outer  # type: ignore[attr-defined]
    return both

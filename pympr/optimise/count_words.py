"""Words of a text with a constant each are split and merged in one pass over the text."""

from dataclasses import replace

from pympr.plan.expression import Argument, Constant, MakeTuple
from pympr.plan.narrow import Project
from pympr.plan.node import Node, transform
from pympr.plan.sources import TextFile
from pympr.plan.wide import CombineWords, LocalCombine


def count_words(plan: Node) -> Node | None:
    """LocalCombine((word, constant) of TextFile words) is CombineWords(TextFile)."""
    return transform(plan, _rule)


def _rule(node: Node) -> Node | None:
    if type(node) is not LocalCombine or not isinstance(node.operation, str) or node.made is not None:
        return None
    constant = _constant_of(node.child)
    if constant is None:
        return None
    text = replace(node.child.child, unit="text")
    functions = node.create, node.merge_value, node.merge_combiners
    return CombineWords(text, *functions, node.operation, bindings=node.bindings, constant=constant)


def _constant_of(node: Node) -> int | None:
    """The 64-bit integer that a step pairs every word of a text with, or None."""
    if not isinstance(node, Project) or not isinstance(node.child, TextFile):
        return None
    text, expression = node.child, node.expression
    is_plain = text.unit == "words" and text.use_unicode and not text.with_place
    if not is_plain or not isinstance(expression, MakeTuple):
        return None
    if len(expression.items) != 2 or expression.items[0] != Argument():
        return None
    value = expression.items[1].value if isinstance(expression.items[1], Constant) else None
    return value if type(value) is int and -(2**63) <= value < 2**63 else None

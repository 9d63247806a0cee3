"""Items of the lines of a text file are read as items: no line is ever made."""

from dataclasses import fields, replace
from typing import Any

from pympr.optimise.words_of_text import WITHOUT_SURROGATES
from pympr.plan.expression import Argument, Expression, SplitItem
from pympr.plan.narrow import LineItems, Project
from pympr.plan.node import Node, transform
from pympr.plan.sources import TextFile


def read_items(plan: Node) -> Node | None:
    """Project(TextFile), where all it wants of a line is one item of its split, is LineItems(TextFile)."""
    return transform(plan, _rule)


def _rule(node: Node) -> Node | None:
    if not isinstance(node, Project) or not isinstance(node.child, TextFile) or node.of_values:
        return None
    text = node.child
    is_plain = text.unit == "lines" and not text.with_place
    if not is_plain or not text.use_unicode or text.errors not in WITHOUT_SURROGATES:
        return None
    wanted: set[Expression] = set()
    expression = _over_items(node.expression, wanted, {})
    item = wanted.pop() if len(wanted) == 1 else None
    if not isinstance(item, SplitItem) or not _is_found_in_one_pass(item):
        return None
    return LineItems(replace(text, unit="whole lines"), item, expression, node.function, node.bindings)


def _over_items(value: Any, wanted: set[Expression], done: dict[int, Any]) -> Any:
    """The expression with its line's items as its argument; `wanted` gets what it takes of the line."""
    if isinstance(value, tuple):
        return tuple(_over_items(item, wanted, done) for item in value)
    if not isinstance(value, Expression):
        return value
    if isinstance(value, Argument) or (isinstance(value, SplitItem) and value.of == Argument()):
        wanted.add(value)
        return Argument()
    if id(value) not in done:  # what is used twice stays one object, which is computed once
        parts = {field.name: _over_items(getattr(value, field.name), wanted, done) for field in fields(value)}
        done[id(value)] = replace(value, **parts)
    return done[id(value)]


def _is_found_in_one_pass(item: SplitItem) -> bool:
    """Whether the item ends at the first separator after it, and its number is known from the left."""
    separator = item.separator or ""
    is_character = len(separator) == 1 and separator.isascii() and separator not in "\r\n"
    is_unlimited = item.maxsplit < 0 or (not item.from_right and item.index < item.maxsplit)
    return is_character and is_unlimited and item.index >= 0

"""Words of a text file are read as words: no line is ever made."""

from dataclasses import replace

from pympr.plan.narrow import Words
from pympr.plan.node import Node, transform
from pympr.plan.sources import TextFile

WITHOUT_SURROGATES = ("strict", "ignore", "replace", "backslashreplace")


def read_words(plan: Node) -> Node | None:
    """Words(TextFile) is TextFile with words as its unit: newlines are white space too."""
    return transform(plan, _rule)


def _rule(node: Node) -> Node | None:
    if not isinstance(node, Words) or not isinstance(node.child, TextFile):
        return None
    text = node.child
    is_plain = text.unit == "lines" and text.with_place == node.of_values
    # Bytes split at ASCII white space only, and surrogates have no columns.
    is_utf8 = text.use_unicode and text.errors in WITHOUT_SURROGATES
    return replace(text, unit="words") if is_plain and is_utf8 else None

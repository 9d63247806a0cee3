"""The base of all plan nodes: immutable, comparable, with children in order."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from pympr.plan.function import Function


@dataclass(frozen=True)
class Node:
    """One step of a plan. Fields that are nodes, or tuples of nodes, are its children."""

    def children(self) -> tuple["Node", ...]:
        found: list[Node] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Node):
                found.append(value)
            elif isinstance(value, tuple) and value and isinstance(value[0], Node):
                found += value
        return tuple(found)

    def with_children(self, change: Callable[["Node"], "Node"]) -> "Node":
        """This node with `change` applied to every child; itself when nothing changed."""
        changed: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Node):
                new: Any = change(value)
            elif isinstance(value, tuple) and value and isinstance(value[0], Node):
                new = tuple(change(item) for item in value)
                new = value if all(a is b for a, b in zip(new, value)) else new
            else:
                continue
            if new is not value:
                changed[field.name] = new
        return replace(self, **changed) if changed else self

    def walk(self, is_leaf: Callable[["Node"], bool] | None = None) -> Iterator["Node"]:
        """This node and all below it, each once, parents before their children; nothing below leaves."""
        # Not recursive: an iterative program's plan is deeper than Python's stack, and has more ways than nodes.
        seen: set[int] = set()
        found: list[Node] = []
        waiting: list[tuple[Node, bool]] = [(self, False)]
        while waiting:
            node, is_done = waiting.pop()
            if is_done:
                found.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                waiting.append((node, True))
                if is_leaf is None or not is_leaf(node):
                    waiting += [(child, False) for child in node.children()]
        return reversed(found)

    def depth(self) -> int:
        """How many nodes the longest way down has."""
        depths: dict[int, int] = {}
        for node in reversed(list(self.walk())):
            depths[id(node)] = 1 + max((depths[id(child)] for child in node.children()), default=0)
        return depths[id(self)]

    def details(self) -> str:
        """The arguments, for the plan's text."""
        parts = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Node) or _is_nodes(value) or not field.repr:
                continue
            parts.append(str(value) if isinstance(value, Function) else f"{field.name}={value!s}")
        return ", ".join(parts)

    def identity(self) -> str:
        """The arguments, for the digest: functions by their code."""
        parts = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Function):
                parts.append(value.fingerprint())
            elif not isinstance(value, Node) and not _is_nodes(value) and field.compare:
                parts.append(f"{value!s}")
        return f"{type(self).__name__}({','.join(parts)})"


def _is_nodes(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Node)


def digest(node: Node) -> str:
    """16 hexadecimal digits that name a plan, the same on every rank."""
    state = hashlib.blake2b(digest_size=8)
    numbers: dict[int, int] = {}
    for current in reversed(list(node.walk())):
        numbers[id(current)] = len(numbers)
        state.update(current.identity().encode("utf-8", "surrogatepass"))
        state.update(f"{[numbers[id(child)] for child in current.children()]}".encode())
    return state.hexdigest()


def transform(node: Node, rule: Callable[[Node], Node | None]) -> Node:
    """Apply `rule` bottom-up; a rule returns a new node, or None for no change.

    A node that several parents share is changed once and stays shared.
    """
    done: dict[int, Node] = {}
    for current in reversed(list(node.walk())):
        below = current.with_children(lambda child: done[id(child)])
        changed = rule(below)
        done[id(current)] = below if changed is None else changed
    return done[id(node)]

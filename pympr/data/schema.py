"""Layouts: the shape of a record, as names only.

A layout is a `Leaf` (one column) or a `Row` (a tuple of layouts). Records of a
layout become columns and come back as exactly the same Python values.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

KINDS = ("int64", "float64", "bool", "string", "bytes", "none")
VARIABLE_KINDS = ("string", "bytes")


@dataclass(frozen=True)
class Leaf:
    """One value a record: its kind, and whether None occurs."""

    kind: str
    nullable: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}; known are {', '.join(KINDS)}")

    @property
    def is_variable(self) -> bool:
        return self.kind in VARIABLE_KINDS

    def __str__(self) -> str:
        return self.kind + ("?" if self.nullable else "")


@dataclass(frozen=True)
class Row:
    """A tuple of values, each with its own layout."""

    items: tuple["Layout", ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


@dataclass(frozen=True)
class Many:
    """Any number of values of one layout: `make`, given a list of them, is the Python object."""

    item: "Layout"
    make: Callable[[list[Any]], Any]

    def __str__(self) -> str:
        return f"many {self.item}"


Layout = Leaf | Row | Many


def leaves(layout: Layout) -> tuple[Any, ...]:
    """The columns of a layout, left to right: a Leaf or Many each.

    >>> [str(leaf) for leaf in leaves(Row((Leaf("string"), Row((Leaf("int64"), Leaf("bool"))))))]
    ['string', 'int64', 'bool']
    """
    if not isinstance(layout, Row):
        return (layout,)
    return tuple(leaf for item in layout.items for leaf in leaves(item))


def width(layout: Layout) -> int:
    """How many columns a layout has."""
    return len(leaves(layout))


def has_many(layout: Layout) -> bool:
    """Whether there are lists among the columns."""
    return any(isinstance(leaf, Many) for leaf in leaves(layout))


def is_pair(layout: Layout) -> bool:
    """Whether records are (key, value) tuples."""
    return isinstance(layout, Row) and len(layout.items) == 2


def unify(left: Layout | None, right: Layout | None) -> Layout | None:
    """The layout that holds records of both, or None when there is none.

    Only a null widens a leaf: int64 and float64 do not mix, as a column would
    give back other values than were put in.

    >>> str(unify(Leaf("int64"), Leaf("none")))
    'int64?'
    >>> unify(Leaf("int64"), Leaf("float64")) is None
    True
    """
    if left == right:
        return left
    if isinstance(left, Leaf) and isinstance(right, Leaf):
        return _unify_leaves(left, right)
    if isinstance(left, Row) and isinstance(right, Row) and len(left.items) == len(right.items):
        items = tuple(unify(a, b) for a, b in zip(left.items, right.items))
        return None if None in items else Row(items)
    return None


def _unify_leaves(left: Leaf, right: Leaf) -> Leaf | None:
    if left.kind == right.kind:
        return replace(left, nullable=True)
    if right.kind == "none":
        return replace(left, nullable=True)
    if left.kind == "none":
        return replace(right, nullable=True)
    return None

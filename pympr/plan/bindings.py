"""What a translated function looked up outside itself, and whether that still is what it was."""

import types
from typing import Any

MISSING = object()


class Bindings:
    """Names that a translation rests on: it holds as long as each still means the same object.

    >>> names = {"LIMIT": 3}
    >>> bindings = Bindings()
    >>> bindings.look_up(names, "LIMIT")
    3
    >>> bindings.hold()
    True
    >>> names["LIMIT"] = 4
    >>> bindings.hold()
    False
    """

    def __init__(self) -> None:
        self._names: list[tuple[dict[str, Any], str, Any]] = []
        self._cells: list[tuple[types.CellType, Any]] = []
        self._parts: list[tuple[types.FunctionType, Any]] = []
        self._lists: list[tuple[list[Any], tuple[Any, ...]]] = []

    def look_up(self, names: dict[str, Any], name: str) -> Any:
        """names[name], or MISSING; remembered either way."""
        value = names.get(name, MISSING)
        self._names.append((names, name, value))
        return value

    def look_into(self, cell: types.CellType) -> Any:
        """What a variable of an enclosing function holds, or MISSING."""
        value = _content(cell)
        self._cells.append((cell, value))
        return value

    def rest_on(self, function: types.FunctionType) -> None:
        """Remember a function's code and defaults."""
        self._parts.append((function, _parts(function)))

    def watch(self, items: list[Any]) -> None:
        """Remember what is in a list."""
        self._lists.append((items, tuple(items)))

    def hold(self) -> bool:
        """Whether every name still means what it did."""
        if not all(_are_same(tuple(items), known) for items, known in self._lists):
            return False
        for names, name, value in self._names:
            if names.get(name, MISSING) is not value:
                return False
        for cell, value in self._cells:
            if _content(cell) is not value:
                return False
        return all(_are_same(_parts(function), parts) for function, parts in self._parts)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet filled
        return MISSING


def _parts(function: types.FunctionType) -> tuple[Any, ...]:
    keywords = function.__kwdefaults__ or {}
    return function.__code__, function.__defaults__, *keywords.values()


def _are_same(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    return len(left) == len(right) and all(a is b for a, b in zip(left, right))

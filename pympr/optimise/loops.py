"""Loops of a function: over known items they are unrolled, over a list in a column they are read once for any item."""

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pympr.optimise.values import ELEMENT, Each, Items, Known, MakeList, Unknown, is_plain, lift, operand
from pympr.plan.expression import Argument, Constant, Expression, Item, MakeTuple, Operation

MOST_ITEMS = 64
YIELDS = ".yields"  # a name that no variable has
MADE = ".made"
_COMPREHENSIONS = ("<listcomp>", "<genexpr>")


@dataclass(frozen=True, eq=False)
class Cell:
    """A variable that an inner function uses."""

    name: str


@dataclass(frozen=True, eq=False)
class Inner:
    """A comprehension, with the values of the variables around it that it uses."""

    code: types.CodeType
    around: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Iterating:
    """A loop's iterator: over known items from a position on, or over a list in a column."""

    over: Items | Expression
    position: int = 0


def begin(path: Any, value: Any) -> Iterating:
    """`iter(value)`"""
    if isinstance(value, Iterating):
        return value
    if isinstance(value, Expression) and _is_of_record(value):
        return Iterating(value)
    return Iterating(items_of(path, value))


def _is_of_record(value: Expression) -> bool:
    """Whether a value is the record, or an item of items of it."""
    while isinstance(value, Item) or (isinstance(value, Operation) and value.name == "unpack"):
        value = value.operands()[0]
    return type(value) is Argument


def items_of(path: Any, value: Any) -> Items:
    """The items of what is the same for every record, or was just made; Unknown of anything else."""
    if isinstance(value, Items):
        return value
    if isinstance(value, (MakeTuple, MakeList)):
        return Items(value.items)
    if isinstance(value, Constant) and type(value.value) is tuple:
        return Items(tuple(map(Constant, value.value)))
    if isinstance(value, Known) and type(value.value) in (tuple, range) and len(value.value) <= MOST_ITEMS:
        return Items(tuple(map(lift, value.value)))
    raise Unknown("has a loop")


def known_list(path: Any, value: list[Any], name: str) -> Items | None:
    """The items of a list that the function refers to; the translation holds while they are the same objects."""
    if len(value) > MOST_ITEMS or not all(map(is_plain, value)):
        return None
    path.trace.bindings.watch(value)
    return Items(tuple(map(lift, value)), name)


def enumerated(path: Any, arguments: Sequence[Any]) -> Items:
    """`enumerate(items, start)`"""
    start = arguments[1] if len(arguments) == 2 else Constant(0)
    if not 1 <= len(arguments) <= 2 or not isinstance(start, Constant) or type(start.value) is not int:
        raise Unknown("calls enumerate with other arguments")
    items = items_of(path, arguments[0]).items
    return Items(tuple(_pair(Constant(start.value + number), item) for number, item in enumerate(items)))


def counted(path: Any, arguments: Sequence[Any]) -> Items:
    """`range(...)` of constants"""
    if not 1 <= len(arguments) <= 3 or not all(isinstance(a, Constant) and type(a.value) is int for a in arguments):
        raise Unknown("has a loop")
    try:
        numbers = range(*(argument.value for argument in arguments))
    except ValueError:
        raise Unknown("raises") from None
    if len(numbers) > MOST_ITEMS:
        raise Unknown("has a long loop")
    return Items(tuple(map(Constant, numbers)))


def zipped(path: Any, arguments: Sequence[Any]) -> Items:
    """`zip(items, ...)`"""
    columns = [items_of(path, argument).items for argument in arguments]
    return Items(tuple(MakeTuple(tuple(map(operand, row))) for row in zip(*columns)))


def _pair(number: Constant, item: Any) -> MakeTuple:
    return MakeTuple((number, operand(item)))


def make_inner(path: Any, flags: int) -> Inner:
    """MAKE_FUNCTION: comprehensions only."""
    code = path.pop()
    code = code.value if isinstance(code, Known) else None
    if not isinstance(code, types.CodeType) or code.co_name not in _COMPREHENSIONS or flags & ~8:
        raise Unknown("makes a function or a comprehension")
    made = Inner(code, {})
    return close_over(path, made) if flags & 8 else made


def close_over(path: Any, inner: Inner) -> Inner:
    """The comprehension with the variables in the tuple of cells on the stack."""
    cells = path.pop()
    names = cells.value if isinstance(cells, Known) else ()
    if not all(isinstance(cell, Cell) and cell.name in path.local for cell in names):
        raise Unknown("makes a function or a comprehension")
    path.local[MADE] = inner  # from now on no variable that it uses may change
    return replace(inner, around={cell.name: path.local[cell.name] for cell in names})


def call_inner(path: Any, inner: Inner, iterator: Iterating) -> Any:
    """What a comprehension makes of an iterator."""
    cells = tuple(types.CellType() for _ in inner.code.co_freevars)
    function = types.FunctionType(inner.code, path.function.__globals__, inner.code.co_name, None, cells)
    return path.trace.run(function, {**inner.around, ".0": iterator})


def append(path: Any, depth: int) -> None:
    """LIST_APPEND: the list lies `depth` below the value."""
    value = operand(path.pop())
    made = path.stack[-depth]
    if not isinstance(made, MakeList):
        raise Unknown("adds to a list")
    path.stack[-depth] = MakeList((*made.items, value))


def yields(path: Any) -> None:
    """YIELD_VALUE; what is sent back is dropped."""
    made = path.local.get(YIELDS)
    if not isinstance(made, MakeList):
        raise Unknown("yields after a loop")
    path.local[YIELDS] = MakeList((*made.items, operand(path.pop())))
    path.stack.append(Constant(None))


def read_body(path: Any, over: Expression, walk: Callable[[Any], None]) -> None:
    """A loop over a list in a column, its body read for any item; `walk(path)` goes through it once.

    The body may only append to one list that is still empty, or yield: the list then is what is made of every item.
    """
    before, stack = dict(path.local), list(path.stack)
    effects, path.effects = path.effects, []
    path.stack.append(ELEMENT)
    walk(path)
    made = _changed_list(path, before, stack)
    for name, value in before.items():
        if name != YIELDS and path.local.get(name) is not value:
            raise Unknown("has a loop that changes a variable")
    every = Each(over, made.items, tuple(path.effects))
    path.local, path.effects = before, effects
    if path.local.get(YIELDS) is not None and path.stack == stack:
        path.local[YIELDS] = every
    else:
        stack[[a is b for a, b in zip(stack, path.stack)].index(False)] = every
    path.stack = stack


def _changed_list(path: Any, before: dict[str, Any], stack: list[Any]) -> MakeList:
    """The one list that the body added to."""
    if len(stack) != len(path.stack):
        raise Unknown("has a loop")
    pairs = [(a, b) for a, b in zip(stack, path.stack) if a is not b]
    if path.local.get(YIELDS) is not before.get(YIELDS):
        pairs.append((before[YIELDS], path.local[YIELDS]))
    if len(pairs) != 1 or not all(isinstance(value, MakeList) for value in pairs[0]) or pairs[0][0].items:
        raise Unknown("has a loop")
    return pairs[0][1]

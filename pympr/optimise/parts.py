"""Parts of values: `a[i]`, `a[i:j]`, `x, y = a`, `b in a`."""

from typing import Any

from pympr.optimise import matches
from pympr.optimise.values import (
    Known,
    Listed,
    MakeList,
    Matched,
    Slice,
    Split,
    Unknown,
    constant,
    has_column,
    is_plain,
    operand,
)
from pympr.plan.expression import Constant, Contains, Expression, Item, MakeTuple, Operation, SplitItem

_INT64 = 2**63


def subscript(path: Any, of: Any, index: Any) -> Any:
    """`of[index]`"""
    if isinstance(index, Slice):
        return _slice(path, of, index.bounds)
    if isinstance(of, (Matched, Listed)):
        return matches.subscript(path, of, index)
    if isinstance(of, Split):
        return path.computed(split_item(of, _position(index)))
    if isinstance(of, MakeTuple) and isinstance(index, Constant):
        return _at(of.items, _position(index))
    if isinstance(of, Constant) and isinstance(index, Constant):
        try:
            return Constant(of.value[index.value])
        except Exception as error:
            raise Unknown(f"raises {type(error).__name__}") from None
    if not isinstance(index, Constant) or isinstance(of, Constant):
        return path.operation("getitem", of, index)
    return path.computed(Item(operand(of), _position(index)))


def _position(index: Any) -> int:
    position = constant(index, "the index of a list or tuple")
    if type(position) is not int or not -_INT64 <= position < _INT64:
        raise Unknown("an index that is no 64-bit integer")
    return position


def _at(items: tuple[Expression, ...], position: int) -> Expression:
    if not -len(items) <= position < len(items):
        raise Unknown("raises IndexError")
    return items[position]


def split_item(split: Split, position: int) -> SplitItem:
    """Item `position` of the list."""
    return SplitItem(split.of, split.separator, split.maxsplit, position, split.from_right)


def _slice(path: Any, of: Any, bounds: tuple[Any, ...]) -> Expression:
    plain = [bound.value if isinstance(bound, Constant) else bound for bound in bounds]
    if not all(bound is None or (type(bound) is int and abs(bound) < _INT64) for bound in plain):
        parts = [bound if isinstance(bound, Constant) else operand(bound) for bound in bounds]
        return path.operation("slice of", of, *parts)
    if isinstance(of, MakeTuple):
        return MakeTuple(of.items[slice(*plain)])
    if len(plain) == 2:
        return path.operation("slice", of, options=tuple(plain))
    return path.operation("slice of", of, *bounds)


def unpack(path: Any, value: Any, count: int) -> list[Expression]:
    """The names of `a, b = value`, in their order."""
    if isinstance(value, Constant) and type(value.value) is tuple:
        value = MakeTuple(tuple(map(Constant, value.value)))
    if isinstance(value, (MakeTuple, MakeList)):
        if len(value.items) != count:
            raise Unknown("raises ValueError")
        return list(value.items)
    if isinstance(value, Split):
        options = value.separator, value.maxsplit, value.from_right, count
        path.computed(Operation("require fields", (value.of,), options))
        return [path.computed(split_item(value, position)) for position in range(count)]
    if isinstance(value, Listed):
        return matches.unpack(path, value, count)
    of = operand(value)
    return [path.computed(Operation("unpack", (of,), (position, count))) for position in range(count)]


def contains(path: Any, container: Any, item: Any) -> Expression:
    """`item in container`"""
    if isinstance(container, Known) and type(container.value) is frozenset:
        container = Constant(tuple(container.value))
        _require_members(container.value)
        return path.operation("in", item, options=container.value)
    if isinstance(container, Constant) and type(container.value) is tuple:
        _require_members(container.value)
        return path.operation("in", item, options=container.value)
    if isinstance(item, Constant) and type(item.value) is str and has_column(item.value):
        if isinstance(container, Expression) and not isinstance(container, (MakeTuple, Constant)):
            return path.computed(Contains(container, item.value))
    if isinstance(container, (MakeTuple, MakeList)):
        raise Unknown("looks for a value in a tuple of columns")
    return path.operation("contains", container, item)


def _require_members(members: tuple[Any, ...]) -> None:
    """NaN is in a tuple when it is the same object, which columns do not tell."""
    for member in members:
        if not is_plain(member) or type(member) is tuple or member != member:
            raise Unknown("looks for a value among others than numbers, strings and None")

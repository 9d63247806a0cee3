"""What stands on the stack while a function is read: expressions, and what is known but no column."""

from dataclasses import dataclass
from typing import Any

from pympr.plan.expression import Constant, Element, Expression
from pympr.plan.matching import Match, Pieces

ELEMENT = Element()
PLAIN = (str, bytes, int, float, bool, type(None))


class Unknown(Exception):
    """A step that is not known to mean the same on columns."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = ""


@dataclass(frozen=True, eq=False)
class Known:
    """An object that is the same for every record and is no column: a function, a type, a module."""

    value: Any


@dataclass(frozen=True, eq=False)
class Method:
    """A bound method, waiting for its arguments."""

    of: Any
    name: str


@dataclass(frozen=True, eq=False)
class Split:
    """`of.split(...)`, a list that is not yet indexed; `check` is computed when nothing of it is used."""

    of: Expression
    separator: str | None
    maxsplit: int
    from_right: bool
    check: Expression


@dataclass(frozen=True, eq=False)
class MakeList:
    """A list that was just made."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class Matched:
    """A match object of `re`, or None."""

    match: Match


@dataclass(frozen=True, eq=False)
class Listed:
    """The list that `re.findall` or `re.split` gives."""

    pieces: Pieces


@dataclass(frozen=True, eq=False)
class Items:
    """A sequence of values that are known one by one, as in a list that the function refers to."""

    items: tuple[Any, ...]
    name: str = ""


@dataclass(frozen=True, eq=False)
class Each:
    """What is made of every item of the list `of`; of effects, those of an item, and those of the record before."""

    of: Expression
    items: tuple[Expression, ...]
    steps: tuple[Expression, ...]
    checks: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.items))} for each in {self.of}"


@dataclass(frozen=True, eq=False)
class Slice:
    """`begin:end:step` between brackets."""

    bounds: tuple[Any, ...]


def lift(value: Any) -> Constant | Known:
    """An object that a function refers to."""
    return Constant(value) if is_plain(value) else Known(value)


def is_plain(value: Any) -> bool:
    """Whether a value is a number, a string, bytes, None, or a tuple of such."""
    if type(value) is tuple:
        return all(map(is_plain, value))
    return type(value) in PLAIN


def operand(value: Any) -> Expression:
    """A value as something that columns are computed from, else Unknown."""
    if isinstance(value, Constant) and not has_column(value.value):
        raise Unknown(f"the constant {_short(value.value)} has no column")
    if isinstance(value, Expression):
        return value
    if isinstance(value, Items):
        raise Unknown(f"{value.name!r} is a list, which may change" if value.name else "uses a list as a value")
    if isinstance(value, (Split, MakeList, Each, Listed)):
        raise Unknown("uses a list as a value")
    if isinstance(value, Matched):
        raise Unknown("uses a match of re as a value")
    if isinstance(value, Known):
        raise Unknown(f"uses {_short(value.value)} as a value")
    raise Unknown("uses a method without calling it" if isinstance(value, Method) else "uses a slice as a value")


def has_column(value: Any) -> bool:
    """Whether a constant fits a column.

    >>> has_column((1, "a")), has_column(2**63), has_column("\\udc80"), has_column(())
    (True, False, False, False)
    """
    if type(value) is tuple:
        return bool(value) and all(map(has_column, value))
    if type(value) is int:
        return -(2**63) <= value < 2**63
    if type(value) is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            return False
    return type(value) in PLAIN


def constant(value: Any, what: str) -> Any:
    """The Python value of a constant, else Unknown."""
    if not isinstance(value, Constant):
        raise Unknown(f"{what} is no constant")
    return value.value


def _short(value: Any) -> str:
    name = getattr(value, "__qualname__", None)
    text = name if isinstance(name, str) else repr(value) if is_plain(value) else f"a {type(value).__qualname__}"
    return text if len(text) <= 40 else text[:37] + "..."

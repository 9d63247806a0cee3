"""Column expressions: what a recognised function does to a record."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Expression:
    """One value a record, computed from columns."""

    def substitute(self, argument: "Expression") -> "Expression":
        """This expression with its argument replaced."""
        changed = {}
        for field in fields(self):
            value = getattr(self, field.name)
            changed[field.name] = _substitute(value, argument)
        return type(self)(**changed)


def _substitute(value: Any, argument: Expression) -> Any:
    if isinstance(value, Expression):
        return value.substitute(argument)
    if isinstance(value, tuple):
        return tuple(_substitute(item, argument) for item in value)
    return value


@dataclass(frozen=True)
class Argument(Expression):
    """The record itself."""

    def substitute(self, argument: Expression) -> Expression:
        return argument

    def __str__(self) -> str:
        return "x"


@dataclass(frozen=True)
class Item(Expression):
    """`of[position]` of a tuple."""

    of: Expression
    position: int

    def __str__(self) -> str:
        return f"{self.of}[{self.position}]"


@dataclass(frozen=True)
class Constant(Expression):
    """The same value for every record."""

    value: Any

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True)
class MakeTuple(Expression):
    """A tuple of expressions."""

    items: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


@dataclass(frozen=True)
class SplitItem(Expression):
    """`of.split(separator, maxsplit)[index]`, or `rsplit`."""

    of: Expression
    separator: str
    maxsplit: int
    index: int
    from_right: bool

    def __str__(self) -> str:
        verb = "rsplit" if self.from_right else "split"
        return f"{self.of}.{verb}({self.separator!r}, {self.maxsplit})[{self.index}]"


@dataclass(frozen=True)
class Contains(Expression):
    """`needle in of` for strings."""

    of: Expression
    needle: str

    def __str__(self) -> str:
        return f"{self.needle!r} in {self.of}"


@dataclass(frozen=True)
class Prefix(Expression):
    """`of[:length]` of strings or bytes."""

    of: Expression
    length: int

    def __str__(self) -> str:
        return f"{self.of}[:{self.length}]"


@dataclass(frozen=True)
class Not(Expression):
    """`not of`."""

    of: Expression

    def __str__(self) -> str:
        return f"not {self.of}"


@dataclass(frozen=True)
class Negative(Expression):
    """`-of` of a number."""

    of: Expression

    def __str__(self) -> str:
        return f"-{self.of}"


Builder = Callable[..., Expression]

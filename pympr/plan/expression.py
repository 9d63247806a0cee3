"""Column expressions: what a translated function does to a record.

An expression is a directed graph: a value that a function uses twice is one object that two
others refer to, and it is computed once.
"""

from dataclasses import dataclass, fields
from typing import Any

_DEEPEST = 7  # levels that are shown


@dataclass(frozen=True)
class Expression:
    """One value a record, computed from columns."""

    def substitute(self, argument: "Expression") -> "Expression":
        """This expression with its argument replaced."""
        return _substitute(self, argument, {})

    def operands(self) -> tuple["Expression", ...]:
        """The expressions this one is computed from."""
        found: list[Expression] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Expression):
                found.append(value)
            elif isinstance(value, tuple):
                found += [item for item in value if isinstance(item, Expression)]
        return tuple(found)

    def text(self, depth: int) -> str:
        """The expression as Python would write it, `depth` levels deep."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text(_DEEPEST)


def _substitute(value: Any, argument: Expression, done: dict[int, Any]) -> Any:
    if type(value) is Argument:
        return argument
    if isinstance(value, tuple):
        return tuple(_substitute(item, argument, done) for item in value)
    if not isinstance(value, Expression):
        return value
    if id(value) not in done:
        parts = {field.name: _substitute(getattr(value, field.name), argument, done) for field in fields(value)}
        done[id(value)] = type(value)(**parts)
    return done[id(value)]


def show(expression: Expression, depth: int) -> str:
    """The text of an operand."""
    if depth <= 0 and expression.operands():
        return "..."
    return expression.text(depth)


@dataclass(frozen=True)
class Argument(Expression):
    """The record itself."""

    def text(self, depth: int) -> str:
        return "x"


@dataclass(frozen=True)
class Element(Argument):
    """Any item of a list that a function goes through."""

    def text(self, depth: int) -> str:
        return "each"


@dataclass(frozen=True)
class Item(Expression):
    """`of[position]` of a tuple, a string or bytes."""

    of: Expression
    position: int

    def text(self, depth: int) -> str:
        return f"{show(self.of, depth - 1)}[{self.position}]"


@dataclass(frozen=True)
class Constant(Expression):
    """The same value for every record."""

    value: Any

    def text(self, depth: int) -> str:
        return repr(self.value)


@dataclass(frozen=True)
class MakeTuple(Expression):
    """A tuple of expressions."""

    items: tuple[Expression, ...]

    def text(self, depth: int) -> str:
        inner = ", ".join(show(item, depth - 1) for item in self.items)
        return f"({inner},)" if len(self.items) == 1 else f"({inner})"


@dataclass(frozen=True)
class SplitItem(Expression):
    """`of.split(separator, maxsplit)[index]`, or `rsplit`; separator None is white space."""

    of: Expression
    separator: str | None
    maxsplit: int
    index: int
    from_right: bool

    def text(self, depth: int) -> str:
        verb = "rsplit" if self.from_right else "split"
        return f"{show(self.of, depth - 1)}.{verb}({self.separator!r}, {self.maxsplit})[{self.index}]"


@dataclass(frozen=True)
class Contains(Expression):
    """`needle in of` for strings."""

    of: Expression
    needle: str

    def text(self, depth: int) -> str:
        return f"{self.needle!r} in {show(self.of, depth - 1)}"


@dataclass(frozen=True)
class Operation(Expression):
    """An operator, a built-in function or a method, by its name; `options` are constants that are no columns."""

    name: str
    of: tuple[Expression, ...]
    options: tuple[Any, ...] = ()

    def text(self, depth: int) -> str:
        parts = [show(operand, depth - 1) for operand in self.of]
        if self.name == "slice":
            begin, end = ("" if bound is None else repr(bound) for bound in self.options)
            return f"{parts[0]}[{begin}:{end}]"
        if self.name.startswith("."):
            return f"{parts[0]}{self.name}({', '.join([*parts[1:], *map(repr, self.options)])})"
        if self.name == "is None":
            return f"{parts[0]} is None"
        if self.name in ("neg", "invert", "not"):
            return {"neg": "-", "invert": "~", "not": "not "}[self.name] + parts[0]
        if len(parts) == 2 and not self.name.isalnum():
            return f"({parts[0]} {self.name} {parts[1]})" if depth < _DEEPEST else f"{parts[0]} {self.name} {parts[1]}"
        return f"{self.name}({', '.join([*parts, *map(repr, self.options)])})"


@dataclass(frozen=True)
class Conditional(Expression):
    """`then` where `test` is true, else `otherwise`; each is computed for its own rows only."""

    test: Expression
    then: Expression
    otherwise: Expression

    def text(self, depth: int) -> str:
        then, test, otherwise = (show(part, depth - 1) for part in (self.then, self.test, self.otherwise))
        text = f"{then} if {test} else {otherwise}"
        return text if depth == _DEEPEST else f"({text})"


@dataclass(frozen=True)
class Both(Expression):
    """Whether `first` and `second` are true; `second` is computed where `first` is true only."""

    first: Expression
    second: Expression

    def text(self, depth: int) -> str:
        return f"({show(self.first, depth - 1)} and {show(self.second, depth - 1)})"


@dataclass(frozen=True)
class Either(Expression):
    """Whether `first` or `second` is true; `second` is computed where `first` is false only."""

    first: Expression
    second: Expression

    def text(self, depth: int) -> str:
        return f"({show(self.first, depth - 1)} or {show(self.second, depth - 1)})"


@dataclass(frozen=True)
class After(Expression):
    """`result`, once `steps` are computed: they may raise, but nothing uses them."""

    steps: tuple[Expression, ...]
    result: Expression

    def text(self, depth: int) -> str:
        steps = ", ".join(show(step, depth - 1) for step in self.steps)
        return f"{show(self.result, depth - 1)} after {steps}"


@dataclass(frozen=True)
class Fail(Expression):
    """What has no column form: rows that come here are for the Python function."""

    reason: str

    def text(self, depth: int) -> str:
        return f"<Python: {self.reason}>"

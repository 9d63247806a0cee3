"""Column expressions of regular expressions."""

import re
from dataclasses import dataclass
from typing import Any

from pympr.plan.expression import Expression, show

LONGEST_SHOWN = 30


class Search:
    """How a pattern is looked for, and which of its groups anything asks for: only those are kept."""

    def __init__(self, pattern: re.Pattern, how: str, program: Any, groups: tuple[int, ...] = ()) -> None:
        self.pattern, self.how, self.program = pattern, how, program
        self.groups = list(groups)

    def want(self, group: int) -> int:
        """The position of a group among those that are kept."""
        if group not in self.groups:
            self.groups.append(group)
        return self.groups.index(group)

    def __str__(self) -> str:
        text = repr(self.pattern.pattern)
        return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 4]}...{text[-1]}"


@dataclass(frozen=True)
class Match(Expression):
    """The match object, or None, of `search`, `match` or `fullmatch`."""

    of: Expression
    search: Search

    def text(self, depth: int) -> str:
        return f"re.{self.search.how}({self.search}, {show(self.of, depth - 1)})"


@dataclass(frozen=True)
class IsMatch(Expression):
    """Whether there is a match."""

    of: Match

    def text(self, depth: int) -> str:
        return f"bool({show(self.of, depth - 1)})"


@dataclass(frozen=True)
class MatchGroup(Expression):
    """`match.group(number)`, None where the group has no part in the match."""

    of: Match
    number: int

    def text(self, depth: int) -> str:
        return f"{show(self.of, depth - 1)}[{self.number}]"


@dataclass(frozen=True)
class Pieces(Expression):
    """The list that `findall` or `split` gives, of at most `limit` matches."""

    of: Expression
    search: Search
    limit: int

    def text(self, depth: int) -> str:
        return f"re.{self.search.how}({self.search}, {show(self.of, depth - 1)})"


@dataclass(frozen=True)
class PieceCount(Expression):
    """The length of the list."""

    of: Pieces

    def text(self, depth: int) -> str:
        return f"len({show(self.of, depth - 1)})"


@dataclass(frozen=True)
class Piece(Expression):
    """An item of the list, which must have `count` items unless that is None."""

    of: Pieces
    index: int
    count: int | None = None

    def text(self, depth: int) -> str:
        return f"{show(self.of, depth - 1)}[{self.index}]"


@dataclass(frozen=True)
class Substitute(Expression):
    """`sub`: at most `limit` matches replaced by parts, each some text and the number of a kept group, or -1."""

    of: Expression
    search: Search
    parts: tuple[tuple[str, int], ...]
    limit: int

    def text(self, depth: int) -> str:
        return f"re.sub({self.search}, ..., {show(self.of, depth - 1)})"

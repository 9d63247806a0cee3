"""Calls of `re`, and of the patterns and matches it makes."""

import re
import sys
import types
import warnings
from collections.abc import Iterable
from typing import Any

from pympr.optimise.pattern_program import program_of
from pympr.optimise.pattern_syntax import Unsupported
from pympr.optimise.values import Known, Listed, Matched, Method, Unknown, constant, has_column, lift, operand
from pympr.plan.expression import Conditional, Constant, Expression, MakeTuple, Operation
from pympr.plan.matching import IsMatch, Match, MatchGroup, Piece, PieceCount, Pieces, Search, Substitute

_ENDLESS = 2**63 - 1
_FUNCTIONS: dict[Any, tuple[str, ...]] = {
    re.match: ("pattern", "string", "flags"),
    re.search: ("pattern", "string", "flags"),
    re.fullmatch: ("pattern", "string", "flags"),
    re.findall: ("pattern", "string", "flags"),
    re.split: ("pattern", "string", "maxsplit", "flags"),
    re.sub: ("pattern", "repl", "string", "count", "flags"),
    re.compile: ("pattern", "flags"),
}
_METHODS = {
    "match": ("string",), "search": ("string",), "fullmatch": ("string",), "findall": ("string",),
    "split": ("string", "maxsplit"), "sub": ("repl", "string", "count"),
}  # fmt: skip
_OPTIONS = ("flags", "maxsplit", "count")


def is_known(function: Any) -> bool:
    """Whether a function is one of `re`, or a method of a pattern."""
    if type(function) is types.FunctionType:
        return function in _FUNCTIONS
    return isinstance(function, types.BuiltinMethodType) and isinstance(function.__self__, re.Pattern)


def are_flags(*values: Any) -> bool:
    """Whether values are flags such as `re.I`."""
    return all(isinstance(value, Known) and isinstance(value.value, re.RegexFlag) for value in values)


def call(path: Any, function: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """The call of a function for which `is_known` holds."""
    name = function.__name__
    if type(function) is types.FunctionType:
        names = _FUNCTIONS[function]
        if sys.version_info >= (3, 13) and name in ("split", "sub") and len(arguments) > len(names) - 2:
            raise Unknown(f"passes options of re.{name} by position, of which Python warns")
        given = _bind(name, names, arguments, keywords)
        pattern = _compiled(given.pop("pattern"), given.pop("flags", Constant(0)))
        if name == "compile":
            return Known(pattern)
    else:
        pattern = function.__self__
        if name not in _METHODS:
            raise Unknown(f"the method {name!r} of a pattern is not known")
        given = _bind(name, _METHODS[name], arguments, keywords)
    return _apply(path, pattern, name, **given)


def _bind(name: str, names: tuple[str, ...], arguments: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    given = dict(zip(names, arguments)) | keywords
    is_whole = all(key in given for key in names if key not in _OPTIONS)
    if len(given) != len(arguments) + len(keywords) or not set(given) <= set(names) or not is_whole:
        raise Unknown(f"the arguments do not fit re.{name}, or say where to begin")
    return given


def _compiled(pattern: Any, flags: Any) -> re.Pattern:
    """The pattern that `re.compile` makes of constants."""
    of = pattern.value if isinstance(pattern, Known) else constant(pattern, "the pattern")
    number = flags.value if isinstance(flags, Known) else constant(flags, "the flags")
    if not isinstance(number, int) or int(number) & re.DEBUG:
        raise Unknown("the flags are no flags, or print")
    if not isinstance(of, (str, re.Pattern)):
        raise Unknown(f"a pattern of {type(of).__name__}")
    return _quietly(lambda: re.compile(of, number))


def _quietly(make: Any) -> Any:
    """What a function of `re` makes, Unknown when it raises or warns."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return make()
    except Exception as error:
        raise Unknown(f"raises or warns of a pattern: {error}"[:100]) from None


def _apply(
    path: Any, pattern: re.Pattern, name: str, string: Any, repl: Any = None, maxsplit: Any = None, count: Any = None
) -> Any:
    groups = () if name in ("match", "search", "fullmatch") else (0,)
    if name == "findall" and pattern.groups:
        groups = tuple(range(1, pattern.groups + 1))
    if name == "split" and pattern.groups:
        raise Unknown("splits at groups, which become items too")
    search = Search(pattern, name, _program(pattern), groups)
    limit = _limit(maxsplit if count is None else count)
    of = operand(string)
    if name == "sub":
        return path.computed(Substitute(of, search, _template(search, repl), limit))
    if name in ("findall", "split"):
        return Listed(path.computed(Pieces(of, search, limit)))
    return Matched(path.computed(Match(of, search)))


def _program(pattern: re.Pattern) -> Any:
    if not isinstance(pattern.pattern, str):
        raise Unknown("a pattern of bytes")
    try:
        return program_of(pattern)
    except Unsupported as reason:
        raise Unknown(f"the pattern {pattern.pattern!r} {reason}"[:120]) from None
    except RecursionError:
        raise Unknown("the pattern is nested too deep") from None


def _limit(value: Any) -> int:
    """How many matches count: 0 is for all, and less for none."""
    limit = 0 if value is None else constant(value, "the number of matches")
    if type(limit) is not int or not -_ENDLESS <= limit <= _ENDLESS:
        raise Unknown("the number of matches is no 64-bit integer")
    return _ENDLESS if limit == 0 else max(limit, 0)


def _template(search: Search, replacement: Any) -> tuple[tuple[str, int], ...]:
    """The parts of a replacement as `Substitute` has them."""
    of = replacement.value if isinstance(replacement, (Known, Constant)) else None
    if type(of) is not str or not has_column(of):
        raise Unknown("a replacement that is no constant string")
    parser: Any = re._parser  # type: ignore[attr-defined]
    made = _quietly(lambda: parser.parse_template(of, search.pattern))
    if isinstance(made, tuple):  # Python 3.11
        numbers, texts = dict(made[0]), made[1]
        return tuple((texts[at] or "", search.want(numbers[at]) if at in numbers else -1) for at in range(len(texts)))
    texts, numbers = made[::2], [search.want(number) for number in made[1::2]]
    return tuple(zip(texts, [*numbers, -1]))


def attribute(of: Any, name: str) -> Any:
    """`of.name` of a pattern or a match."""
    if isinstance(of, Matched):
        if name not in ("group", "groups", "__getitem__"):
            raise Unknown(f"the attribute {name!r} of a match is not known")
        return Method(of, name)
    if name in ("pattern", "groups", "flags"):
        return lift(getattr(of.value, name))
    if name not in _METHODS:
        raise Unknown(f"the attribute {name!r} of a pattern is not known")
    return Known(getattr(of.value, name))


def method(path: Any, of: Matched, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """`of.group(...)` and `of.groups(...)`"""
    if name == "groups":
        given = _bind(
            name, ("count",), arguments, {"count" if key == "default" else key: keywords[key] for key in keywords}
        )
        numbers: Iterable[int] = range(1, of.match.search.pattern.groups + 1)
        return MakeTuple(tuple(_or_default(path, group(path, of, number), given.get("count")) for number in numbers))
    if keywords:
        raise Unknown("calls group with keywords")
    found = [group(path, of, _number(of, argument)) for argument in arguments or [Constant(0)]]
    return found[0] if len(found) == 1 else MakeTuple(tuple(found))


def _or_default(path: Any, found: Expression, default: Any) -> Expression:
    if default is None or default == Constant(None):
        return found
    return Conditional(Operation("is None", (found,)), operand(default), found)


def subscript(path: Any, of: Matched | Listed, index: Any) -> Expression:
    """`match[index]` or `pieces[index]`"""
    if isinstance(of, Matched):
        return group(path, of, _number(of, index))
    position = constant(index, "the index of a list")
    if type(position) is not int or not -_ENDLESS <= position <= _ENDLESS:
        raise Unknown("an index that is no 64-bit integer")
    return path.computed(Piece(of.pieces, position))


def _number(of: Matched, index: Any) -> int:
    pattern, value = of.match.search.pattern, constant(index, "the group")
    number = pattern.groupindex.get(value, -1) if type(value) is str else value
    if type(number) is not int or not 0 <= number <= pattern.groups:
        raise Unknown("raises IndexError")
    return number


def group(path: Any, of: Matched, number: int) -> Expression:
    """`of.group(number)`; rows without a match are for Python, which raises."""
    return path.computed(MatchGroup(of.match, number))


def unpack(path: Any, of: Listed, count: int) -> list[Expression]:
    """The names of `a, b = pieces`."""
    return [path.computed(Piece(of.pieces, position, count)) for position in range(count)]


def truth(of: Matched | Listed) -> Expression:
    """Whether there is a match, or a list is not empty."""
    return IsMatch(of.match) if isinstance(of, Matched) else PieceCount(of.pieces)

"""Patterns of `re` as a tree of what the matcher knows: texts, sets of characters, loops, groups, places.

The tree is made from that of Python's own parser, and which characters of one or two bytes a set holds is asked of
`re`, so that flags and classes mean what they mean there.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]
_compiler: Any = re._compiler  # type: ignore[attr-defined]

ENDLESS = 2**31 - 1
MOST_REPEATS = 2**20
NONE, ALL, ASK = 0, 2, 3  # whether a character beyond ASCII is in a set; ASK: Python must say
SHORT = 0x800  # characters below have at most two bytes
_SHORT = "".join(map(chr, range(SHORT)))
_WHY_NOT = {
    "GROUPREF": "refers back to a group", "GROUPREF_IGNORE": "refers back to a group",
    "GROUPREF_EXISTS": "depends on a group", "ASSERT": "looks ahead or behind", "ASSERT_NOT": "looks ahead or behind",
    "ATOMIC_GROUP": "has an atomic group", "POSSESSIVE_REPEAT": "has a possessive repeat",
}  # fmt: skip

_WORD = [(_parser.CATEGORY, _parser.CATEGORY_WORD)]


class Unsupported(Exception):
    """A pattern that the matcher does not know; says why."""


@dataclass(frozen=True)
class Text:
    """Just these bytes of UTF-8, one or more."""

    value: bytes


@dataclass(frozen=True)
class Chars:
    """One character of a set: bit b of `ascii` is set for byte b; `beyond` is NONE, ALL or ASK.

    Where it is ASK, bit c of `short` is set for character c of two bytes.
    """

    ascii: int
    beyond: int
    short: int = 0


@dataclass(frozen=True)
class At:
    """A place: `kind` is begin, line begin, last line end, line end, end, boundary or no boundary."""

    kind: str
    only_ascii: bool = False
    word: Chars = Chars(0, ASK)


@dataclass(frozen=True)
class Group:
    """A part in brackets; `number` is None when it is not kept."""

    number: int | None
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Either:
    """The first of some ways that leads to a match."""

    ways: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Repeat:
    """A part `least` to `most` times, as often as it goes or, when lazy, as rarely."""

    parts: tuple[Any, ...]
    least: int
    most: int
    is_lazy: bool


def parse(pattern: str, flags: int) -> tuple[Any, ...]:
    """The parts of a pattern, one after the other; Unsupported where it has others.

    >>> parse("ab*", 0)
    (Text(value=b'a'), Repeat(parts=(Text(value=b'b'),), least=0, most=2147483647, is_lazy=False))
    """
    tree = _parser.parse(pattern, flags)
    return _sequence(tree, tree.state.flags)


def _sequence(items: Iterable[Any], flags: int) -> tuple[Any, ...]:
    parts: list[Any] = []
    for operation, value in items:
        part = _part(str(operation), value, flags, (operation, value))
        if isinstance(part, Text) and parts and isinstance(parts[-1], Text):
            parts[-1] = Text(parts[-1].value + part.value)
        else:
            parts.append(part)
    return tuple(parts)


def _part(name: str, value: Any, flags: int, item: tuple[Any, Any]) -> Any:
    if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        return _characters(name, value, flags, item)
    if name == "AT":
        return _at(str(value), flags)
    if name == "SUBPATTERN":
        number, added, removed, inner = value
        return Group(number, _sequence(inner, _changed(flags, added, removed)))
    if name == "BRANCH":
        return Either(tuple(_sequence(way, flags) for way in value[1]))
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = value
        most = ENDLESS if most == _parser.MAXREPEAT else int(most)
        if least > MOST_REPEATS or MOST_REPEATS < most < ENDLESS:
            raise Unsupported("repeats too often")
        return Repeat(_sequence(inner, flags), int(least), most, name == "MIN_REPEAT")
    raise Unsupported(_WHY_NOT.get(name, f"has {name}"))


def _changed(flags: int, added: int, removed: int) -> int:
    if added & _parser.TYPE_FLAGS:
        flags &= ~_parser.TYPE_FLAGS
    return (flags | added) & ~removed


def _at(name: str, flags: int) -> At:
    is_multiline, only_ascii = bool(flags & re.MULTILINE), bool(flags & re.ASCII)
    kinds = {
        "AT_BEGINNING": "line begin" if is_multiline else "begin",
        "AT_BEGINNING_STRING": "begin",
        "AT_END": "line end" if is_multiline else "last line end",
        "AT_END_STRING": "end",
        "AT_BOUNDARY": "boundary",
        "AT_NON_BOUNDARY": "no boundary",
    }
    if name not in kinds:
        raise Unsupported(f"has {name}")
    if "boundary" in kinds[name]:
        return At(kinds[name], only_ascii, _characters("IN", _WORD, flags, (_parser.IN, _WORD)))
    return At(kinds[name], only_ascii)


def _characters(name: str, value: Any, flags: int, item: tuple[Any, Any]) -> Text | Chars:
    if name == "LITERAL" and not flags & re.IGNORECASE:
        try:
            return Text(chr(value).encode())
        except UnicodeEncodeError:
            raise Unsupported("has a surrogate") from None
    members, beyond = _members(repr(item), flags, _Item(item)), _beyond(name, value, flags)
    found = Chars(members & (1 << 128) - 1, beyond, members >> 128 << 128 if beyond == ASK else 0)
    if name == "LITERAL" and value < 128 and found == Chars(1 << value, NONE):
        return Text(bytes([value]))
    return found


class _Item:
    """One part of a tree, all alike for a cache that tells them by their text."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Item)

    def __hash__(self) -> int:
        return 0


@functools.lru_cache(500)
def _members(text: str, flags: int, item: _Item) -> int:
    """The characters of one or two bytes that a part of one character matches, as bits."""
    state = _parser.State()
    state.flags = flags & ~re.DEBUG
    found = _compiler.compile(_parser.SubPattern(state, [item.value])).findall(_SHORT)
    return sum(1 << ord(character) for character in found)


def _beyond(name: str, value: Any, flags: int) -> int:
    """Whether characters beyond ASCII match; ASK where tables of Unicode, or single ones of them, are in play."""
    if name == "ANY":
        return ALL
    items = [(name, value)] if name != "IN" else [(str(operation), of) for operation, of in value]
    is_negated = name == "NOT_LITERAL" or items[0][0] == "NEGATE"
    for kind, of in items:
        if kind == "NEGATE":
            continue
        codes = {"LITERAL": (of,), "NOT_LITERAL": (of,), "RANGE": of}.get(kind)
        if codes is None:
            if not flags & re.ASCII or "NOT_" in str(of):
                return ASK
        elif max(codes) > 127 or (flags & re.IGNORECASE and _has_letter(codes)):
            return ASK
    return ALL if is_negated else NONE


def _has_letter(codes: tuple[int, ...]) -> bool:
    return any(chr(code).isalpha() for code in range(codes[0], codes[-1] + 1))

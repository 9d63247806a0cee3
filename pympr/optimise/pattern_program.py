"""Programs of the matcher in `csrc/regex.h`, made from patterns of `re`."""

import array
import functools
import re
from dataclasses import dataclass, field
from typing import Any

from pympr.optimise.pattern_syntax import NONE, At, Chars, Either, Group, Repeat, Text, Unsupported, parse

MOST_GROUPS, MOST_LOOPS, MOST_STEPS, MOST_SETS = 63, 32, 2000, 200
_OPERATIONS = "end byte text set greedy lazy save split jump repeat until until_lazy at".split()
_PLACES = ("begin", "line begin", "last line end", "line end", "end", "boundary", "no boundary")
_LEADS = ((1 << 0xF5) - 1) ^ ((1 << 0xC2) - 1)  # bytes that begin a character beyond ASCII
ANYTHING = -1


@dataclass(frozen=True)
class Program:
    """What the matcher runs: `code` holds int32 numbers, `sets` tables of 512 bytes, `text` literals."""

    code: bytes
    sets: bytes
    text: bytes
    groups: int


@dataclass(frozen=True)
class Begin:
    """The bytes a part may begin with, as bits, and whether it may be empty: 0 no, 1 yes, 2 at some places only."""

    bytes: int
    empty: int

    def then(self, other: "Begin") -> "Begin":
        """What this part and then another may begin with."""
        if not self.empty:
            return self
        return Begin(self.bytes | other.bytes, max(self.empty, other.empty) if other.empty else 0)

    def __or__(self, other: "Begin") -> "Begin":
        return Begin(self.bytes | other.bytes, max(self.empty, other.empty))


_EMPTY = Begin(0, 1)


def begin_of(part: Any) -> Begin:
    """What a part may begin with."""
    if isinstance(part, tuple):
        return functools.reduce(lambda after, before: begin_of(before).then(after), reversed(part), _EMPTY)
    if isinstance(part, Text):
        return Begin(1 << part.value[0], 0)
    if isinstance(part, Chars):
        return Begin(_bytes_of(part), 0)
    if isinstance(part, At):
        return Begin(0, 2)
    if isinstance(part, Either):
        return functools.reduce(Begin.__or__, map(begin_of, part.ways))
    found = begin_of(part.parts)
    if isinstance(part, Repeat) and part.least == 0:
        return Begin(found.bytes if part.most else 0, max(1, found.empty))
    return found


def _bytes_of(chars: Chars) -> int:
    return chars.ascii | (_LEADS if chars.beyond != NONE else 0)


@functools.lru_cache(200)
def program_of(pattern: re.Pattern) -> Program:
    """The program of a compiled pattern of strings; Unsupported, with the reason, where there is none."""
    if pattern.groups > MOST_GROUPS:
        raise Unsupported("has too many groups")
    parts = parse(pattern.pattern, pattern.flags)
    writer = _Writer()
    writer.sequence(parts, _EMPTY)
    writer.add("end")
    first = begin_of(parts)
    lead = first.bytes.bit_length() - 1 if not first.empty and first.bytes.bit_count() == 1 else -1
    is_anchored = bool(parts) and isinstance(parts[0], At) and parts[0].kind == "begin"
    header = [writer.set_of(first), lead, int(is_anchored), pattern.groups]
    if writer.loops > MOST_LOOPS or len(writer.steps) > MOST_STEPS or len(writer.sets) > MOST_SETS:
        raise Unsupported("is too long")
    code = array.array("i", header + [number for step in writer.steps for number in step])
    assert code.itemsize == 4
    sets = b"".join(writer.sets) or bytes(512)
    return Program(code.tobytes(), sets, bytes(writer.text) or b"\0", pattern.groups)


@dataclass
class _Writer:
    """Writes steps; `follow` is always what may begin after the part that is written."""

    steps: list[list[int]] = field(default_factory=list)
    sets: dict[bytes, int] = field(default_factory=dict)
    text: bytearray = field(default_factory=bytearray)
    loops: int = 0

    def add(self, name: str, **numbers: int) -> list[int]:
        names = ("set", "min", "max", "next", "target", "flags", "number")
        assert set(numbers) <= set(names)
        defaults = {"set": ANYTHING, "next": ANYTHING}
        self.steps.append([_OPERATIONS.index(name), *(numbers.get(key, defaults.get(key, 0)) for key in names)])
        return self.steps[-1]

    def here(self) -> int:
        return len(self.steps)

    def table(self, table: bytes) -> int:
        return self.sets.setdefault(table, len(self.sets))

    def set_of(self, begin: Begin) -> int:
        """The table of what may begin, ANYTHING when that may be nothing."""
        if begin.empty:
            return ANYTHING
        return self.table(bytes(begin.bytes >> byte & 1 for byte in range(256)) + bytes(256))

    def chars(self, chars: Chars) -> int:
        beyond = [chars.beyond if _LEADS >> byte & 1 else 0 for byte in range(128, 256)]
        table = bytes([chars.ascii >> byte & 1 for byte in range(128)] + beyond)
        return self.table(table + chars.short.to_bytes(256, "little"))

    def sequence(self, parts: tuple[Any, ...], follow: Begin) -> None:
        for number, part in enumerate(parts):
            self.part(part, begin_of(parts[number + 1 :]).then(follow))

    def part(self, part: Any, follow: Begin) -> None:
        if isinstance(part, Text):
            self.literal(part.value)
        elif isinstance(part, Chars):
            self.add("set", set=self.chars(part))
        elif isinstance(part, At):
            word = self.chars(part.word) if "boundary" in part.kind else ANYTHING
            self.add("at", number=_PLACES.index(part.kind), flags=int(part.only_ascii), set=word)
        elif isinstance(part, Group):
            self.group(part, follow)
        elif isinstance(part, Either):
            self.either(part.ways, follow)
        else:
            self.repeat(part, follow)

    def literal(self, value: bytes) -> None:
        if len(value) == 1:
            self.add("byte", min=value[0])
        else:
            self.add("text", min=len(self.text), max=len(value))
            self.text += value

    def group(self, part: Group, follow: Begin) -> None:
        if part.number is None:
            self.sequence(part.parts, follow)
            return
        self.add("save", number=2 * part.number - 2)
        self.sequence(part.parts, follow)
        self.add("save", number=2 * part.number - 1)

    def either(self, ways: tuple[Any, ...], follow: Begin) -> None:
        jumps = []
        begins = [begin_of(way).then(follow) for way in ways]
        for number, way in enumerate(ways[:-1]):
            others = functools.reduce(Begin.__or__, begins[number + 1 :])
            split = self.add("split", set=self.set_of(begins[number]), next=self.set_of(others))
            self.sequence(way, follow)
            jumps.append(self.add("jump"))
            split[5] = self.here()
        self.sequence(ways[-1], follow)
        for jump in jumps:
            jump[5] = self.here()

    def repeat(self, part: Repeat, follow: Begin) -> None:
        chars = _single(part.parts)
        if chars is not None:
            self.loop(chars, part, follow)
        elif (part.least, part.most) == (0, 1):
            self.option(part, follow)
        else:
            self.turns(part, follow)

    def loop(self, chars: Chars, part: Repeat, follow: Begin) -> None:
        """A loop over one set. Where no character of it can begin what follows, the longest run is the only one."""
        name = "lazy" if part.is_lazy else "greedy"
        is_only = follow.empty < 2 and not follow.bytes & _bytes_of(chars)
        bounds = {"min": part.least, "max": part.most}
        self.add(name, set=self.chars(chars), next=self.set_of(follow), flags=int(is_only), **bounds)

    def option(self, part: Repeat, follow: Begin) -> None:
        within, without = self.set_of(begin_of(part.parts).then(follow)), self.set_of(follow)
        if part.is_lazy:
            self.add("split", set=without, next=within, target=self.here() + 2)
            jump = self.add("jump")
            self.sequence(part.parts, follow)
            jump[5] = self.here()
        else:
            split = self.add("split", set=within, next=without)
            self.sequence(part.parts, follow)
            split[5] = self.here()

    def turns(self, part: Repeat, follow: Begin) -> None:
        """A repeated part with a counter."""
        number = 2 * (MOST_GROUPS + 1) + 2 * self.loops
        self.loops += 1
        start, body, begin = self.add("repeat", number=number), begin_of(part.parts), self.here()
        after = Begin(body.bytes | follow.bytes, max(follow.empty, body.empty) if follow.empty else 0)
        self.sequence(part.parts, after)
        start[5] = self.here()
        numbers = {"set": self.set_of(body.then(after)), "next": self.set_of(follow), "number": number}
        name = "until_lazy" if part.is_lazy else "until"
        self.add(name, min=part.least, max=part.most, target=begin, **numbers)


def _single(parts: tuple[Any, ...]) -> Chars | None:
    """The set when parts are one character, with or without brackets that are not kept."""
    if len(parts) != 1:
        return None
    part = parts[0]
    if isinstance(part, Group) and part.number is None:
        return _single(part.parts)
    if isinstance(part, Text) and len(part.value) == 1:
        return Chars(1 << part.value[0], NONE)
    return part if isinstance(part, Chars) else None

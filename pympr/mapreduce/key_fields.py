"""Keys by their fields: the options of Hadoop's KeyFieldBasedComparator and KeyFieldBasedPartitioner."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import total_ordering
from typing import Any

_POSITION = r"(\d+)(?:\.(\d+))?([nr]*)"
_FIELD = re.compile(rf"-k\s*{_POSITION}(?:,{_POSITION})?\Z")
_NUMBER = re.compile(rb"\s*(-?(?:\d+\.?\d*|\.\d+))")


@dataclass(frozen=True)
class KeyField:
    """From character `begin[1]` of field `begin[0]` to character `end[1]` of field `end[0]`.

    All count from 1; a field of 0 is the last one, a last character of 0 the end of its field.
    """

    begin: tuple[int, int] = (1, 1)
    end: tuple[int, int] = (0, 0)
    is_numeric: bool = False
    is_reversed: bool = False

    def of(self, key: bytes, separator: bytes) -> bytes:
        """The part of a key that this names.

        >>> KeyField((2, 2), (2, 3)).of(b"a.bcde.f", b".")
        b'cd'
        """
        fields = key.split(separator)
        last = len(fields) if self.end[0] == 0 else min(self.end[0], len(fields))
        chosen = fields[self.begin[0] - 1 : last]
        if not chosen:
            return b""
        if self.end[1] and last == self.end[0]:
            chosen[-1] = chosen[-1][: self.end[1]]
        skipped = self.begin[1] - 1
        return separator.join(chosen)[skipped:] if len(chosen) > 1 else chosen[0][skipped:]


def parse(options: str) -> list[KeyField]:
    """The fields of options such as "-k1,1 -k2.3,2nr"; flags alone are for the whole key.

    Raises ValueError for what Hadoop does not know either.

    >>> parse("-k2,2nr")
    [KeyField(begin=(2, 1), end=(2, 0), is_numeric=True, is_reversed=True)]
    """
    flags, fields = "", []
    for word in re.sub(r"-k\s+", "-k", options).split():
        if re.fullmatch(r"-[nr]+", word):
            flags += word[1:]
            continue
        match = _FIELD.match(word)
        if match is None or match[1] == "0":
            raise ValueError(f"{word!r} in {options!r} is not -kFIELD[.CHARACTER][nr][,FIELD[.CHARACTER]], -n or -r")
        fields.append(match)
    if not fields:
        return [KeyField(is_numeric="n" in flags, is_reversed="r" in flags)]
    return [_field(match, flags) for match in fields]


def _field(match: Any, flags: str) -> KeyField:
    own = (match[3] or "") + (match[6] or "") or flags
    end = int(match[4] or 0), int(match[5] or 0)
    return KeyField((int(match[1]), int(match[2] or 1)), end, "n" in own, "r" in own)


def sort_key(fields: Sequence[KeyField], separator: bytes) -> Callable[[bytes], Any]:
    """What keys are sorted by.

    >>> sorted([b"a 10", b"b 9", b"a 9"], key=sort_key(parse("-k2,2nr -k1,1"), b" "))
    [b'a 10', b'a 9', b'b 9']
    """

    def key(whole: bytes) -> tuple[Any, ...]:
        return tuple([_rank(field, field.of(whole, separator)) for field in fields])

    return key


def parts(fields: Sequence[KeyField], separator: bytes) -> Callable[[bytes], tuple[bytes, ...]]:
    """What decides which partition a key belongs to.

    >>> parts(parse("-k1,2"), b".")(b"11.12.1")
    (b'11.12',)
    """
    return lambda whole: tuple([field.of(whole, separator) for field in fields])


def _rank(field: KeyField, part: bytes) -> Any:
    if not field.is_numeric:
        return _Reversed(part) if field.is_reversed else part
    match = _NUMBER.match(part)
    number = Decimal(match[1].decode()) if match else Decimal(0)
    return number.copy_negate() if field.is_reversed else number


@total_ordering
class _Reversed:
    """Bytes in reverse order."""

    __slots__ = ("part",)

    def __init__(self, part: bytes) -> None:
        self.part = part

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and self.part == other.part

    def __lt__(self, other: "_Reversed") -> bool:
        return other.part < self.part

    __hash__ = None  # type: ignore[assignment]

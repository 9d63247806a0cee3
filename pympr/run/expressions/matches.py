"""Regular expressions over string columns. What the kernels leave is done by `re` itself, as places in the row."""

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.data.column import BytesColumn, FixedColumn
from pympr.data.schema import Leaf, Row
from pympr.native import regex
from pympr.native.take import lengths_to_offsets
from pympr.plan.expression import Expression
from pympr.plan.matching import IsMatch, Match, MatchGroup, Piece, PieceCount, Pieces, Search, Substitute
from pympr.run.expressions.frame import Guard, fixed, flags, kind_of, present, rows_of, texts

STRING, MAYBE = Leaf("string"), Leaf("string", nullable=True)
Span = tuple[int, int]


@dataclass(slots=True)
class Lists:
    """The lists of some rows: row i has `counts[i]` of the items, from `starts[i]` on."""

    items: ColumnBlock
    starts: np.ndarray
    counts: np.ndarray

    def take(self, index: np.ndarray) -> "Lists":
        return Lists(self.items, self.starts[index], self.counts[index])


def compute(expression: Expression, of: Any) -> Any:
    """The value of an expression of `plan/matching.py`, given that of its operand."""
    return _RULES[type(expression)](expression, of)


def _rows(of: ColumnBlock) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    of = present(of)
    if kind_of(of) != "string":
        raise Guard
    return rows_of(of)


def _match(expression: Match, of: ColumnBlock) -> ColumnBlock:
    """Tuples of whether there is a match, and the groups that are wanted."""
    rows, search = _rows(of), expression.search
    found, begins, finals, there = regex.first_match(rows, search.program, search.how, search.groups)
    for row in np.flatnonzero(found == regex.ASK).tolist():
        text = _text(rows, row)
        match = getattr(search.pattern, search.how)(text)
        found[row] = match is not None
        spans = _spans(text, rows[1][row], [match] if match else [], search.groups)
        for j, (begin, final) in enumerate(spans[0] if spans else ()):
            there[j, row] = begin >= 0
            begins[j, row], finals[j, row] = max(begin, 0), max(final, 0)
    columns = [BytesColumn(rows[0], begins[j], finals[j], there[j]) for j in range(len(begins))]
    layout = Row((Leaf("bool"), *[MAYBE] * len(columns)))
    return ColumnBlock(layout, [FixedColumn(found.view(np.bool_)), *columns], len(found))


def _text(rows: tuple[np.ndarray, np.ndarray, np.ndarray], row: int) -> str:
    return bytes(rows[0][rows[1][row] : rows[2][row]]).decode()


def _spans(text: str, origin: int, matches: Iterable[re.Match], groups: Iterable[int]) -> list[list[Span]]:
    """Where the groups of matches lie in the bytes of a column, (-1, -1) for one that has no part in it."""
    sizes = [len(character.encode()) for character in text]
    places = [origin, *(origin + place for place in itertools.accumulate(sizes))]
    spans = [[match.span(group) for group in groups] for match in matches]
    return [[(places[a], places[b]) if a >= 0 else (-1, -1) for a, b in match] for match in spans]


def _is_match(expression: IsMatch, match: ColumnBlock) -> ColumnBlock:
    return flags(match.columns[0].contiguous())


def _group(expression: MatchGroup, match: ColumnBlock) -> ColumnBlock:
    if not match.columns[0].values.all():
        raise Guard
    column = match.columns[1 + expression.of.search.want(expression.number)]
    return present(ColumnBlock(MAYBE, [column], len(match)))


def _pieces(expression: Pieces, of: ColumnBlock) -> Lists:
    rows, search = _rows(of), expression.search
    counts, begins, finals = _all(rows, search, expression.limit, search.how == "split")
    columns = [
        BytesColumn(rows[0], *(np.ascontiguousarray(edges[:, j]) for edges in (begins, finals)))
        for j in range(begins.shape[1])
    ]
    layout = STRING if len(columns) == 1 else Row((STRING,) * len(columns))
    return Lists(ColumnBlock(layout, columns, len(begins)), lengths_to_offsets(counts)[:-1], counts)


def _all(rows: Any, search: Search, limit: int, between: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the kernel finds, and what `re` finds where it must."""
    counts, begins, finals = regex.all_matches(rows, search.program, search.groups, limit, between)
    asked = np.flatnonzero(counts < 0)
    if not len(asked):
        return counts, begins, finals
    extra: list[list[Span]] = []
    is_extra = counts < 0
    for row in asked.tolist():
        items = _found_by_python(_text(rows, row), int(rows[1][row]), search, limit, between)
        counts[row] = len(items)
        extra += items
    mask = np.repeat(is_extra, counts)
    given = np.array(extra, np.int64).reshape(-1, begins.shape[1], 2)
    return counts, _mixed(mask, given[:, :, 0], begins), _mixed(mask, given[:, :, 1], finals)


def _mixed(mask: np.ndarray, extra: np.ndarray, others: np.ndarray) -> np.ndarray:
    out = np.empty((len(mask), others.shape[1]), np.int64)
    out[mask] = extra
    out[~mask] = others
    return out


def _found_by_python(text: str, origin: int, search: Search, limit: int, between: bool) -> list[list[Span]]:
    matches = itertools.islice(search.pattern.finditer(text), limit)
    if not between:
        items = _spans(text, origin, matches, (0, *search.groups))
        return [[span if span[0] >= 0 else (match[0],) * 2 for span in spans] for match, *spans in items]
    inner = [edge for spans in _spans(text, origin, matches, (0,)) for edge in spans[0]]
    edges = [origin, *inner, origin + len(text.encode())]
    return [[pair] for pair in zip(edges[::2], edges[1::2])]


def _count(expression: PieceCount, lists: Lists) -> ColumnBlock:
    return fixed("int64", lists.counts)


def _piece(expression: Piece, lists: Lists) -> ColumnBlock:
    index, wanted = expression.index, expression.count
    if wanted is not None and (lists.counts != wanted).any():
        raise Guard
    if (lists.counts < (index + 1 if index >= 0 else -index)).any():
        raise Guard
    return lists.items.take(lists.starts + (index if index >= 0 else lists.counts + index))


def _substitute(expression: Substitute, of: ColumnBlock) -> ColumnBlock:
    rows = _rows(of)
    found = _all(rows, expression.search, expression.limit, False)
    parts = [(text.encode(), group) for text, group in expression.parts]
    return texts(STRING, *regex.replace(rows, found, parts))


_RULES: dict[type, Callable[..., Any]] = {
    Match: _match,
    IsMatch: _is_match,
    MatchGroup: _group,
    Pieces: _pieces,
    PieceCount: _count,
    Piece: _piece,
    Substitute: _substitute,
}

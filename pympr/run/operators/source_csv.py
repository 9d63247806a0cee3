"""Records of CSV files, as Python's csv module reads them."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from pympr.config import Config
from pympr.data.block import Block, ObjectBlock
from pympr.errors import InputError
from pympr.plan.sources import CsvFile
from pympr.run.buffers import Buffers
from pympr.run.operators.source_json import offset_of_line
from pympr.run.operators.source_text import read_split
from pympr.run.operators.text_stream import open_text
from pympr.run.splits import Split

_HEADER_BYTES = 1 << 16
Rows = list[tuple[Any, ...]]


def read_csv(split: Split, node: CsvFile, config: Config, buffers: Buffers) -> Iterator[Block]:
    """The blocks of one split; blank records are left out."""
    is_whole = split.codec is not None or not split.in_ranges
    names: Sequence[str] | None = None
    if node.header and not is_whole:
        names, behind = _header(split, node, config)
        split = replace(split, begin=max(split.begin, behind))
        if split.begin >= split.end:
            return
    for rows in _in_streams(split, node, config) if node.multi_line else _in_lines(split, node, config, buffers):
        if not all(rows):
            rows = list(filter(None, rows))
        if rows and node.header and names is None:
            names, rows = rows[0], rows[1:]
        if rows:
            yield ObjectBlock(_records(rows, names, node, split.path))


def _records(rows: Rows, names: Sequence[str] | None, node: CsvFile, path: str) -> list[Any]:
    if names is None:
        return rows
    if not node.columns:
        return [_named(names, row) for row in rows]
    places = {name: place for place, name in enumerate(names)}
    missing = [name for name in node.columns if name not in places]
    if missing:
        raise InputError(f"{path} has no column {', '.join(missing)}; its header says {', '.join(names)}")
    wanted = [places[name] for name in node.columns]
    if len(wanted) > 1 and min(map(len, rows)) > max(wanted):
        return list(map(itemgetter(*wanted), rows))
    return [tuple([row[place] if place < len(row) else None for place in wanted]) for row in rows]


def _named(names: Sequence[str], row: tuple[Any, ...]) -> dict[Any, Any]:
    """As `csv.DictReader`: what is missing is None, what is too much stands under None."""
    record: dict[Any, Any] = dict(zip(names, row))
    if len(row) > len(names):
        record[None] = list(row[len(names) :])
    elif len(row) < len(names):
        record.update(dict.fromkeys(names[len(row) :]))
    return record


def _in_lines(split: Split, node: CsvFile, config: Config, buffers: Buffers) -> Iterator[Rows]:
    """A record a line; a line that leaves a record open is an error.

    So no split begins inside a record, unless one before it has failed.
    """
    before = 0
    for block in read_split(split, node.text, config, buffers):
        lines = block.records()
        rows = _rows_of_lines(lines, node)
        if isinstance(rows, _Bad):
            offset = offset_of_line(split, node.text, config, before + rows.line)
            raise InputError(f"{split.path}: the line at offset {offset} {rows.why}")
        before += len(lines)
        yield rows


class _Bad:
    """Which line is wrong, and why."""

    def __init__(self, line: int, why: str) -> None:
        self.line, self.why = line, why


def _rows_of_lines(lines: Sequence[str], node: CsvFile) -> Rows | _Bad:
    # The empty line at the end becomes a row of its own unless the record before it is still open.
    reader = csv.reader(chain(lines, [""]), **dict(node.dialect))
    try:
        rows = list(map(tuple, reader))  # lists that live would keep the garbage collector busy
    except (csv.Error, ValueError) as error:
        return _first_open(lines, node) or _Bad(max(reader.line_num - 1, 0), f"is not CSV: {error}")
    if len(rows) == len(lines) + 1:
        rows.pop()
        return rows
    return _first_open(lines, node) or _Bad(len(lines) - 1, "leaves a record open")


def _first_open(lines: Sequence[str], node: CsvFile) -> _Bad | None:
    """The first line that does not end its record."""
    reader = csv.reader(chain(lines, [""]), **dict(node.dialect))
    try:
        for line, _ in enumerate(reader):
            if reader.line_num > line + 1:
                return _Bad(line, "ends inside a record (a quoted or escaped line end): pass multiLine=True")
    except (csv.Error, ValueError):
        pass
    return None


def _in_streams(split: Split, node: CsvFile, config: Config) -> Iterator[Rows]:
    """Records over lines; the split begins and ends where a record does."""
    with open_text(split, node.errors, config) as text:
        reader = csv.reader(text, **dict(node.dialect))
        try:
            while rows := list(map(tuple, islice(reader, config.block_records))):
                yield rows
        except UnicodeDecodeError as error:
            raise InputError(f"{split.path} is not UTF-8: {error}; pass errors='replace' or 'ignore'") from error
        except (csv.Error, ValueError) as error:
            raise InputError(
                f"{split.path}: line {reader.line_num} after offset {split.begin} is not CSV: {error}"
            ) from error


def _header(split: Split, node: CsvFile, config: Config) -> tuple[Sequence[str], int]:
    """The names of the first record that is not blank, and the offset of the line behind it."""
    if node.multi_line:
        return _header_over_lines(split, node, config)
    end = min(_HEADER_BYTES, split.size)
    while True:
        first = replace(split, begin=0, end=end)
        found = _places(first, node, config)
        for number, (_, line) in enumerate(found):
            rows = _rows_of_lines([line], node) if line else []
            if isinstance(rows, _Bad):
                raise InputError(f"{split.path}: its header {rows.why}")
            if any(rows) and (number + 1 < len(found) or end == split.size):
                return rows[0], found[number + 1][0] if number + 1 < len(found) else split.size
            if any(rows):
                break
        if end == split.size:
            return [], split.size
        end = min(end * 16, split.size)


def _places(split: Split, node: CsvFile, config: Config) -> list[tuple[int, str]]:
    blocks = read_split(split, replace(node.text, with_place=True), config, Buffers(config.read_bytes))
    return [(offset, line) for block in blocks for (_, offset), line in block.records()]


def _header_over_lines(split: Split, node: CsvFile, config: Config) -> tuple[list[str], int]:
    few = replace(config, fetch_bytes=_HEADER_BYTES)
    # Bytes that are not UTF-8 keep their length here, so that the offset is right.
    with open_text(replace(split, begin=0, end=split.size), "surrogateescape", few) as text:
        lines: list[str] = []
        reader = csv.reader((lines.append(line) or line for line in text), **dict(node.dialect))
        try:
            names = next(filter(None, reader), [])
        except (csv.Error, ValueError) as error:
            raise InputError(f"{split.path}: its header is not CSV: {error}") from error
    names = [str(name).encode("utf-8", "surrogateescape").decode("utf-8", node.errors) for name in names]
    return names, len("".join(lines).encode("utf-8", "surrogateescape"))

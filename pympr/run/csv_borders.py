"""Where records of CSV files begin when quoted line ends may stand in them.

At a line start a reader of CSV is in one of two states: outside of records, or inside
a quoted field. Each rank finds for some splits what becomes of both; together that
tells for every split in which state it really begins.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import Any

from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block, ColumnBlock
from pympr.errors import InputError
from pympr.plan.sources import CsvFile
from pympr.run.buffers import Buffers
from pympr.run.operators.source_text import read_split
from pympr.run.splits import Split
from pympr.run.together import together


@dataclass
class Course:
    """What becomes of a state: whether a record is open at the end, and the offset of the first that begins."""

    is_open: bool
    first: int | None = None
    error: str = ""


def record_splits(world: World, node: CsvFile, splits: list[Split], config: Config) -> list[Split]:
    """The splits moved to where records begin; collective, and every rank reads a part of the input for it.

    A file whose dialect has an escape character is one split: lines may then
    be inside a record in more ways.
    """
    dialect = dict(node.dialect)
    if dialect["escapechar"] is not None:
        return [replace(next(group), begin=0, end=size) for (_, size), group in groupby(splits, _file_of)]

    def scan_mine() -> dict[int, tuple[Course, Course]]:
        mine = range(world.rank, len(splits), world.size)
        return {number: _scan(splits[number], node, config) for number in mine if _is_cut(splits[number])}

    found: dict[int, tuple[Course, Course]] = {}
    for part in allgather_objects(world, together(world, scan_mine, f"finding the records of {node.path}")):
        found.update(part)
    moved: list[Split] = []
    for _, numbers in groupby(range(len(splits)), lambda number: splits[number].path):
        moved += _moved([(splits[number], found.get(number)) for number in numbers])
    return moved


def _file_of(split: Split) -> tuple[str, int]:
    return split.path, split.size


def _is_cut(split: Split) -> bool:
    return split.codec is None and split.in_ranges and split.end - split.begin < split.size


def _moved(parts: list[tuple[Split, Any]]) -> list[Split]:
    """The splits of one file, those without a record's beginning left out."""
    file = parts[0][0]
    if parts[0][1] is None:
        return [file]
    begins, is_open = [], False
    for _, courses in parts:
        course = courses[is_open]
        if course.error:
            raise InputError(f"{file.path}: near offset {parts[0][0].begin} is not CSV: {course.error}")
        if course.first is not None:
            begins.append(course.first)
        is_open = course.is_open
    edges = [*begins, file.size]
    return [replace(file, begin=begin, end=end) for begin, end in zip(edges, edges[1:])]


def _scan(split: Split, node: CsvFile, config: Config) -> tuple[Course, Course]:
    """What becomes of a split that begins outside of a record, and of one that begins inside a quoted field."""
    outside, inside = Course(False), Course(True)
    for block in read_split(split, replace(node.text, with_place=True), config, Buffers(config.read_bytes)):
        lines, offsets = _lines_and_offsets(block)
        found = courses_of(lines, dict(node.dialect))
        for course in (outside, inside):
            step = found[course.is_open]
            if course.first is None and step.first is not None:
                course.first = int(offsets[step.first])
            course.is_open, course.error = step.is_open, course.error or step.error
    return outside, inside


def _lines_and_offsets(block: Block) -> tuple[Sequence[str], Any]:
    if isinstance(block, ColumnBlock):
        return block.item(1).records(), block.columns[1].values
    return [line for _, line in block.records()], [offset for (_, offset), _ in block.records()]


def courses_of(lines: Sequence[str], dialect: dict[str, Any]) -> tuple[Course, Course]:
    """The courses over some lines from outside and from inside a quoted field; `first` counts lines.

    >>> plain = dict(quotechar='"', quoting=csv.QUOTE_MINIMAL, escapechar=None)
    >>> courses_of(['a,"b', 'c"', 'd'], plain)
    (Course(is_open=False, first=0, error=''), Course(is_open=False, first=1, error=''))
    """
    quote = dialect["quotechar"]
    if quote is None or dialect["quoting"] == csv.QUOTE_NONE or not any(quote in line for line in lines):
        return Course(False, 0), Course(True)
    # How values are converted, and what is refused, is for those who read the records.
    plain = {**dialect, "quoting": csv.QUOTE_MINIMAL, "strict": False}
    outside, known = _course(lines, plain, set())
    outside.first = 0
    inside, borders = _course([quote + lines[0], *lines[1:]], plain, known)
    first = min(borders, default=len(lines))
    inside.first = first if first < len(lines) else None
    if not inside.error and borders & known:
        inside.is_open, inside.error = outside.is_open, outside.error
    return outside, inside


def _course(lines: Sequence[str], dialect: dict[str, Any], known: set[int]) -> tuple[Course, set[int]]:
    """The course over lines, and after how many lines records end; stops at an end that is known already."""
    reader, ends = csv.reader(chain(lines, [""]), **dialect), set()
    try:
        for _ in reader:
            ends.add(reader.line_num)
            if reader.line_num in known:
                break
    except csv.Error as error:
        return Course(True, error=str(error)), ends
    ends.discard(len(lines) + 1)
    return Course(len(lines) not in ends), ends

"""JSON lines as records."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from pympr.config import Config
from pympr.data.block import Block, ObjectBlock
from pympr.errors import InputError
from pympr.plan.sources import JsonLines, TextFile
from pympr.run.buffers import Buffers
from pympr.run.operators.source_text import read_split
from pympr.run.splits import Split


def read_json(split: Split, node: JsonLines, config: Config, buffers: Buffers) -> Iterator[Block]:
    """The blocks of one split: what `json.loads` gives for each line that is not blank."""
    before = 0
    for block in read_split(split, node.text, config, buffers):
        lines = block.records()
        try:
            values = list(map(json.loads, lines))
        except (ValueError, RecursionError):
            values = _careful(lines, split, node.text, config, before)
        before += len(lines)
        if values:
            yield ObjectBlock(values)


def _careful(lines: list[str], split: Split, text: TextFile, config: Config, before: int) -> list:
    """The values of lines of which some are blank; the first bad one is an error that tells its place."""
    values = []
    for number, line in enumerate(lines):
        try:
            if line.strip(" \t"):
                values.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            offset = offset_of_line(split, text, config, before + number)
            raise InputError(f"{split.path}: the line at offset {offset} is not JSON: {error}") from error
    return values


def offset_of_line(split: Split, text: TextFile, config: Config, number: int) -> int:
    """Where line `number` of a split begins in its file; reads the split again."""
    blocks = read_split(split, replace(text, with_place=True), config, Buffers(config.read_bytes))
    lines = chain.from_iterable(block.records() for block in blocks)
    (_, offset), _ = next(islice(lines, number, None))
    return offset

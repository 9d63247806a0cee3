"""Records to files, whole or not at all."""

import json
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

from pympr.collectives.objects import dump
from pympr.data.block import Block, ColumnBlock
from pympr.data.column import with_separator
from pympr.data.schema import Leaf
from pympr.run.actions.action import Run
from pympr.run.actions.outputs import Write, output_at
from pympr.run.packing import packed
from pympr.run.splits import CODECS
from pympr.run.together import together

# Rows that are laid out for one write call: some megabytes.
WRITE_RECORDS = 1 << 16


def save_text(run: Run, path: str, compression: str | None = None) -> None:
    """Write str(record) and a newline for every record, as UTF-8, compressed or not; see `save`."""
    save(run, path, lines_of, compression)


def save_pickles(run: Run, path: str, batch_size: int) -> None:
    """Write pickles of lists of `batch_size` records, one after the other; see `save`."""

    def write(folder: str, index: int, blocks: Iterator[Block]) -> None:
        records = chain.from_iterable(block.records() for block in blocks)
        with packed(f"{folder}/part-{index:05d}", None) as file:
            while batch := list(islice(records, batch_size)):
                file.write(dump(batch))

    save_with(run, path, write)


def save_records(run: Run, path: str) -> None:
    """Write the bytes of every record, one after the other; see `save`."""
    save(run, path, bytes_of)


def save_json(run: Run, path: str) -> None:
    """Write each record in JSON, in a line of its own; see `save`."""
    save(run, path, json_of)


def save(run: Run, path: str, encode: Callable[[Block], Any], compression: str | None = None) -> None:
    """Write one file part-00000, ... for every partition, and _SUCCESS, into a new directory.

    All is written beside `path` and renamed at the end: a reader sees the whole
    directory or none. In an object store files appear one by one, each whole, and
    _SUCCESS last. A failure leaves nothing behind. That nothing is at `path` was
    seen before the plan ran.
    """
    suffix = next((suffix for suffix, codec in CODECS.items() if codec == compression), "")

    def write(folder: str, index: int, blocks: Iterator[Block]) -> None:
        place = f"{folder}/part-{index:05d}{suffix}"
        if compression is None:
            _write_part(place, blocks, encode)
            return
        with packed(place, compression) as file:
            for block in blocks:
                file.write(encode(block) if len(block) else b"")

    save_with(run, path, write)


def save_with(run: Run, path: str, write: Write) -> None:
    """`save` with `write(folder, partition, blocks)` for the files of a partition."""
    output = output_at(run.world, path)
    try:
        run.each(lambda index, blocks: output.part(write, index, blocks))
        together(run.world, lambda: output.commit() if run.world.rank == 0 else None, f"saving to {output.path}")
    except BaseException as error:
        if left := output.abandon():
            error.add_note(f"pympr: could not remove what was written: {', '.join(left)}")
        raise
    finally:
        output.close()


def _write_part(path: str, blocks: Iterator[Block], encode: Callable[[Block], Any]) -> None:
    with open(path, "xb", buffering=0) as file:
        for block in blocks:
            for begin in range(0, len(block), WRITE_RECORDS):
                write_all(file, encode(block.slice(begin, min(begin + WRITE_RECORDS, len(block)))))


def write_all(file: BinaryIO, data: Any) -> None:
    """Write all of a buffer to an unbuffered file."""
    view = memoryview(data).cast("B")
    while len(view):
        view = view[file.write(view) :]


def lines_of(block: Block) -> Any:
    """str(record) and a newline for every record, as UTF-8."""
    if isinstance(block, ColumnBlock) and block.layout == Leaf("string"):
        return with_separator(block.columns[0], ord("\n")).data
    if isinstance(block, ColumnBlock) and block.layout == Leaf("bytes"):
        return with_separator(block.columns[0], ord("\n")).data
    records = block.records()
    if any(isinstance(record, bytes) for record in records):
        return b"".join(_line_of(record) for record in records)
    text = "\n".join(map(str, records))
    return (text + "\n").encode("utf-8", "surrogatepass")


def _line_of(record: Any) -> bytes:
    """Bytes are written as they are, as by PySpark."""
    line = record if isinstance(record, bytes) else str(record).encode("utf-8", "surrogatepass")
    return line + b"\n"


def json_of(block: Block) -> Any:
    """Every record in JSON and a newline; TypeError for what JSON has no word for."""
    return ("\n".join(map(json.dumps, block.records())) + "\n").encode()


def bytes_of(block: Block) -> Any:
    """The records, which are bytes, one after the other; TypeError for anything else."""
    if isinstance(block, ColumnBlock) and block.layout == Leaf("bytes"):
        return block.columns[0].compact().data.data
    for record in block.records():
        if not isinstance(record, bytes):
            raise TypeError(f"expected bytes to write as they are, got {record!r}")
    return b"".join(block.records())

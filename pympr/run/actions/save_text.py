"""Records as lines of text files, whole or not at all."""

import os
import shutil
from typing import Any, Callable, Iterator

import numpy as np

from pympr.collectives.world import World
from pympr.data.block import Block, ColumnBlock
from pympr.data.schema import Leaf
from pympr.errors import OutputExistsError
from pympr.run.actions.action import Run
from pympr.run.together import together


def refuse_existing(world: World, path: str) -> None:
    """OutputExistsError on all ranks when the output is there already; collective."""
    path = _plain(path)

    def look() -> None:
        if world.rank == 0 and os.path.lexists(path):
            raise OutputExistsError(f"output directory {path} already exists: remove it or name another")

    together(world, look, f"saving to {path}")


def save_text(run: Run, path: str) -> None:
    """Write str(record) and a newline for every record, as `save_parts` does."""
    save_parts(run, path, lines_of)


def save_parts(run: Run, path: str, encoded: Callable[[Block], Any]) -> None:
    """Write one file part-00000, ... for every partition, and _SUCCESS, into a new directory.

    All is written beside `path` and renamed at the end: a reader sees the whole
    directory or none. A failure leaves nothing behind. That nothing is at `path`
    was seen before the plan ran.
    """
    path = _plain(path)
    folder, name = os.path.split(path)
    hidden = os.path.join(folder, f"_{name}.pympr-temporary")
    together(run.world, lambda: _make(hidden) if run.world.rank == 0 else None, f"saving to {path}")
    try:
        run.each(lambda index, blocks: _write_part(os.path.join(hidden, f"part-{index:05d}"), blocks, encoded))
        together(run.world, lambda: _commit(hidden, path) if run.world.rank == 0 else None, f"saving to {path}")
    except BaseException:
        if run.world.rank == 0:
            shutil.rmtree(hidden, ignore_errors=True)
        raise


def _make(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)


def _commit(hidden: str, path: str) -> None:
    with open(os.path.join(hidden, "_SUCCESS"), "x"):
        pass
    if os.path.lexists(path):
        raise OutputExistsError(f"output directory {path} came into being while it was written")
    os.rename(hidden, path)


def _plain(path: str | os.PathLike[str]) -> str:
    return os.fspath(path).removeprefix("file://").rstrip("/")


def _write_part(path: str, blocks: Iterator[Block], encoded: Callable[[Block], Any]) -> None:
    with open(path, "xb", buffering=1 << 20) as file:
        for block in blocks:
            file.write(encoded(block))


def lines_of(block: Block) -> Any:
    """str(record) and a newline for every record, as UTF-8."""
    if not len(block):
        return b""
    if isinstance(block, ColumnBlock) and block.layout == Leaf("string"):
        return _joined(block.columns[0].compact())
    text = "\n".join(map(str, block.records()))
    return (text + "\n").encode("utf-8", "surrogatepass")


def _joined(column: Any) -> memoryview:
    lengths = column.ends - column.starts
    out = np.full(len(column.data) + len(lengths), ord("\n"), np.uint8)
    within = np.ones(len(out), np.bool_)
    within[np.cumsum(lengths + 1) - 1] = False
    out[within] = column.data
    return out.data

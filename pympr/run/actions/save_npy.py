"""Records to one .npy file that all ranks write together, each its rows at their place."""

import io
import os
from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.gather import allgather_objects
from pympr.collectives.reduce import allreduce
from pympr.data.block import Block, ColumnBlock
from pympr.data.column import Column, FixedColumn
from pympr.data.convert import values_of
from pympr.data.schema import Layout, Leaf, leaves
from pympr.errors import InputError, OutputExistsError
from pympr.run.actions.action import Run
from pympr.run.actions.leftovers import hidden_name, hold, remove, sweep
from pympr.run.actions.outputs import plain_path
from pympr.run.actions.save import WRITE_RECORDS, write_all
from pympr.run.operators.partitions import gathered
from pympr.run.stores import is_remote
from pympr.run.together import together

_NUMBERS = {"int64": "<i8", "float64": "<f8", "bool": "?"}


def save_npy(run: Run, path: str) -> None:
    """Write the records as one array; tuples become a structured array with fields f0, f1, ...

    The file appears when all is written. Raises TypeError when the records are not
    of one type that NumPy has.
    """
    path = plain_path(path)
    if is_remote(path):
        raise InputError(f"{path}: .npy files are written to local paths only, as all ranks write into one file")
    mine: dict[int, Block] = run.each(lambda index, blocks: gathered(block.compact() for block in blocks))
    counts = np.zeros(run.rows.total, np.int64)
    for index, block in mine.items():
        counts[index] = len(block)
    counts = allreduce(run.world, counts, "sum") if len(counts) else counts
    dtype = _agreed_dtype(run, mine)
    head = _header(dtype, int(counts.sum()))
    starts = len(head) + dtype.itemsize * (np.cumsum(counts) - counts)
    rows = {int(starts[index]): block for index, block in mine.items() if len(block)}
    _write_together(run, path, head, len(head) + dtype.itemsize * int(counts.sum()), rows, dtype)


def _agreed_dtype(run: Run, mine: dict[int, Block]) -> np.dtype:
    """The dtype of all ranks' records; TypeError on all ranks when there is none."""
    blocks = [block for block in mine.values() if len(block)]
    found = together(run.world, lambda: [_shape_of(block) for block in blocks], "choosing a dtype")
    shapes = [shape for part in allgather_objects(run.world, found) for shape in part]
    if not shapes:
        return np.dtype(np.float64)
    layouts = {layout for layout, _ in shapes}
    if len(layouts) > 1:
        told = ", ".join(sorted(map(str, layouts)))
        raise TypeError(f"an array has records of one type, these are {told}: map them to one")
    return _dtype(layouts.pop(), iter(np.max([widths for _, widths in shapes], axis=0).tolist()))


def _shape_of(block: Block) -> tuple[Layout, list[int]]:
    """The layout of records, and for each column the most characters or bytes of a value."""
    if not isinstance(block, ColumnBlock):
        sample = ", ".join(sorted({type(record).__name__ for record in block.values[:100]}))
        raise TypeError(f"records of {sample} are no rows of an array: map them to one type of numbers, str or bytes")
    for leaf in leaves(block.layout):
        if leaf.nullable or leaf.kind == "none":
            raise TypeError(f"an array has no None, and the records are {block.layout}: map it to a value")
    return block.layout, [_width(leaf, column) for leaf, column in zip(leaves(block.layout), block.columns)]


def _width(leaf: Leaf, column: Column) -> int:
    if not leaf.is_variable:
        return 0
    values = values_of(leaf, [column])
    end = "\0" if leaf.kind == "string" else b"\0"
    if any(value.endswith(end) for value in values):
        raise TypeError(f"an array drops zeros at the end of a {leaf.kind}, and there is one: map it to something else")
    return max(map(len, values), default=0)


def _dtype(layout: Layout, widths: Iterator[int]) -> np.dtype:
    if isinstance(layout, Leaf):
        width = max(next(widths), 1)
        return np.dtype(_NUMBERS.get(layout.kind) or f"{'<U' if layout.kind == 'string' else 'S'}{width}")
    return np.dtype([(f"f{place}", _dtype(item, widths)) for place, item in enumerate(layout.items)])


def _header(dtype: np.dtype, length: int) -> bytes:
    file = io.BytesIO()
    told = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (length,)}
    try:
        np.lib.format.write_array_header_1_0(file, told)
    except ValueError:  # more than 65,535 bytes of names and types
        np.lib.format.write_array_header_2_0(file, told)
    return file.getvalue()


def _write_together(run: Run, path: str, head: bytes, size: int, rows: dict[int, Block], dtype: np.dtype) -> None:
    world, lock = run.world, []
    hidden = broadcast_object(world, hidden_name(path), 0)

    def make() -> None:
        sweep(path)
        with open(hidden, "xb") as file:
            file.write(head)
            file.truncate(size)
        lock.append(hold(hidden))

    def commit() -> None:
        if os.path.lexists(path):
            raise OutputExistsError(f"output {path} came into being while it was written")
        os.rename(hidden, path)

    try:
        together(world, lambda: make() if world.rank == 0 else None, f"saving to {path}")
        together(world, lambda: _write_rows(hidden, rows, dtype), f"saving to {path}")
        together(world, lambda: commit() if world.rank == 0 else None, f"saving to {path}")
    except BaseException:
        if world.rank == 0:
            with suppress(OSError):
                remove(hidden)
        raise
    finally:
        for descriptor in lock:
            os.close(descriptor)


def _write_rows(hidden: str, rows: dict[int, Block], dtype: np.dtype) -> None:
    with open(hidden, "r+b", buffering=0) as file:
        for offset, block in rows.items():
            file.seek(offset)
            for begin in range(0, len(block), WRITE_RECORDS):
                part = block.slice(begin, min(begin + WRITE_RECORDS, len(block)))
                array = np.empty(len(part), dtype)
                _fill(array, part.layout, iter(part.columns))
                write_all(file, array.view(np.uint8))


def _fill(array: np.ndarray, layout: Layout, columns: Iterator[Column]) -> None:
    if isinstance(layout, Leaf):
        column = next(columns)
        array[...] = column.values if isinstance(column, FixedColumn) else values_of(layout, [column])
        return
    for place, item in enumerate(layout.items):
        _fill(array[f"f{place}"], item, columns)

"""Where rows come from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pympr.plan.node import Node


@dataclass(frozen=True)
class Collection(Node):
    """A Python sequence that every rank holds, cut into slices; `serial` tells it from others."""

    serial: int = field(repr=False)
    values: Sequence[Any] = field(repr=False, compare=False)
    fingerprint: str = field(repr=False)
    num_slices: int


@dataclass(frozen=True)
class Range(Node):
    """The integers of `range(start, stop, step)`, cut into slices."""

    start: int
    stop: int
    step: int
    num_slices: int


@dataclass(frozen=True)
class TextFile(Node):
    """Lines (or words) of files: one file, a directory, a glob, compressed or plain.

    `with_place` gives ((path, byte offset of the line), line or word). Files are
    listed once for each `serial`.
    """

    path: str
    min_partitions: int
    errors: str = "strict"
    unit: str = "lines"
    use_unicode: bool = True
    with_place: bool = False
    serial: int = field(default=0, repr=False)


@dataclass(frozen=True)
class BinaryRecords(Node):
    """Records of a fixed length in flat files."""

    path: str
    record_length: int
    serial: int = field(default=0, repr=False)


@dataclass(frozen=True)
class Arrays(Node):
    """NumPy arrays that each rank passed: partition r is rank r's; `serial` tells them from others."""

    serial: int = field(repr=False)
    arrays: Any = field(repr=False, compare=False)
    kinds: str
    is_row: bool
    num_ranks: int


@dataclass(frozen=True)
class ArrayFiles(Node):
    """Rows of arrays in files: `form` is npy, npz or hdf5.

    `names` are the arrays that become columns: members of an npz (none: all), data
    sets of an hdf5 file, paths of npy files side by side. One name that is not
    `is_row` gives items, else records are tuples.
    """

    path: str
    form: str
    names: tuple[str, ...]
    is_row: bool
    min_partitions: int
    serial: int = field(default=0, repr=False)


@dataclass(frozen=True)
class JsonLines(Node):
    """What the lines of files say in JSON."""

    path: str
    min_partitions: int
    errors: str
    serial: int = field(default=0, repr=False)

    @property
    def text(self) -> TextFile:
        """The lines."""
        return TextFile(self.path, self.min_partitions, self.errors, serial=self.serial)


@dataclass(frozen=True)
class CsvFile(Node):
    """Records of CSV files: tuples; with a header dicts by its names, or tuples of `columns`.

    `dialect` holds the arguments of Python's `csv.reader`; records may go over lines
    when `multi_line`.
    """

    path: str
    min_partitions: int
    errors: str
    header: bool
    columns: tuple[str, ...]
    multi_line: bool
    dialect: tuple[tuple[str, Any], ...]
    serial: int = field(default=0, repr=False)

    @property
    def text(self) -> TextFile:
        """The lines."""
        return TextFile(self.path, self.min_partitions, self.errors, serial=self.serial)


@dataclass(frozen=True)
class WholeFiles(Node):
    """(path, content) for every file, as "text", its "raw text" or "bytes"; or the records of "pickles" files."""

    path: str
    min_partitions: int
    form: str
    serial: int = field(default=0, repr=False)

"""Input formats: which records a job's mappers get."""

import bz2
import gzip
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pympr.errors import InputError
from pympr.mapreduce import pair_files
from pympr.plan.function import Function
from pympr.plan.narrow import Map
from pympr.plan.node import Node
from pympr.plan.sources import Arrays, Collection, TextFile
from pympr.run.session import session

if TYPE_CHECKING:
    from pympr.mapreduce.job import Job

Records = Iterator[tuple[Any, Any]]
_OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open}


class InputFormat:
    """Which (key, value) records the mappers get; subclasses give `source` and `read`.

    What a format is made with must show in its `repr`, by which ranks compare theirs.
    """

    key_is_offset = False

    def source(self, job: "Job") -> Node:
        """The plan of the raw records; all ranks must call it."""
        raise NotImplementedError

    def read(self, task: "Job", records: Iterator[Any]) -> Records:
        """The records of one split for the mapper; sets `task.input_file` where there is a file."""
        raise NotImplementedError

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in sorted(vars(self).items()))
        return f"{type(self).__name__}({settings})"


class TextInput(InputFormat):
    """Lines: the key is the byte offset of the line in its file (uncompressed), the value the line without its end."""

    key_is_offset = True
    as_bytes = False

    def source(self, job: "Job") -> Node:
        path, serial = joined(job.input), session().new_id()
        return TextFile(path, job.num_maps, job.errors, "lines", not self.as_bytes, True, serial)

    def read(self, task: "Job", records: Iterator[Any]) -> Records:
        for (task.input_file, offset), line in records:
            yield offset, line


class KeyValueTextInput(TextInput):
    """Lines cut at the first separator: what stands before it is the key, the rest the value.

    A line without a separator is a key with the value "", as in Hadoop.
    """

    key_is_offset = False

    def __init__(self, separator: str = "\t") -> None:
        if not separator:
            raise ValueError("separator must not be empty")
        self.separator = separator

    def read(self, task: "Job", records: Iterator[Any]) -> Records:
        for _, line in super().read(task, records):
            key, _, value = line.partition(self.separator)
            yield key, value


class JsonInput(TextInput):
    """Lines key TAB value, both JSON, as `JsonOutput` writes them: mrjob's JSONProtocol."""

    key_is_offset = False

    def read(self, task: "Job", records: Iterator[Any]) -> Records:
        for _, line in super().read(task, records):
            key, _, value = line.partition("\t")
            yield json.loads(key), json.loads(value)


class NLineInput(TextInput):
    """As `TextInput`, with `lines_per_map` lines of one file in each split: few lines that are much work each.

    All ranks read all lines.
    """

    def __init__(self, lines_per_map: int = 1) -> None:
        if lines_per_map < 1:
            raise ValueError(f"lines_per_map must be 1 or more, got {lines_per_map!r}")
        self.lines_per_map = lines_per_map

    def source(self, job: "Job") -> Node:
        lines = session().act("collect", super().source(job), None, name="NLineInput")
        files: dict[str, list[Any]] = {}
        for record in lines:
            files.setdefault(record[0][0], []).append(record)
        step = self.lines_per_map
        splits = [found[at : at + step] for found in files.values() for at in range(0, len(found), step)]
        return slices(splits)

    def read(self, task: "Job", records: Iterator[Any]) -> Records:
        return super().read(task, (record for split in records for record in split))


class WholeFileInput(InputFormat):
    """Each file one record: its path and its text, or its bytes with `binary=True`; `.gz` and `.bz2` are unpacked."""

    def __init__(self, binary: bool = False) -> None:
        self.binary = binary

    def source(self, job: "Job") -> Node:
        return slices(files_of(job))

    def read(self, task: "Job", records: Iterator[str]) -> Records:
        for task.input_file in records:
            path = task.input_file
            with _OPENERS.get(os.path.splitext(path)[1], open)(path, "rb") as file:
                data = file.read()
            yield path, data if self.binary else _text(path, data, task.errors)


def _text(path: str, data: bytes, errors: str) -> str:
    try:
        return data.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        byte, at = data[error.start], error.start
        raise InputError(f"{path}: byte 0x{byte:02x} at offset {at} is not UTF-8; pass binary=True") from error


class PairsInput(InputFormat):
    """The pairs that a job with `PairsOutput` wrote, one split a file; they are unpickled: read what you trust."""

    def source(self, job: "Job") -> Node:
        return slices(files_of(job))

    def read(self, task: "Job", records: Iterator[str]) -> Records:
        for task.input_file in records:
            with open(task.input_file, "rb") as file:
                yield from pair_files.read(file, task.input_file)


class NumpyInput(InputFormat):
    """Rows of arrays: the key is the number of the row, the value the row (a scalar of a 1-d array).

    The input is a NumPy array of which each rank passes its part, rows numbered
    from rank to rank; or paths of `.npy` files, each with its rows from 0, which are
    mapped into memory and read in parts.
    """

    def source(self, job: "Job") -> Node:
        if hasattr(job.input, "ndim"):
            return self._parts(job.input)
        shape = Function(_num_rows)
        counted = session().act("collect", Map(slices(files_of(job)), shape), None, name="NumpyInput")
        step = max(1, -(-sum(rows for _, rows in counted) // job.num_maps))
        return slices([(path, at, min(at + step, rows)) for path, rows in counted for at in range(0, rows, step)])

    def _parts(self, array: Any) -> Node:
        import numpy as np

        engine = session()

        def source(numbers: Any) -> Arrays:
            return Arrays(engine.new_id(), (numbers,), "int64", False, engine.world.size)

        lengths = engine.act("collect", source(np.array([len(array)])), None, name="NumpyInput")
        start = sum(lengths[: engine.world.rank])
        return source(np.arange(start, start + len(array)))

    def read(self, task: "Job", records: Iterator[Any]) -> Records:
        import numpy as np

        if not hasattr(task.input, "ndim"):
            for task.input_file, begin, end in records:
                rows = np.load(task.input_file, mmap_mode="r", allow_pickle=False)[begin:end]
                yield from enumerate(rows, begin)
            return
        first = None
        for number in records:
            first = number if first is None else first
            yield number, task.input[number - first]


def _num_rows(path: str) -> tuple[str, int]:
    import numpy as np

    found = np.load(path, mmap_mode="r", allow_pickle=False)
    if getattr(found, "ndim", 0) == 0:
        raise ValueError(f"{path} holds no rows: expected a .npy array of one dimension or more")
    return path, len(found)


def joined(given: Any) -> str:
    """One or several paths as the engine takes them."""
    paths = [os.fspath(path) for path in ([given] if isinstance(given, (str, os.PathLike)) else given)]
    odd = next((path for path in paths if "," in path), None) if len(paths) > 1 else None
    if odd is not None:
        raise ValueError(f"comma in one of several paths: {odd}; write ? for it")
    return ",".join(paths)


def files_of(job: "Job") -> list[str]:
    """The paths of all input files in order; all ranks must call it."""
    engine = session()
    splits = engine.input_splits(TextFile(joined(job.input), 1, serial=engine.new_id()))
    return list(dict.fromkeys(path for path, _, _ in splits))


def slices(values: Sequence[Any]) -> Node:
    """A split for each value, which every rank holds."""
    fingerprint = hashlib.blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return Collection(session().new_id(), values, fingerprint, max(len(values), 1))

"""Hadoop streaming: programs as mapper, combiner and reducer, lines in and lines out."""

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pympr.mapreduce.inputs import InputFormat, NLineInput, TextInput, joined
from pympr.mapreduce.job import Job
from pympr.mapreduce.key_fields import parse, parts, sort_key
from pympr.mapreduce.outputs import Encoder, OutputFormat
from pympr.mapreduce.programs import Program, lines_through, plain_environment
from pympr.plan.node import Node
from pympr.plan.sources import TextFile
from pympr.run.session import session

_SPLIT_BYTES, _MOST_SPLITS = 1 << 20, 32
_REPORTER = b"reporter:"
Pair = tuple[bytes, bytes | None]


class StreamingJob(Job):
    """Programs that read lines and write lines `key TAB value`, run as Hadoop streaming runs them.

    `mapper`, `combiner` and `reducer` are commands, split into words as a shell does
    but not run by one: write `sh -c '...'` for pipes. `reducer` None is a job of
    mappers only, a command "" passes lines on. Every split starts a mapper, every
    partition a reducer, whose input is sorted by the bytes of the keys. `files`
    ("path" or "path#name") lie in the folder in which the programs run then.
    `environment` is added to theirs. `partition_fields` and `sort_fields` are options
    as "-k1,2" and "-k2,2nr" of Hadoop's KeyFieldBasedPartitioner and -Comparator.
    `conf` takes Hadoop's names, `stream.num.map.output.key.fields` for one. A
    program that ends with a code other than 0 is a ProgramError on all ranks.

    With the lines "to be or not" and "to be" in hamlet.txt:

    >>> job = StreamingJob("hamlet.txt", mapper="tr ' ' '\\n'", reducer="uniq -c")
    >>> job.run().collect()
    [(b'      2 be', None), (b'      1 not', None), (b'      1 or', None), (b'      2 to', None)]
    """

    def __init__(
        self,
        input: Any,
        output: Any = None,
        *,
        mapper: str,
        reducer: str | None = None,
        combiner: str | None = None,
        num_reducers: int | None = None,
        files: Sequence[Any] = (),
        environment: Mapping[str, str] | None = None,
        partition_fields: str | None = None,
        sort_fields: str | None = None,
        conf: Mapping[str, Any] | None = None,
        input_format: InputFormat | None = None,
        output_format: OutputFormat | None = None,
    ) -> None:
        count = 0 if reducer is None else num_reducers
        form = output_format or LineOutput()
        super().__init__(input, output, count, conf=conf, cache_files=files, output_format=form)
        self.input_format = input_format or LineInput()
        self.commands = {"mapper": mapper, "combiner": combiner, "reducer": reducer}
        self.environment = dict(environment or {})
        self.told = repr((self.commands, sorted(self.environment.items())))  # for the ranks to compare
        self.sort_fields, self.partition_fields = sort_fields, partition_fields
        separator = self.separator("mapreduce.map.output.key.field.separator")
        self._order = None if sort_fields is None else sort_key(parse(sort_fields), separator)
        self._parts = None if partition_fields is None else parts(parse(partition_fields), separator)
        self._splits: list[tuple[str, int, int]] = []
        self._number = 0

    @property
    def num_maps(self) -> int:
        """By default one split a MiB, 32 at most: each starts a program."""
        if "mapreduce.job.maps" in self.conf:
            return int(self.conf["mapreduce.job.maps"])
        engine = session()
        num_bytes = engine.input_bytes(TextFile(joined(self.input), 1, serial=engine.new_id()))
        return min(_MOST_SPLITS, max(1, -(-num_bytes // _SPLIT_BYTES)))

    def separator(self, name: str) -> bytes:
        """A separator of `conf`, TAB by default."""
        return str(self.conf.get(name, "\t")).encode() or b"\t"

    def sort_key(self, key: bytes) -> Any:
        """By the fields of `sort_fields`."""
        return key if self._order is None else self._order(key)

    def _placement(self) -> Callable[[Any], Any] | None:
        return self._parts

    def _writes(self, method: str) -> bool:
        given = {"combiner": self.commands["combiner"], "sort_key": self._order}
        return given.get(method) is not None

    def _plan(self, counters: Any, cache: Any) -> Node:
        self._number = session().new_id()
        return super()._plan(counters, cache)

    def _label(self, verb: str) -> str:
        return f"{super()._label(verb)} {self.commands[verb]!r}"

    def _pairs(self, verb: str, records: Iterator[Any]) -> Iterator[Any]:
        command = self.commands[verb] or ""
        is_map = verb == "mapper"
        lines = self._lines_for_mapper(records) if is_map else self._lines_for_reducer(records)
        written = self._through(verb, command, lines) if command else lines
        what = "reduce" if verb == "reducer" else "map"
        separator = self.separator(f"stream.{what}.output.field.separator")
        count = int(self.conf.get(f"stream.num.{what}.output.key.fields", 1))
        return (cut(line, separator, count) for line in written)

    def _lines_for_mapper(self, records: Iterator[Any]) -> Iterator[bytes]:
        if self.reads_results:
            return (join(_bytes(key), _bytes(value)) for key, value in records)
        return (line for _, line in records)

    def _lines_for_reducer(self, records: Iterator[Any]) -> Iterator[bytes]:
        separator = self.separator("stream.reduce.input.field.separator")
        for key, values in records:
            for value in values:
                yield join(getattr(values, "key", key), value, separator)

    def _through(self, verb: str, command: str, lines: Iterator[bytes]) -> Iterator[bytes]:
        """The lines that a command writes; it runs in a folder of its own with the files, if there are some."""
        folder = None
        try:
            if self.cache_files:
                folder = _folder_with_links(self._task.cache.folder)  # type: ignore[union-attr]
            environment = self._variables(verb, folder)
            program = Program(shlex.split(command), environment, folder, self._title(verb))
            yield from lines_through(program, lines, self._heard, session().station.progress)
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def _heard(self, line: bytes) -> bool:
        """Count what a `reporter:counter:GROUP,NAME,AMOUNT` says; a status is no news to anybody."""
        if line.startswith(_REPORTER + b"status:"):
            return True
        match = re.fullmatch(rb"reporter:counter:([^,]*),(.*),\s*(-?\d+)\s*", line)
        if match is None:
            return False
        self.increment_counter(match[1].decode("utf-8", "replace"), match[2].decode("utf-8", "replace"), int(match[3]))
        return True

    def _title(self, verb: str) -> str:
        if verb == "reducer":
            return f"reducer of partition {self.partition}"
        if self.partition >= len(self._splits):
            return f"{verb} of split {self.partition}"
        path, begin, end = self._splits[self.partition]
        return f"{verb} of split {self.partition} (bytes {begin} to {end} of {path})"

    def _variables(self, verb: str, folder: str | None) -> dict[str, str]:
        """The environment: this process's, the job's configuration in Hadoop's way, and what the user adds."""
        kind, number = ("r" if verb == "reducer" else "m"), self.partition
        job = f"pympr_{self._number:04d}"
        told = {
            "mapreduce.job.id": f"job_{job}",
            "mapreduce.job.name": self.name,
            "mapreduce.job.reduces": self._reduces,
            "mapreduce.job.maps": len(self._splits),
            "mapreduce.task.id": f"task_{job}_{kind}_{number:06d}",
            "mapreduce.task.attempt.id": f"attempt_{job}_{kind}_{number:06d}_0",
            "mapreduce.task.partition": number,
            "mapreduce.task.ismap": str(kind == "m").lower(),
        }
        if kind == "m" and number < len(self._splits):
            path, begin, end = self._splits[number]
            place = {"file": path, "start": begin, "length": end - begin}
            told |= {f"mapreduce.map.input.{name}": value for name, value in place.items()}
        told |= {name: value for name, value in self.conf.items() if name not in told}
        found = {re.sub(r"\W", "_", name, flags=re.ASCII): str(value) for name, value in told.items()}
        environment = plain_environment(os.environ) | found | self.environment
        if folder is not None:
            environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', os.defpath)}"
        return environment


class LineInput(TextInput):
    """Lines as they are, bytes."""

    as_bytes = True

    def source(self, job: Any) -> Node:
        plan = super().source(job)
        job._splits = session().input_splits(plan)
        return plan


class LineGroupInput(NLineInput):
    """So many lines, as they are, for each mapper."""

    as_bytes = True


class LineOutput(OutputFormat):
    """Lines key SEPARATOR value, as bytes."""

    def __init__(self, separator: str = "\t", compression: str | None = None) -> None:
        self.separator = separator
        self._pack(compression)

    def encoder(self) -> Encoder:
        return _LineEncoder(self.separator.encode())


class _LineEncoder:
    def __init__(self, separator: bytes) -> None:
        self._separator = separator

    def add(self, pairs: list[Pair]) -> bytes:
        return b"".join([join(key, value, self._separator) + b"\n" for key, value in pairs])

    def end(self) -> bytes:
        return b""


def cut(line: bytes, separator: bytes = b"\t", count: int = 1) -> Pair:
    """Key and value: the first `count` fields, and the rest, None where there are no more fields.

    >>> cut(b"a.b.c", b".", 2), cut(b"a.b", b".", 2)
    ((b'a.b', b'c'), (b'a.b', None))
    """
    fields = line.split(separator, count)
    return (separator.join(fields[:count]), fields[count]) if len(fields) > count else (line, None)


def join(key: bytes, value: bytes | None, separator: bytes = b"\t") -> bytes:
    """A line of key and value, without separator where there is no value.

    >>> join(b"a", b"1"), join(b"a", None)
    (b'a\\t1', b'a')
    """
    return key if value is None else key + separator + value


def _bytes(value: Any) -> Any:
    return value if isinstance(value, bytes) or value is None else str(value).encode("utf-8", "surrogatepass")


def _folder_with_links(files: str) -> str:
    """A new folder with links to all files."""
    folder = tempfile.mkdtemp("", ".task-", files)
    with os.scandir(files) as found:
        for entry in found:
            if not entry.name.startswith("."):
                os.symlink(entry.path, os.path.join(folder, entry.name))
    return folder

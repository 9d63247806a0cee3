"""What every job shares: its command line, its input and output, and what it says at the end."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pympr import RDD, SparkContext
from pympr.errors import InputError, KeyTypeError, OutputExistsError
from pympr.jobs import _report

# What a user can put right; anything else is a bug and keeps its traceback.
EXPECTED = (OSError, ImportError, InputError, KeyTypeError, OutputExistsError)
ERRORS = ("strict", "replace", "ignore", "backslashreplace")
DEFAULT_TOP = 20
WHERE = "file, directory or glob; .gz, .bz2 and .zst are unpacked"
# The same whatever the ranks, so that files and their parts are the same too.
LEAST_SPLITS, LEAST_PARTS, PART_BYTES = 32, 8, 64 << 20


Check = Callable[[argparse.Namespace], str | None]


class Parser(argparse.ArgumentParser):
    """The command line of a job; speaks on rank 0 only."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(prog=f"pympr {name}", description=description, allow_abbrev=False)
        self.job_name = name
        self.add_argument("--output", metavar="DIR", help="write all results to files in a new directory")
        self.add_argument("--errors", choices=ERRORS, default="strict", help="what to do with text that is not UTF-8")
        self.add_argument("--report", metavar="DIR", help="where to write the report of the run")
        self.add_argument("--no-report", action="store_true", help="write no report")

    def add_inputs(self) -> "Parser":
        """Take one or more inputs."""
        self.add_argument("inputs", nargs="+", metavar="INPUT", help=WHERE)
        return self

    def add_parts(self) -> "Parser":
        """Let the user say how many files there are."""
        self.add_argument("--parts", type=positive, metavar="N", help="how many result files; by default by input size")
        return self

    def add_top(self) -> "Parser":
        """Let the user say how long the table is."""
        text = f"rows of the table (default {DEFAULT_TOP}; with --output no table unless this is given)"
        self.add_argument("--top", type=positive, metavar="N", help=text)
        return self

    def _print_message(self, message: str, file: Any = None) -> None:
        if SparkContext.getOrCreate().rank == 0:
            super()._print_message(message, file)


def positive(text: str) -> int:
    """An integer of 1 or more, for argparse.

    >>> positive("3")
    3
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, got {text!r}")
    return int(text)


class Program:
    """One run of a job: its options, its context, and what is known for the summary."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self.sc = SparkContext.getOrCreate()
        self.name, self.options = name, options
        self.unit = "lines"
        self.notes: list[str] = []
        self.records: int | None = None
        self.num_bytes: int | None = None
        self.inputs: list[RDD] = []
        self.kept: list[RDD] = []
        self.plans: list[tuple[str, str]] = []
        self.out = sys.stdout
        self._used: tuple[int, str] | None = None

    def text(self, paths: Sequence[str] | None = None, with_place: bool = False) -> RDD:
        """The lines of some files, by default of the inputs."""
        joined = joined_paths(self.options.inputs if paths is None else paths)
        lines = self.sc.textFile(joined, LEAST_SPLITS, errors=self.options.errors, with_place=with_place)
        return self.reads(lines)

    def reads(self, rdd: RDD) -> RDD:
        """Count an RDD as input of the job."""
        self.inputs.append(rdd)
        return rdd

    @property
    def input_bytes(self) -> int:
        """Bytes of all inputs as they lie on disk, or what the job said instead; all ranks must ask."""
        return self.num_bytes if self.num_bytes is not None else sum(rdd.inputBytes() for rdd in self.inputs)

    @property
    def parts(self) -> int:
        """How many partitions the result has; all ranks must ask."""
        return self.options.parts or max(LEAST_PARTS, -(-self.input_bytes // PART_BYTES))

    @property
    def top(self) -> int | None:
        """How many rows the table has, None for no table: with an output there is one only when asked for."""
        asked = self.options.top
        return asked or (None if self.options.output else DEFAULT_TOP)

    def keep(self, rdd: RDD) -> RDD:
        """Keep what several actions need, until the job ends."""
        self.kept.append(rdd.cache())
        return rdd

    def uses(self, count: int, otherwise: str) -> None:
        """Say how many records were used; the summary tells how many others there were, and what they are."""
        self._used = count, otherwise

    def explains(self, title: str, rdd: RDD) -> RDD:
        """Put an RDD's plan into the report."""
        self.plans.append((title, rdd.explain()))
        return rdd

    def save(self, lines: RDD) -> None:
        """Write an RDD of text to the output directory, or print it: standard output has nothing else then."""
        if self.options.output:
            lines.saveAsTextFile(self.options.output)
            self.notes.append(f"output: {self.options.output}")
        else:
            self.stream(lines)
            self.out = sys.stderr

    def stream(self, lines: RDD) -> None:
        """Print an RDD of text partition by partition: no rank ever holds more than its own lines and one partition."""
        kept = self.keep(lines)
        kept.count()
        for number in range(kept.getNumPartitions()):
            self.say(kept.mapPartitionsWithIndex(_Only(number)).collect(root=0) or ())

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Turn what a user's function says of a bad line into an InputError that says what was looked for."""
        try:
            yield
        except (ValueError, IndexError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"expected {what}{bad_line(error)}") from error

    def note_unused(self, records: int) -> None:
        """Add what `uses` has left to say."""
        if self._used and records > self._used[0]:
            self.notes.append(f"{records - self._used[0]:,} {self._used[1]}")

    def say(self, lines: Iterable[str], file: Any = None) -> None:
        """Print lines on rank 0."""
        if self.sc.rank == 0:
            write(file or self.out, lines)

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Print a table on rank 0."""
        self.say(table_lines(titles, rows))


class _Only:
    """The elements of one partition, none of the others."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, number: int, items: Iterable[Any]) -> Iterable[Any]:
        return items if number == self.number else ()


def bad_line(error: Exception) -> str:
    """Which line a function failed at, as far as the engine has noted it, else what the function said.

    >>> bad_line(ValueError("no number\\nrecord 2 of its block: 'a,b'"))
    ": record 2 of its block: 'a,b'"
    """
    said = [*getattr(error, "__notes__", []), *str(error).splitlines()]
    found = [text for text in said if text.startswith("record ")]
    return f": {(found or said[-1:] or [type(error).__name__])[0]}"


def table_lines(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Rows under titles: numbers to the right, the last column as it is.

    >>> table_lines(["count", "word"], [[12, "be"], [1024, "to"]])
    ['count  word', '   12  be', '1,024  to']
    """
    texts = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in [titles, *rows]]
    widths = [max(len(row[column]) for row in texts) for column in range(len(titles) - 1)]
    return ["  ".join([*(cell.rjust(size) for cell, size in zip(row, widths)), row[-1]]) for row in texts]


def write(file: Any, lines: Iterable[str]) -> None:
    """Write lines; a reader that has gone away is no error, and the terminal's encoding none either."""
    if getattr(file, "errors", "") == "strict" and hasattr(file, "reconfigure"):
        file.reconfigure(errors="backslashreplace")
    try:
        for line in lines:
            file.write(f"{line}\n")
        file.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())


def joined_paths(paths: Sequence[str]) -> str:
    """Paths as one comma-separated text.

    >>> joined_paths(["a", "b/*.txt"])
    'a,b/*.txt'
    """
    odd = [path for path in paths if "," in path]
    if odd and len(paths) > 1:
        raise InputError(f"comma in one of several paths: {odd[0]}; write ? for it")
    return ",".join(paths)


def run(
    parser: Parser, arguments: list[str] | None, work: Callable[[Program], int | None], check: Check | None = None
) -> int:
    """Parse, work, and tell how it went; the exit code, the same on every rank.

    `check` says what is wrong with options that do not go together; `work` may give an exit code.
    """
    try:
        options = parser.parse_args(arguments)
        if check is not None and (wrong := check(options)):
            parser.error(wrong)
    except SystemExit as end:
        return int(end.code or 0)
    program = Program(parser.job_name, options)
    first = len(program.sc._session.records)
    begun = time.perf_counter()
    try:
        code = work(program) or 0
    except EXPECTED as error:
        program.say([f"{parser.prog}: {_brief(error)}"], sys.stderr)
        return 1
    finally:
        for rdd in program.kept:
            rdd.unpersist()
    _finish(program, first, time.perf_counter() - begun)
    return code


def _brief(error: Exception) -> str:
    """The message of the rank that failed, without its traceback."""
    return getattr(error, "brief", None) or f"{type(error).__name__}: {error}"


def _finish(program: Program, first: int, seconds: float) -> None:
    num_bytes, done = program.input_bytes, program.sc.report(first=first)
    if done is None:
        return
    facts = _report.facts(program, done, num_bytes, seconds)
    lines = [*program.notes, _report.summary(facts)]
    if not program.options.no_report:
        lines.append(_report.write(program.options.report, facts))
    program.say(lines)

"""Join the lines of two text files on a column."""

import sys
from typing import Any

from pympr import RDD
from pympr.errors import InputError
from pympr.jobs._common import WHERE, Parser, Program, positive, run

DESCRIPTION = """Join two files of columns. Result lines: the key, the other columns of LEFT, those of RIGHT;
a side without the key gives no columns. Keys come in no order; lines of one key in the order of LEFT, then of RIGHT."""
HOW = {"inner": RDD.join, "left": RDD.leftOuterJoin, "right": RDD.rightOuterJoin, "full": RDD.fullOuterJoin}


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = Parser("join", DESCRIPTION).add_parts()
    parser.add_argument("left", metavar="LEFT", help=WHERE)
    parser.add_argument("right", metavar="RIGHT", help="the same")
    parser.add_argument("--separator", default="\t", help="what is between columns (default TAB)")
    parser.add_argument("--left-column", type=positive, default=1, metavar="N", help="key of LEFT, from 1 (default 1)")
    parser.add_argument("--right-column", type=positive, default=1, metavar="N", help="key of RIGHT (default 1)")
    parser.add_argument("--how", choices=HOW, default="inner", help="which keys: of both, left, right or any (full)")
    return run(parser, arguments, work)


def work(program: Program) -> None:
    """Join, then write or print."""
    options = program.options
    left = keyed(program.text([options.left]), options.separator, options.left_column)
    right = keyed(program.text([options.right]), options.separator, options.right_column)
    joined = HOW[options.how](left, right, program.parts).map(Row(options))
    program.explains("joined lines", joined)
    try:
        program.save(joined)
    except IndexError as error:
        most = max(options.left_column, options.right_column)
        raise InputError(f"a line has no column {most} by separator {options.separator!r}{_line(error)}") from error


def keyed(lines: RDD, separator: str, column: int) -> RDD:
    """(key, line)."""
    position = column - 1
    return lines.map(lambda line: (line.split(separator)[position], line))


class Row:
    """Makes a result line of (key, (left line, right line))."""

    def __init__(self, options: Any) -> None:
        self.separator = options.separator
        self.left, self.right = options.left_column - 1, options.right_column - 1

    def __call__(self, record: tuple[str, tuple[str | None, str | None]]) -> str:
        key, (left, right) = record
        return self.separator.join([key, *self._others(left, self.left), *self._others(right, self.right)])

    def _others(self, line: str | None, column: int) -> list[str]:
        columns = [] if line is None else line.split(self.separator)
        return columns[:column] + columns[column + 1 :]


def _line(error: IndexError) -> str:
    """Which line it was, as far as the engine has noted."""
    notes = [note for note in getattr(error, "__notes__", []) if note.startswith("record ")]
    return f": {notes[0]}" if notes else ""


if __name__ == "__main__":
    sys.exit(main())

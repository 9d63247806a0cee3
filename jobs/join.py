"""Join the lines of two text files on a column."""

import sys
from typing import Any

from pympr import RDD
from pympr.errors import InputError
from pympr.jobs._common import WHERE, Parser, Program, bad_line, positive, run

DESCRIPTION = """Join two files of columns. Result lines: the key, the other columns of LEFT, those of RIGHT;
a side without the key gives empty columns, as many as its first line has. Keys come in no order; lines of one key in
the order of LEFT, then of RIGHT."""
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
    left, right = program.text([options.left]), program.text([options.right])
    is_outer = options.how != "inner"
    widths = [num_columns(lines, options.separator) if is_outer else 0 for lines in (left, right)]
    keyed_left = keyed(left, options.separator, options.left_column)
    keyed_right = keyed(right, options.separator, options.right_column)
    joined = HOW[options.how](keyed_left, keyed_right, program.parts).map(Row(options, *widths))
    program.explains("joined lines", joined)
    try:
        program.save(joined)
    except IndexError as error:
        most = max(options.left_column, options.right_column)
        raise InputError(f"a line has no column {most} by separator {options.separator!r}{bad_line(error)}") from error


def keyed(lines: RDD, separator: str, column: int) -> RDD:
    """(key, line)."""
    position = column - 1
    return lines.map(lambda line: (line.split(separator)[position], line))


def num_columns(lines: RDD, separator: str) -> int:
    """How many columns the first line has, 0 when there is none."""
    return sum(len(line.split(separator)) for line in lines.take(1))


class Row:
    """Makes a result line of (key, (left line, right line)); `widths` is how many columns each side has."""

    def __init__(self, options: Any, *widths: int) -> None:
        self.separator = options.separator
        self.left, self.right = options.left_column - 1, options.right_column - 1
        self.missing_left, self.missing_right = ([""] * (width - 1) for width in widths)

    def __call__(self, record: tuple[str, tuple[str | None, str | None]]) -> str:
        key, (left, right) = record
        others = list(self.missing_left) if left is None else self._others(left, self.left)
        others += self.missing_right if right is None else self._others(right, self.right)
        return self.separator.join([key, *others])

    def _others(self, line: str, column: int) -> list[str]:
        columns = line.split(self.separator)
        return columns[:column] + columns[column + 1 :]


if __name__ == "__main__":
    sys.exit(main())

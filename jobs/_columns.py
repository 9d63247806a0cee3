"""Columns of text files and of .npy files: what the jobs on numbers and values read."""

from typing import Any

import numpy as np

from pympr import RDD
from pympr.errors import InputError
from pympr.jobs._common import LEAST_SPLITS, Parser, Program, joined_paths, positive

NPY = ".npy"


def add_separator(parser: Parser, text: str = "what is between columns (default ,); no quotes") -> Parser:
    """Take the separator of columns, and whether the files begin with titles."""
    parser.add_argument("--separator", default=",", help=text)
    parser.add_argument("--header", action="store_true", help="the first line of each file is titles")
    return parser


def add_column(parser: Parser) -> Parser:
    """Take the number of one column."""
    parser.add_argument("--column", type=positive, metavar="N", help="which column, from 1")
    return add_separator(parser)


def separator_fault(options: Any) -> str | None:
    """What is wrong with the separator, if anything."""
    return None if options.separator else "--separator is empty"


def is_npy(program: Program) -> bool:
    """Whether the inputs are .npy files; InputError when some are and some are not."""
    found = {path.endswith(NPY) for path in program.options.inputs}
    if len(found) > 1:
        raise InputError(f"some inputs end with {NPY} and some do not: give one kind")
    return found == {True}


def lines_of(program: Program) -> RDD:
    """The lines of the inputs without titles."""
    if not program.options.header:
        return program.text()
    return program.text(with_place=True).filter(lambda placed: placed[0][1] > 0).map(lambda placed: placed[1])


def texts_of(program: Program) -> RDD:
    """The values of the wanted column as text, or whole lines when no column is wanted."""
    lines, separator, column = lines_of(program), program.options.separator, program.options.column
    if column is None:
        return lines
    position = column - 1
    return lines.map(lambda line: line.split(separator)[position])


def rows_of_npy(program: Program) -> RDD:
    """The rows of .npy files."""
    program.unit = "rows"
    return program.reads(program.sc.npy(joined_paths(program.options.inputs), LEAST_SPLITS))


def numbers_of(program: Program) -> RDD:
    """The numbers of the wanted column (by default the first) of text or .npy files, float64."""
    position = (program.options.column or 1) - 1
    if is_npy(program):
        return rows_of_npy(program).mapBlocks(lambda *columns: as_numbers(columns[position]))
    lines, separator = lines_of(program), program.options.separator
    # Through a block function, so that what is kept is an array and no list.
    return lines.map(lambda line: float(line.split(separator)[position])).mapBlocks(as_numbers)


def as_numbers(column: np.ndarray) -> np.ndarray:
    """A column as float64.

    >>> as_numbers(np.array([1, 2]))
    array([1., 2.])
    """
    return column.astype(np.float64, copy=False)


def what_is_read(program: Program) -> str:
    """What a line must have, for an error."""
    return f"a number in column {program.options.column or 1} by separator {program.options.separator!r}"

"""Group points of text or .npy files around k centres (Lloyd's algorithm)."""

import argparse
import sys
from typing import Any

import numpy as np

from pympr import RDD
from pympr.errors import InputError
from pympr.jobs._columns import add_separator, is_npy, lines_of, rows_of_npy, separator_fault
from pympr.jobs._common import Parser, Program, positive, run
from pympr.jobs._lloyd import Round, finite_points, first_centres, nearest, partial_sums, round_of

DESCRIPTION = """Points are lines of numbers, or rows of .npy files. Centres begin where k-means++ puts them on a
sample, or where --centres says; they move until none moves farther than --tolerance. The result is the same for any
number of ranks. A centre that is nearest to no point stays. Lines of --output: the number of the centre, from 0, of
every point in the order of the input; the table shows the centres."""
DEFAULT_ROUNDS, DEFAULT_TOLERANCE = 100, 1e-4
SAMPLED = 20_000


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = add_separator(Parser("kmeans", DESCRIPTION).add_inputs())
    parser.add_argument("-k", type=positive, metavar="K", help="how many centres")
    parser.add_argument("--centres", metavar="FILE", help="where they begin: lines as in the input, one a centre")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and of k-means++ (default 0)")
    parser.add_argument("--columns", type=positive, nargs="+", metavar="N", help="the coordinates, from 1; default all")
    parser.add_argument(
        "--iterations", type=positive, default=DEFAULT_ROUNDS, metavar="N", help="at most (default 100)"
    )
    parser.add_argument("--tolerance", type=float, default=DEFAULT_TOLERANCE, help="default 0.0001; 0: until at rest")
    return run(parser, arguments, work, check)


def check(options: argparse.Namespace) -> str | None:
    """What is wrong with the options, if anything."""
    if (options.k is None) == (options.centres is None):
        return "give -k K or --centres FILE, and not both"
    if not options.tolerance >= 0:
        return f"--tolerance must be 0 or more, got {options.tolerance}"
    return separator_fault(options)


def work(program: Program) -> None:
    """Move the centres, then print them, and write what belongs to which."""
    options = program.options
    with program.reading(f"numbers by separator {options.separator!r}, as many as in the first line"):
        points = program.keep(points_of(program))
        count = points.count()
    if not count:
        raise InputError("the input has no point")
    centres = given_centres(program) if options.centres else seeded_centres(program, points, count)
    width = len(points.first())
    if centres.shape[1] != width:
        raise InputError(f"{options.centres}: centres have {centres.shape[1]} coordinates, points have {width}")
    program.explains("sums by centre", points.mapBlocks(partial_sums(centres)))
    centres, last, rounds = moved(points, centres, options.iterations, options.tolerance)
    program.notes += [f"{rounds} iterations; sum of squared distances {last.inertia!r}"]
    rows = [(int(n), " ".join(map(repr, at))) for n, at in zip(last.counts, centres.tolist())]
    program.table(["points", "centre"], rows)
    if options.output:
        program.save(points.mapBlocks(lambda *columns: nearest(columns, centres)[0]))


def moved(points: RDD, centres: np.ndarray, most_rounds: int, tolerance: float) -> tuple[np.ndarray, Round, int]:
    """The centres after some rounds, what belongs to them, and how many rounds it took."""
    rounds = 0
    while rounds < most_rounds:
        new = _round(points, centres).centres
        rounds += 1
        farthest = np.sqrt(((new - centres) ** 2).sum(axis=1)).max()
        centres = new
        if farthest <= tolerance:
            break
    return centres, _round(points, centres), rounds


def _round(points: RDD, centres: np.ndarray) -> Round:
    return round_of(points.mapBlocks(partial_sums(centres)).collect(), centres)


def points_of(program: Program) -> RDD:
    """The points as columns of float64."""
    places = [column - 1 for column in program.options.columns or ()]
    if is_npy(program):
        rows = rows_of_npy(program)
        return rows.mapBlocks(lambda *columns: finite_points([columns[at] for at in places] or columns))
    lines = lines_of(program)
    program.unit = "points"
    first = lines.first() if not lines.isEmpty() else ""
    parse = Coordinates(program.options.separator, places, first)
    return lines.map(parse).mapBlocks(lambda *columns: finite_points(columns))


class Coordinates:
    """Makes a tuple of numbers of a line; ValueError when there are not as many as in the first line."""

    def __init__(self, separator: str, places: list[int], first: str) -> None:
        self.separator, self.places = separator, places
        self.width = len(first.split(separator))

    def __call__(self, line: str) -> tuple[float, ...]:
        fields = line.split(self.separator)
        if len(fields) != self.width:
            raise ValueError(f"{len(fields)} columns, the first line has {self.width}")
        return tuple(map(float, [fields[at] for at in self.places] if self.places else fields))


def given_centres(program: Program) -> np.ndarray:
    """The centres of a file of lines."""
    options = program.options
    with program.reading(f"numbers by separator {options.separator!r} in {options.centres}"):
        lines = program.text([options.centres])
        rows = lines.map(lambda line: tuple(map(float, line.split(options.separator)))).collect()
    if not rows or len({len(row) for row in rows}) > 1 or not np.isfinite(rows).all():
        raise InputError(f"{options.centres}: expected lines of equally many finite numbers, one a centre")
    return np.array(rows)


def seeded_centres(program: Program, points: RDD, count: int) -> np.ndarray:
    """Centres by k-means++ on a sample of the points."""
    wanted, seed = program.options.k, program.options.seed
    sample: list[Any] = (
        points.takeSample(False, max(SAMPLED, 20 * wanted), seed) if count > SAMPLED else points.collect()
    )
    return first_centres(np.array(sample), wanted, seed)


if __name__ == "__main__":
    sys.exit(main())

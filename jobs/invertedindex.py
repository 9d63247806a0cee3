"""Make an index of text files: the files, or the lines, in which each word stands."""

import sys
from collections.abc import Iterable, Iterator
from operator import add
from typing import Any

from pympr import RDD
from pympr.jobs._common import Parser, Program, run

DESCRIPTION = """Index words by file. Lines of --output, sorted by word: WORD TAB FILE:COUNT ..., with --lines
WORD TAB FILE:LINE,LINE ... . The table shows the words that stand in the most files."""

SHOWN_FILES = 3


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = Parser("invertedindex", DESCRIPTION).add_inputs().add_parts().add_top()
    parser.add_argument("--lines", action="store_true", help="tell the numbers of the lines instead of how many times")
    return run(parser, arguments, work)


def work(program: Program) -> None:
    """Index, then write or print."""
    places = lines_of_words(program) if program.options.lines else counts_of_words(program)
    index = program.keep(places.groupByKey(program.parts).mapValues(sorted))
    program.explains("index", index)
    if program.options.output:
        program.save(index.sortByKey(numPartitions=program.parts).map(entry))
    if program.top:
        most = index.takeOrdered(program.top, key=lambda pair: (-len(pair[1]), pair[0]))
        program.table(["files", "word"], [(len(files), entry((word, files), SHOWN_FILES)) for word, files in most])


def counts_of_words(program: Program) -> RDD:
    """(word, (path, how many times))."""
    program.unit = "words"
    words = program.text(with_place=True).flatMapValues(str.split)
    counts = words.map(lambda pair: ((pair[1], pair[0][0]), 1)).reduceByKey(add, program.parts)
    return counts.map(lambda pair: (pair[0][0], (pair[0][1], pair[1])))


def lines_of_words(program: Program) -> RDD:
    """(word, (path, "line,line,...")); reads the files twice, as a split does not know the lines before it."""
    lines = program.text(with_place=True)
    before = lines_before(lines.mapPartitionsWithIndex(count_lines).collect())

    def numbered(split: int, records: Iterable[Any]) -> Iterator[Any]:
        for number, ((path, _), line) in enumerate(records, before.get(split, 0) + 1):
            for word in dict.fromkeys(line.split()):
                yield (word, path), number

    numbers = lines.mapPartitionsWithIndex(numbered).groupByKey(program.parts)
    return numbers.map(lambda pair: (pair[0][0], (pair[0][1], ",".join(map(str, pair[1])))))


def count_lines(split: int, records: Iterable[Any]) -> Iterator[tuple[int, str, int]]:
    """(split, path, number of lines) for a split with lines."""
    path, count = "", 0
    for (last, _), _ in records:
        path, count = last, count + 1
    if count:
        yield split, path, count


def lines_before(counts: list[tuple[int, str, int]]) -> dict[int, int]:
    """How many lines of its file stand before each split.

    >>> lines_before([(0, "a", 5), (1, "a", 3), (2, "b", 9), (3, "b", 1)])
    {0: 0, 1: 5, 2: 0, 3: 9}
    """
    before, in_file, last = {}, 0, None
    for split, path, count in counts:
        in_file = in_file if path == last else 0
        before[split], in_file, last = in_file, in_file + count, path
    return before


def entry(pair: tuple[str, list[tuple[str, Any]]], most: int | None = None) -> str:
    """One line of the index, with all files or the first.

    >>> entry(("be", [("a.txt", 2), ("b.txt", 1)]))
    'be\\ta.txt:2 b.txt:1'
    >>> entry(("be", [("a.txt", 2), ("b.txt", 1)]), 1)
    'be\\ta.txt:2 ...'
    """
    word, files = pair
    shown = [f"{path}:{what}" for path, what in files[:most]]
    return f"{word}\t{' '.join(shown)}{' ...' if len(shown) < len(files) else ''}"


if __name__ == "__main__":
    sys.exit(main())

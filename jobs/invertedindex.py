"""Make an index of text files: the files, or the lines, in which each word stands."""

import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import add
from typing import Any

from pympr import RDD
from pympr.jobs._common import Parser, Program, run

DESCRIPTION = """Index words by file. Lines of --output, sorted by word: WORD TAB FILE:COUNT ..., with --lines
WORD TAB FILE:LINE,LINE ... . The table shows the words that stand in the most files."""

SHOWN_FILES = 3
COUNT = ""  # no word is empty

Posting = tuple[int, str, bytes]


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = Parser("invertedindex", DESCRIPTION).add_inputs().add_parts().add_top()
    parser.add_argument("--lines", action="store_true", help="tell the numbers of the lines instead of how many times")
    return run(parser, arguments, work)


def work(program: Program) -> None:
    """Index, then write or print."""
    places = lines_of_words(program) if program.options.lines else counts_of_words(program)
    index = program.keep(places.groupByKey(program.parts).mapValues(by_file))
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
    """(word, (path, "line,line,...")), a file once for each of its splits.

    A split does not know how many lines are before it: what is kept has numbers of its own, and is read once.
    """
    found = program.keep(program.text(with_place=True).mapPartitionsWithIndex(numbered))
    counts = found.filter(lambda record: record[0] == COUNT).map(lambda record: record[1])
    before = lines_before((split, path, array("q", data)[0]) for split, path, data in counts.collect())
    postings = found.filter(lambda record: record[0] != COUNT)

    def shifted(record: tuple[str, Posting]) -> tuple[str, tuple[str, str]]:
        word, (split, path, data) = record
        start = before[split, path]
        return word, (path, ",".join([str(start + number) for number in array("q", data)]))

    return postings.map(shifted)


def numbered(split: int, records: Iterable[Any]) -> Iterator[tuple[str, Posting]]:
    """(word, (split, path, its lines from 1)) and (COUNT, (split, path, number of lines)); numbers as int64 bytes.

    >>> [(word, split, path, list(array("q", data))) for word, (split, path, data) in numbered(
    ...     3, [(("a.txt", 0), "be or be"), (("a.txt", 9), "be")])][-1]
    ('', 3, 'a.txt', [2])
    """
    for path, lines in groupby(records, path_of):
        number, places = 0, defaultdict(list)
        for number, (_, line) in enumerate(lines, 1):
            for word in set(line.split()):
                places[word].append(number)
        for word, numbers in places.items():
            yield word, (split, path, array("q", numbers).tobytes())
        yield COUNT, (split, path, array("q", [number]).tobytes())


def path_of(record: Any) -> str:
    """The path of ((path, offset), line)."""
    return record[0][0]


def lines_before(counts: Iterable[tuple[int, str, int]]) -> dict[tuple[int, str], int]:
    """How many lines of its file stand before each (split, path).

    >>> lines_before([(0, "a", 5), (1, "a", 3), (2, "b", 9), (3, "b", 1)])
    {(0, 'a'): 0, (1, 'a'): 5, (2, 'b'): 0, (3, 'b'): 9}
    """
    before, in_file = {}, Counter()
    for split, path, count in counts:
        before[split, path] = in_file[path]
        in_file[path] += count
    return before


def by_file(places: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Files in order, what is known of each from all of its splits as one: counts added, texts joined.

    >>> by_file([("b", 1), ("a", 2), ("b", 3)]), by_file([("a", "1,2"), ("a", "7")])
    ([('a', 2), ('b', 4)], [('a', '1,2,7')])
    """
    files: dict[str, list[Any]] = {}
    for path, what in places:
        files.setdefault(path, []).append(what)
    return [
        (path, ",".join(files[path]) if type(files[path][0]) is str else sum(files[path])) for path in sorted(files)
    ]


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

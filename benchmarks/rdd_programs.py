"""RDD programs with ordinary functions, the same source for PySpark and pympr: only the context differs.

Each takes the context and the paths of its input, and returns what to time and the digest of its result. The
functions of the first group can be read as columns; those of the second cannot, and run as Python in either engine.
"""

import bisect
import json
import re
from collections.abc import Callable
from typing import Any

from benchmarks import digests
from benchmarks.rdd_iterative import kmeans, pagerank  # noqa: F401

LOG_PATTERN = re.compile(r'^(\S+) (\S+) (\S+) \[([\w:/]+\s[+\-]\d{4})\] "(\S+) (\S+)\s*(\S*)\s?" (\d{3}) (\S+)')
BOUNDS = [100, 1000, 5000, 20_000, 50_000]


def of_pairs(pairs: list[tuple[Any, Any]]) -> list[int]:
    """Rows, and a checksum of (key, value) pairs in any order."""
    return digests.of_counts((repr(key) + repr(value), 1) for key, value in pairs)


def of_number(number: int) -> list[int]:
    """A number is its own digest."""
    return [number]


def events(sc: Any, path: str) -> Any:
    return sc.textFile(path, 4).map(lambda line: line.split(","))


def filter_reduce(sc: Any, events_path: str) -> tuple[Callable, Callable]:
    def run():
        bought = events(sc, events_path).filter(lambda f: int(f[2]) % 3 == 0)
        return bought.map(lambda f: (f[1], int(f[2]))).reduceByKey(lambda a, b: a + b).collect()

    return run, of_pairs


def flat_map(sc: Any, text: str) -> tuple[Callable, Callable]:
    def run():
        words = sc.textFile(text, 4).flatMap(lambda line: line.split()).filter(lambda word: len(word) > 3)
        return words.map(lambda word: (word.upper(), 1)).reduceByKey(lambda a, b: a + b).collect()

    return run, digests.of_counts


def join_and_sum(sc: Any, events_path: str, profiles: str) -> tuple[Callable, Callable]:
    def run():
        amounts = events(sc, events_path).map(lambda f: (int(f[0]), int(f[2])))
        factors = sc.textFile(profiles, 4).map(lambda line: line.split(",")).map(lambda f: (int(f[0]), int(f[1])))
        return amounts.join(factors).map(lambda row: row[1][0] * row[1][1]).reduce(lambda a, b: a + b)

    return run, of_number


def group_by_key(sc: Any, events_path: str) -> tuple[Callable, Callable]:
    def run():
        amounts = events(sc, events_path).map(lambda f: (int(f[0]), int(f[2])))
        return amounts.groupByKey().mapValues(len).map(lambda p: p[0] * p[1]).reduce(lambda a, b: a + b)

    return run, of_number


def sort_by_key(sc: Any, events_path: str) -> tuple[Callable, Callable]:
    def run():
        return events(sc, events_path).map(lambda f: (int(f[2]), f[0])).sortByKey().count()

    return run, of_number


def distinct(sc: Any, events_path: str) -> tuple[Callable, Callable]:
    def run():
        return events(sc, events_path).map(lambda f: (f[0], f[1])).distinct().count()

    return run, of_number


def aggregate_by_key(sc: Any, events_path: str) -> tuple[Callable, Callable]:
    def run():
        amounts = events(sc, events_path).map(lambda f: (f[1], int(f[2])))
        return amounts.aggregateByKey(
            (0, 0), lambda total, x: (total[0] + x, total[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1])
        ).collect()

    return run, of_pairs


def requested(line: str) -> tuple[str, int]:
    """Path and status of a line in Common Log Format."""
    match = LOG_PATTERN.match(line)
    if match is None:
        return "", 0
    return match.group(6), int(match.group(8))


def log_pattern(sc: Any, log: str) -> tuple[Callable, Callable]:
    def run():
        requests = sc.textFile(log, 4).map(requested)
        return requests.map(lambda request: (request, 1)).reduceByKey(lambda a, b: a + b).collect()

    return run, of_pairs


def find_words(sc: Any, text: str) -> tuple[Callable, Callable]:
    def run():
        words = sc.textFile(text, 4).flatMap(lambda line: re.findall(r"\w+", line))
        return words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).collect()

    return run, digests.of_counts


def trigrams(sc: Any, text: str) -> tuple[Callable, Callable]:
    def triples(line: str) -> list:
        words = line.split()
        return list(zip(words, words[1:], words[2:]))

    def run():
        counts = sc.textFile(text, 4).flatMap(triples).map(lambda t: (t, 1)).reduceByKey(lambda a, b: a + b)
        return counts.takeOrdered(20, key=lambda pair: (-pair[1], pair[0]))

    return run, of_pairs


def json_reduce(sc: Any, json_path: str) -> tuple[Callable, Callable]:
    def run():
        objects = sc.textFile(json_path, 4).map(json.loads)
        return objects.map(lambda d: (d["shop"], d["amount"])).reduceByKey(lambda a, b: a + b).collect()

    return run, of_pairs


def classes(sc: Any, events_path: str) -> tuple[Callable, Callable]:
    def price_class(fields: list[str]) -> tuple[int, int]:
        amount = int(fields[2])
        return bisect.bisect(BOUNDS, amount), amount

    def run():
        pairs = events(sc, events_path).map(price_class)
        return pairs.combineByKey(lambda x: [x, x], widen, merge).collect()

    return run, of_pairs


def widen(bounds: list[int], amount: int) -> list[int]:
    return [min(bounds[0], amount), max(bounds[1], amount)]


def merge(a: list[int], b: list[int]) -> list[int]:
    return [min(a[0], b[0]), max(a[1], b[1])]


def group_lists(sc: Any, events_path: str) -> tuple[Callable, Callable]:
    def spread(amounts: Any) -> int:
        ordered = sorted(amounts)
        return ordered[-1] - ordered[0] + len(set(ordered))

    def run():
        amounts = events(sc, events_path).map(lambda f: (f[0], int(f[2])))
        return amounts.groupByKey().mapValues(spread).map(lambda p: p[1]).reduce(lambda a, b: a + b)

    return run, of_number

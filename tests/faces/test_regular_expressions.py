"""Programs with regular expressions, as columns on ranks."""

import re
from operator import add

import pytest

pytestmark = pytest.mark.mpi

LOG = re.compile(r'^(\S+) (\S+) (\S+) \[([\w:/]+\s[+\-]\d{4})\] "(\S+) (\S+)\s*(\S*)\s?" (\d{3}) (\S+)')
LINES = [
    f'10.0.{n % 7}.{n % 3} - u{n % 5} [01/Aug/1995:00:00:{n % 60:02} -0400] "GET /p{n % 11} HTTP/1.0" {200 + n % 3} {n}'
    for n in range(300)
]
MIXED = [*LINES, "no line of a log", "é - - [", *LINES[:50]]


def parsed(line):
    match = LOG.match(line)
    if match is None:
        return ("", 0, line)
    return (match.group(6), int(match.group(8)), match.group(1))


def functions(rdd):
    return rdd.explain().partition("== functions ==")[2]


def test_lines_of_a_log(sc):
    lines = sc.parallelize(MIXED, 4)
    assert ": columns: " in functions(lines.map(parsed))
    assert lines.map(parsed).collect() == list(map(parsed, MIXED))
    counts = lines.filter(LOG.match).map(parsed).map(lambda p: ((p[1], p[0]), 1)).reduceByKey(add)
    wanted = {}
    for line in filter(LOG.match, MIXED):
        path, status, _ = parsed(line)
        wanted[status, path] = wanted.get((status, path), 0) + 1
    assert counts.collectAsMap() == wanted


def test_matches_that_are_handed_on(sc):
    found = (
        sc.parallelize(MIXED, 3).map(LOG.match).filter(lambda m: m is not None).map(lambda m: (m[1], m.groups()[-1]))
    )
    assert functions(found).count("columns") == 2 and "  Where(expression=not not bool(re.match(" in found.explain()
    assert found.collect() == [(m[1], m[9]) for m in map(LOG.match, MIXED) if m]


def test_words(sc):
    lines, odd = sc.parallelize(MIXED, 3), ["Ab é,", "", "日本 x"] * 20
    for function in (
        lambda line: re.findall(r"\w+", line),
        lambda line: re.split(r"\W+", line.lower()),
        lambda line: re.findall(r"(\w)(\d)?", line),
        re.compile("[a-z]+").findall,
    ):
        words = lines.union(sc.parallelize(odd, 2)).flatMap(function)
        assert "columns" in functions(words)
        assert words.collect() == [word for line in MIXED + odd for word in function(line)]
    pairs = sc.parallelize(list(enumerate(MIXED)), 3).flatMapValues(lambda line: re.findall(r"\d+", line))
    assert pairs.collect() == [(n, word) for n, line in enumerate(MIXED) for word in re.findall(r"\d+", line)]
    listed = lines.map(lambda line: re.split(r"\W+", line)).flatMap(lambda words: words).map(lambda word: (word, 1))
    assert listed.reduceByKey(add).count() == len({word for line in MIXED for word in re.split(r"\W+", line)})


def test_an_exception_is_that_of_python(sc):
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'group'"):
        sc.parallelize(MIXED, 3).map(lambda line: LOG.match(line).group(1)).collect()


def test_what_is_not_known_runs_as_python(sc):
    twice = sc.parallelize(MIXED, 3).map(lambda line: re.sub(r"(\d)\1", "=", line))
    assert "Python" in functions(twice) and "refers back to a group" in functions(twice)
    assert twice.collect() == [re.sub(r"(\d)\1", "=", line) for line in MIXED]

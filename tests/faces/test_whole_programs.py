"""Programs as users write them, in which loops, patterns, groups and kept rows meet, beside plain Python."""

import re
from operator import add

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]
PATTERN = re.compile(r"(\d+)-(\w+)")
RULES = [("many", "a+"), ("last", "b$"), ("digits", r"\d{2,}"), ("twice", r"(.)\1")]


def named(text):
    for name, pattern in RULES:
        if re.search(pattern, text):
            return name
    return None


def contributions(urls, rank):
    count = len(urls)
    for url in urls:
        yield (url, rank / count)


def second(text):
    match = PATTERN.match(text)
    return match.group(2) if match else None


def alternatives(text):
    match = re.match(r"(?:(a)|(b)|(\d))+", text)
    return match.groups() if match else ()


def test_patterns_in_loops_and_globals(sc, monkeypatch):
    texts = ["aab", "bc", "b\n", "11", "12ab3", "", "日日", "-\x00-"] * 12
    rdd = sc.parallelize(texts, 2)
    assert rdd.map(named).collect() == list(map(named, texts))
    assert rdd.map(alternatives).collect() == list(map(alternatives, texts))
    numbered = [f"{number}-ab_{number}" for number in range(80)]
    seconds = sc.parallelize(numbered, 2).map(second)
    assert seconds.collect() == list(map(second, numbered))
    monkeypatch.setitem(globals(), "PATTERN", re.compile(r"(\d)(.)"))  # what a global is when the action begins
    assert seconds.collect() == list(map(second, numbered))


def test_fields_are_found_grouped_and_read_again(sc):
    lines = [f"k{number % 7}={number};x={number / 4:.2f}" for number in range(120)]
    groups = {}
    for line in lines:
        for key, value in re.findall(r"(\w+)=([^;]*)", line):
            groups.setdefault(key, []).append(value)
    fields = sc.parallelize(lines, 3).flatMap(lambda line: re.findall(r"(\w+)=([^;]*)", line)).groupByKey(2)
    found = fields.flatMap(lambda field: [(field[0], value + "!") for value in field[1]]).collect()
    assert sorted(found) == sorted((key, value + "!") for key, values in groups.items() for value in values)
    assert fields.mapValues(lambda values: sum(map(float, values))).collectAsMap() == {
        key: sum(map(float, values)) for key, values in groups.items()
    }


def test_keys_that_no_column_holds(sc):
    pairs = [("k\x00\ud800" if number % 7 == 0 else f"k{number % 5}", f"é{number}\x00") for number in range(150)]
    grouped = sc.parallelize(pairs, 3).groupByKey(2).cache()
    swapped = grouped.flatMap(lambda group: ((value, group[0]) for value in group[1]))
    for _ in range(2):
        assert sorted(swapped.collect()) == sorted((value, key) for key, value in pairs)
        for _, values in grouped.collect():
            values.data.append("a result is the caller's own")
    grouped.unpersist()
    assert sorted(swapped.collect()) == sorted((value, key) for key, value in pairs)


def test_pagerank_whose_rows_are_kept_and_let_go(sc):
    lines = [f"url_{n % 13}{' ' if n % 3 else '   '}url_{n * n % 17}" for n in range(90)]
    graph = {}
    for line in dict.fromkeys(lines):
        page, target = re.split(r"\s+", line)
        graph.setdefault(page, {})[target] = 1
    pairs = sc.parallelize(lines, 3).map(lambda line: tuple(line.split())).distinct(2)
    links = pairs.groupByKey(2).cache()
    ranks, wanted = links.map(lambda page: (page[0], 1.0)), dict.fromkeys(graph, 1.0)
    for number in range(4):
        before = ranks
        shares = links.join(ranks, 2).flatMap(lambda page: contributions(page[1][0], page[1][1]))
        ranks = shares.reduceByKey(add, 2).mapValues(lambda rank: rank * 0.85 + 0.15).cache()
        before.unpersist()
        if number == 1:
            ranks.count(), links.unpersist()
        sums = {}
        for page in graph.keys() & wanted.keys():
            for target, share in contributions(graph[page], wanted[page]):
                sums[target] = sums.get(target, 0.0) + share
        wanted = {page: rank * 0.85 + 0.15 for page, rank in sums.items()}
    assert ranks.collectAsMap() == pytest.approx(wanted)
    ranks.unpersist()

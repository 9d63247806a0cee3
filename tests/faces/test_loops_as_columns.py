"""Loops over known items and over the values of a key run as columns, and give what Python gives."""

import math
from operator import add

import pytest

from pympr import StorageLevel

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5)]
PAIRS = {
    "int": [(n % 61, n * n % 97) for n in range(900)],
    "text": [(f"k{n % 61}", "x" * (n % 3)) for n in range(900)],
    "null": [(n % 61, None if n % 7 == 0 else n / 3) for n in range(900)],
    "tuple": [(n % 61, (n, (str(n), n % 2 == 0))) for n in range(900)],
    "mixed": [(n % 61, n if n % 2 else str(n)) for n in range(900)],
    "nan": [(n % 61, math.nan if n == 3 else -0.0) for n in range(900)],
}


def plain(pairs):
    groups = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def typed(value):
    """A value that tells its type; NaN is equal to NaN."""
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [typed(item) for item in value]
    return type(value).__name__, repr(value)


def same(found, expected):
    found, expected = (sorted(map(typed, rows), key=repr) for rows in (found, expected))
    assert found == expected


def contribs(urls, rank):
    count = len(urls)
    for url in urls:
        yield (url, rank / count)


def contribs_by_key(page):
    return [(page[0], url, page[1][1] * 2) for url in page[1][0]]


@pytest.mark.parametrize("kind", PAIRS)
def test_groups_are_as_in_python(sc, kind):
    pairs, groups = PAIRS[kind], plain(PAIRS[kind])
    grouped = sc.parallelize(pairs, 3).groupByKey(4).persist(StorageLevel.MEMORY_AND_DISK)
    lists = [(key, list(values)) for key, values in groups.items()]
    for _ in range(2):
        same(grouped.mapValues(list).collect(), lists)
        same(grouped.mapValues(len).collect(), [(key, len(values)) for key, values in lists])
        same(grouped.flatMapValues(lambda values: values).collect(), pairs)
    same(grouped.flatMap(lambda group: [(value, group[0]) for value in group[1]]).collect(), [(v, k) for k, v in pairs])
    ranks = sc.parallelize([(key, 1.5) for key in groups], 2)
    joined = grouped.join(ranks, 4)
    same(joined.mapValues(lambda both: (list(both[0]), both[1])).collect(), [(k, (v, 1.5)) for k, v in lists])
    shares = [(v, 1.5 / len(values)) for values in groups.values() for v in values]
    same(joined.flatMap(lambda page: contribs(page[1][0], page[1][1])).collect(), shares)
    same(joined.flatMap(contribs_by_key).collect(), [(k, v, 3.0) for k, v in pairs])
    same(joined.flatMap(lambda p: ((p[0], u) for u in p[1][0])).collect(), pairs)
    grouped.unpersist()


def test_groups_go_anywhere(sc):
    pairs, groups = PAIRS["int"], plain(PAIRS["int"])
    lists = [(key, list(values)) for key, values in groups.items()]
    grouped = sc.parallelize(pairs, 3).groupByKey(4).cache()
    assert grouped.count() == 61 and len(grouped.take(5)) == 5 and type(grouped.first()[1]).__name__ == "ResultIterable"
    same([(k, list(v)) for k, v in grouped.repartition(3).collect()], lists)
    same([(k, list(v)) for k, v in grouped.union(grouped).collect()], lists * 2)
    same([(k, list(v)) for k, v in grouped.sortByKey().collect()], lists)
    same(
        [(k, list(v)) for k, v in grouped.filter(lambda group: group[0] > 30 and group[1]).collect()],
        [(k, v) for k, v in lists if k > 30],
    )
    other = sc.parallelize([(key, None) for key in range(50, 70)], 2)
    outer = grouped.fullOuterJoin(other, 4).mapValues(lambda both: (both[0] and list(both[0]), both[1]))
    same(outer.collect(), [(k, (groups.get(k), None)) for k in range(70)])
    same(grouped.mapPartitions(lambda rows: [len(list(rows))]).collect(), grouped.glom().map(len).collect())
    changed = grouped.map(lambda group: (group[0], group[1].data.append(-1) or list(group[1])))
    for _ in range(2):  # what a function does to its values is forgotten
        same(changed.collect(), [(k, [*v, -1]) for k, v in lists])
    onto_disk = grouped.mapValues(lambda values: values).persist(StorageLevel.DISK_ONLY)
    assert onto_disk.count() == 61
    same([(k, list(v)) for k, v in onto_disk.collect()], lists)
    onto_disk.unpersist(), grouped.unpersist()


def test_exceptions_are_those_of_python(sc):
    grouped = sc.parallelize(PAIRS["int"], 3).groupByKey(4)
    with pytest.raises(ZeroDivisionError):
        grouped.flatMap(lambda group: [1 // value for value in group[1]]).count()
    with pytest.raises(TypeError):
        grouped.flatMap(lambda group: [value + "x" for value in group[1]]).count()
    big = sc.parallelize([(n % 40, 2**62) for n in range(400)], 2).groupByKey(2)
    assert set(big.flatMap(lambda group: [value * 4 for value in group[1]]).collect()) == {2**64}
    letters = sc.parallelize(["ab", "", "c"] * 40, 2)
    assert letters.flatMap(lambda word: [letter + "!" for letter in word]).count() == 120
    assert letters.flatMap(lambda word: ((letter, word) for letter in word)).count() == 120


def nearest(point, centres):
    best, least = 0, float("inf")
    for number, centre in enumerate(centres):
        distance = (point[0] - centre[0]) ** 2 + (point[1] - centre[1]) ** 2
        if distance < least:
            best, least = number, distance
    return best


def test_loops_over_known_items_are_unrolled(sc):
    points = [(math.sin(n) * 9, math.cos(n * n) * 9) for n in range(400)]
    centres = [(float(n), float(n * n % 7)) for n in range(16)]
    rdd = sc.parallelize(points, 3)
    labels = rdd.map(lambda point: nearest(point, centres))
    assert "columns: " in labels.explain().split("== functions ==")[1]
    assert labels.collect() == [nearest(point, centres) for point in points]
    centres[3] = (0.5, 0.5)  # what a list holds when the action runs counts
    assert labels.collect() == [nearest(point, centres) for point in points]
    del centres[5:]
    assert labels.collect() == [nearest(point, centres) for point in points]
    whole = sc.parallelize([(n, n % 5) for n in range(200)], 2)  # a distance of ints is no float: the first is inf
    assert whole.map(lambda point: nearest(point, centres)).collect() == [
        nearest((n, n % 5), centres) for n in range(200)
    ]


def summed(x, weights=(1, 2, 3)):
    total = 0
    for weight in weights:
        total += weight * x
    return total


def first_above(x, limits):
    for limit in limits:
        if x > limit:
            return limit
    return None


def skipped(x):
    total = 0
    for number in range(6):
        if number == x:
            continue
        if number > x + 2:
            break
        total += number
    return total


def pairs_of(x, names=("a", "b")):
    return [f"{name}{x}" for name in names]


@pytest.mark.parametrize(
    "function",
    [
        summed,
        skipped,
        lambda x: first_above(x, [90, 50, 10]),
        lambda x: first_above(x, []),
        lambda x: [weight * x for weight in (1, 2)][1],
        lambda x: sum([1, 2]) + x,
        lambda x: [a + b * x for a, b in zip([1, 2], (3, 4))][0],
        lambda x: x in [1, 2, 3],
        lambda x: [y for y in range(3) if y != x][0],
        lambda x: len([1, x, 3]),
    ],
)
def test_loops_give_what_python_gives(sc, function):
    records = list(range(100))
    assert list(map(typed, sc.parallelize(records, 2).map(function).collect())) == list(
        map(typed, map(function, records))
    )


def test_known_loops_in_flat_maps(sc):
    records = list(range(100))
    expected = [name for record in records for name in pairs_of(record)]
    assert sc.parallelize(records, 2).flatMap(pairs_of).collect() == expected
    counts = sc.parallelize(records, 2).flatMap(lambda x: [(n, x) for n in (1, 2)]).reduceByKey(add).collect()
    assert sorted(counts) == [(1, 4950), (2, 4950)]


def test_pagerank_of_spark_runs_as_columns(sc):
    links = sc.parallelize([(n % 97, n * 31 % 97) for n in range(3000)], 3).distinct().groupByKey().cache()
    ranks, expected = links.map(lambda neighbours: (neighbours[0], 1.0)), {}
    groups = {key: list(values) for key, values in links.collect()}
    expected = dict.fromkeys(groups, 1.0)
    for _ in range(3):
        given = links.join(ranks).flatMap(lambda page: contribs(page[1][0], page[1][1]))
        ranks = given.reduceByKey(add).mapValues(lambda rank: rank * 0.85 + 0.15)
        sums = {}
        for key, targets in groups.items():
            for target, share in contribs(targets, expected[key]) if key in expected else ():
                sums[target] = sums.get(target, 0.0) + share
        expected = {key: rank * 0.85 + 0.15 for key, rank in sums.items()}
    found = ranks.collectAsMap()
    assert found.keys() == expected.keys()
    assert all(math.isclose(found[key], expected[key], rel_tol=1e-12) for key in found)
    assert "each for each" not in given.explain() and " for each in x[1][0]" in given.explain()
    links.unpersist()

"""Loops that build on the result of the round before."""

import sys
from operator import add

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5)]


def test_hundreds_of_steps_without_an_action(sc):
    limit = sys.getrecursionlimit()
    rdd = sc.parallelize(range(10), 3)
    for _ in range(600):
        rdd = rdd.map(lambda x: x + 1)
    assert rdd.collect() == list(range(600, 610))
    assert sys.getrecursionlimit() == limit


def test_hundreds_of_shuffles_without_an_action(sc):
    rdd = sc.parallelize([(n % 3, 1) for n in range(9)], 2)
    for _ in range(120):
        rdd = rdd.reduceByKey(add).mapValues(lambda value: value + 1)
    assert sorted(rdd.collect()) == [(key, 123) for key in range(3)]


def test_a_hundred_rounds_of_pagerank(sc):
    links = sc.parallelize([(n % 7, n * 3 % 7) for n in range(30)], 2).distinct().groupByKey().cache()
    ranks = links.mapValues(lambda _: 1.0)
    for _ in range(100):
        shares = links.join(ranks).flatMap(lambda page: [(to, page[1][1] / len(page[1][0])) for to in page[1][0]])
        ranks = shares.reduceByKey(add).mapValues(lambda share: 0.15 + 0.85 * share)
    assert sorted(key for key, _ in ranks.collect()) == list(range(7))
    assert abs(ranks.values().sum() - 7) < 1e-9
    links.unpersist()


@pytest.mark.timeout(60)
def test_rounds_that_use_the_round_before_twice(sc):
    """Breadth-first search, where the plan has two more ways down every round."""
    edges = sc.parallelize([(n, (n + 1) % 40) for n in range(40)], 2).cache()
    reached = sc.parallelize([(0, 0)])
    for _ in range(40):
        stepped = reached.join(edges, 2).map(lambda pair: (pair[1][1], pair[1][0] + 1))
        reached = reached.union(stepped).reduceByKey(min, 2).cache()
        reached.count()
    assert sorted(reached.collect()) == [(n, n) for n in range(40)]

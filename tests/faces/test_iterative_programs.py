"""Loops that build on the result of the round before."""

import os
import sys
from operator import add

import pytest

from pympr import StorageLevel
from pympr.collectives.gather import allgather_objects
from pympr.optimise.rewrite import optimise
from pympr.plan.node import Node
from pympr.run import session

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]


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


class Planned:
    """Counts the nodes that are planned, action by action."""

    def __init__(self, monkeypatch):
        self.nodes = []
        monkeypatch.setattr(session, "optimise", self.optimise)

    def optimise(self, plan):
        self.nodes.append(len(list(plan.walk())))
        return optimise(plan)


def test_what_lies_below_kept_rows_is_not_planned(sc, monkeypatch):
    planned, before = Planned(monkeypatch), None
    ranks = sc.parallelize([(n, 1.0) for n in range(8)], 2)
    for _ in range(20):
        ranks = ranks.map(lambda page: ((page[0] + 1) % 8, page[1] / 2)).reduceByKey(add, 2).cache()
        assert ranks.count() == 8
        if before is not None:
            before.unpersist()
        before = ranks
    assert max(planned.nodes[1:]) == 4 and ranks.map(lambda page: page[1]).sum() == 8 / 2**20
    ranks.unpersist()
    assert ranks.values().sum() == 8 / 2**20 and planned.nodes[-1] > 40  # all of it can be computed again


def test_kept_rows_that_are_lost_expose_the_plan_below(sc, monkeypatch):
    calls, planned = [], Planned(monkeypatch)
    first = sc.range(20, numSlices=4).map(lambda x: calls.append(x) or x).persist(StorageLevel.DISK_ONLY)
    second = first.map(lambda x: x + 1).persist(StorageLevel.DISK_ONLY)
    assert second.sum() == 210 and second.sum() == 210 and planned.nodes == [5, 1]
    for rdd in (second, first):
        pieces = sc._session.executor.kept[rdd.id()].pieces.values()
        for piece in pieces:
            os.remove(piece.path)
        assert second.sum() == 210  # from what lies kept further down
        assert planned.nodes[-1] == (3 if rdd is second else 1)
    assert sum(map(len, allgather_objects(sc._session.world, calls))) == 20
    for piece in [*sc._session.executor.kept[second.id()].pieces.values()]:
        os.remove(piece.path)
    assert second.sum() == 210 and planned.nodes[-1] == 5
    assert sum(map(len, allgather_objects(sc._session.world, calls))) == 40
    first.unpersist(), second.unpersist()


def test_kept_rows_lie_as_their_plan_says(sc):
    left = sc.parallelize([(n, n) for n in range(12)], 3).partitionBy(4).cache()
    assert left.count() == 12
    right = left.mapValues(str).cache()
    assert left.join(right, 4).count() == right.count() == 12
    assert sorted(left.join(right, 4).collect()) == [(n, (n, str(n))) for n in range(12)]
    moved = [stage for stage in sc._session.records[-1].stages if stage.messages or stage.rows_sent]
    assert moved == [] and left.zip(right).map(lambda both: both[0][0] == both[1][0]).collect() == [True] * 12
    left.unpersist(), right.unpersist()


def test_a_thousand_steps_are_planned_once_each(sc, monkeypatch):
    changed, with_children = [], Node.with_children
    monkeypatch.setattr(Node, "with_children", lambda node, change: changed.append(1) or with_children(node, change))
    rdd = sc.parallelize(range(4), 2)
    for number in range(1000):
        rdd = rdd.map(lambda x, number=number % 2: x + number)
    assert rdd.getNumPartitions() == 2 and rdd.collect() == [500, 501, 502, 503]
    assert len(changed) < 20 * 1000

"""Partitions are claimed by whoever is free, each once, and results do not tell who did what."""

import time

import pytest

from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import world
from pympr.run.claims import Claims

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]


@pytest.fixture
def claims():
    made = Claims(world())
    yield made
    made.free()


def test_every_number_is_claimed_once(claims):
    for numbers in (range(0), range(1), range(7), [3, 1, 4], range(100, 160)):
        mine = list(claims.run(numbers))
        everyone = [number for part in allgather_objects(world(), mine) for number in part]
        assert sorted(everyone) == sorted(numbers)


def test_a_slow_rank_does_less(claims):
    done = []
    for number in claims.run(range(40)):
        time.sleep(0.05 if world().rank == 0 else 0.001)
        done.append(number)
    counts = [len(part) for part in allgather_objects(world(), done)]
    assert sum(counts) == 40
    if world().size > 1:
        assert counts[0] < max(counts)


def test_results_do_not_depend_on_who_did_what():
    from operator import add

    from pympr import SparkContext

    sc = SparkContext.getOrCreate()
    pairs = [(f"k{i % 17}", 0.1 * i) for i in range(500)]

    def slowly(pair):
        time.sleep(0.0005 * ((hash(pair[0]) + world().rank) % 3))
        return pair

    results = [sc.parallelize(pairs, 9).map(slowly).reduceByKey(add, 4).collect() for _ in range(3)]
    assert results[0] == results[1] == results[2]
    assert results[0] == sc.parallelize(pairs, 9).reduceByKey(add, 4).collect()

"""Joins whose order does not show leave the left rows where they are when the right ones are few."""

from operator import add

import pytest

from pympr.run import key_filter

pytestmark = pytest.mark.mpi

LEFT = [(number % 7 if number % 3 else None, number) for number in range(60)]
RIGHT = [(number % 9, str(number)) for number in range(20)] + [(None, "x")]
HOW = {"inner": "join", "left": "leftOuterJoin"}


def joined(how):
    found = [(k, (v, w)) for k, v in LEFT for key, w in RIGHT if key == k]
    return found + [(k, (v, None)) for k, v in LEFT if how == "left" and k not in {key for key, _ in RIGHT}]


def variants(sc):
    rank = sc._session.records[-1]
    return [stage.variant for stage in rank.stages]


@pytest.mark.parametrize("how", HOW)
def test_counts_and_sums_as_by_hash(sc, how):
    left, right, expected = sc.parallelize(LEFT, 5), sc.parallelize(RIGHT, 3), joined(how)
    pairs = getattr(left, HOW[how])(right, 4)
    assert pairs.count() == len(expected)
    assert variants(sc)[:2] == ["broadcast", "in place"]
    assert pairs.filter(lambda record: record[1][0] > 9).count() == sum(v > 9 for _, (v, _) in expected)
    sums = pairs.map(lambda record: (record[1][1], record[1][0])).reduceByKey(add, 3)
    found = {w: sum(v for _, (v, other) in expected if other == w) for w in {w for _, (_, w) in expected}}
    assert sums.collectAsMap() == found
    assert "broadcast" in variants(sc)


def test_order_and_places_that_show_are_those_of_the_hash_join(sc):
    left, right = sc.parallelize(LEFT, 5), sc.parallelize(RIGHT, 3)
    pairs = left.join(right, 4)
    assert sorted(pairs.collect(), key=repr) == sorted(joined("inner"), key=repr)
    assert "broadcast" not in variants(sc)
    assert left.rightOuterJoin(right, 4).count() == len(left.rightOuterJoin(right, 4).collect())
    assert "broadcast" not in variants(sc)
    pairs.reduceByKey(lambda x, y: max(x, y), 4).count()  # merged where they lie
    assert "broadcast" not in variants(sc)


def test_many_right_rows_are_joined_by_hash(sc):
    left = sc.parallelize([(1, "a"), (2, "b"), (9, "c")], 5)
    right = sc.range(700_000).map(lambda number: (number % 7, number))
    assert left.join(right).count() == 200_000
    assert "broadcast" not in variants(sc)


def test_joins_of_joins(sc):
    left, right = sc.parallelize(LEFT, 5), sc.parallelize(RIGHT, 3)
    first = left.join(right).mapValues(lambda pair: pair[0])
    expected = sum(other == k for k, _ in joined("inner") for other, _ in RIGHT)
    assert first.join(right).count() == expected
    assert right.join(right).count() == sum(k == other for k, _ in RIGHT for other, _ in RIGHT)
    assert left.join(first).count() == sum(k == other for k, _ in LEFT for other, _ in joined("inner"))


@pytest.mark.parametrize("how", ["join", "rightOuterJoin", "leftOuterJoin", "fullOuterJoin"])
def test_left_rows_that_meet_none_are_left_out(sc, how, monkeypatch):
    left = sc.parallelize([(number % 1000, number) for number in range(4000)], 5)
    right = sc.parallelize([(number * 7, str(number)) for number in range(20)], 3)
    expected = getattr(left, how)(right, 4).collect()
    monkeypatch.setattr(key_filter, "pays", lambda world: True)
    assert getattr(left, how)(right, 4).collect() == expected
    stages = sorted(sc._session.records[-1].stages, key=lambda stage: stage.stage)
    if how in ("join", "rightOuterJoin"):
        assert stages[0].rows_sent <= 1000

"""Rows that meet none are left out before a join moves them, and nothing else changes."""

import pytest

from pympr.collectives.world import world
from pympr.config import Config
from pympr.data.block import ObjectBlock, to_columns
from pympr.run import key_filter
from pympr.run.key_filter import make_filter

pytestmark = pytest.mark.mpi


def block_of(keys):
    return to_columns(ObjectBlock([(key, 0) for key in keys]))


@pytest.mark.parametrize(
    ("mine", "asked"),
    [
        (range(0, 100, 7), range(1000)),
        (map(str, range(50)), map(str, range(500))),
        ((1.0, None), (1.0, 2.5, None, 3.5)),
    ],
)
def test_no_key_is_lost_and_few_others_stay(mine, asked):
    mine, asked, rank, size = list(mine), list(asked), world().rank, world().size
    held = mine[rank::size]
    found = make_filter(world(), len(held), [block_of(held)] if held else [], Config())
    left = [key for block in found.thinned([block_of(asked)]) for key, _ in block.records()]
    assert [key for key in left if key in mine] == [key for key in asked if key in mine]
    assert len(left) <= len(mine) + len(asked) // 4


def test_it_steps_aside_where_most_keys_meet(monkeypatch):
    monkeypatch.setattr(key_filter, "SAMPLE_ROWS", 10)
    found = make_filter(world(), 100, [block_of(range(100))], Config())
    assert [len(block) for block in found.thinned([block_of(range(80))] * 2)] == [80, 80]
    assert not found.is_useful
    assert [len(block) for block in found.thinned([block_of(range(10**6, 10**6 + 50))])] == [50]


def test_too_many_keys_have_no_filter(monkeypatch):
    monkeypatch.setattr(key_filter, "MOST_KEYS", 10)
    assert make_filter(world(), 11, [block_of(range(11))], Config()) is None

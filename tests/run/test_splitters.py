"""Splitters cut rows into equal shares, by key or by place in the input, and depend on the rows alone."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pympr.collectives.world import World, world
from pympr.data.block import ObjectBlock, to_columns
from pympr.run.select_keys import HeldKeys
from pympr.run.splitters import TOLERANCE, find_splitters

pytestmark = pytest.mark.mpi

SOURCES = 7
KEYS = {
    "numbers": st.integers(-4, 4) | st.sampled_from([-(2**63), 2**63 - 1]),
    "floats": st.sampled_from([0.0, -0.0, 1.5, math.inf, -math.inf, math.nan]),
    "strings": st.text("ab\0é", max_size=3),
    "bytes": st.binary(max_size=2),
    "tuples": st.tuples(st.integers(0, 2), st.text("a", max_size=1)),
    "mixed": st.integers(0, 3) | st.sampled_from([0.5, 2**70]),
}


def order_key(key):
    return (key != key, 0 if key != key else key)


def parts_of(keys):
    """(source, first row, block of keys): a source has two blocks."""
    parts = []
    for source in range(SOURCES):
        mine = keys[source * len(keys) // SOURCES : (source + 1) * len(keys) // SOURCES]
        half = len(mine) // 3
        parts += [(source, 0, mine[:half]), (source, half, mine[half:])]
    return [(source, begin, to_columns(ObjectBlock(part))) for source, begin, part in parts if part]


def partitions(ranks, keys, count, ascending, **options):
    """The partition of every row, by the splitters that `ranks` find."""
    parts = parts_of(keys)
    mine = [part for part in parts if part[0] * 5 % ranks.size == ranks.rank]
    held = [HeldKeys(source, block) for source, _, block in mine]
    splitters = find_splitters(ranks, held, count, ascending, **options)
    found = {(source, begin): splitters.partitions_of(block, source, begin).tolist() for source, begin, block in mine}
    if ranks.comm is not None:
        found = {place: ids for part in ranks.comm.allgather(found) for place, ids in part.items()}
    return [number for source, begin, _ in parts for number in found[source, begin]]


def in_order(keys, numbers, ascending):
    """The rows of each partition, and all of them as a stable sort of each partition gives them."""
    rows = sorted(range(len(keys)), key=lambda row: order_key(keys[row]), reverse=not ascending)
    return sorted(rows, key=lambda row: numbers[row]), rows


@pytest.mark.parametrize("kind", KEYS)
@settings(max_examples=8, deadline=None)
@given(data=st.data(), count=st.integers(2, 9), ascending=st.booleans())
def test_shares_are_equal_and_in_order(kind, data, count, ascending):
    keys = data.draw(st.lists(KEYS[kind], max_size=60))
    for whole in (False, True):
        ask = partial(partitions, keys=keys, count=count, ascending=ascending, splits_ties=not whole)
        numbers = ask(world())
        assert numbers == ask(World(None)), "the ranks show"
        assert all(0 <= number < count for number in numbers)
        found, expected = in_order(keys, numbers, ascending)
        assert found == expected
        if whole:
            assert len({(order_key(key), number) for key, number in zip(keys, numbers)}) == len(
                set(map(order_key, keys))
            )
        else:
            edges = [len(keys) * part // count for part in range(count + 1)]
            assert [numbers.count(part) for part in range(count)] == np.diff(edges).tolist()


@pytest.mark.parametrize("ascending", [True, False])
def test_many_rows_are_balanced(ascending):
    random = np.random.default_rng(1)
    rows = 20_000
    for values in (
        random.zipf(1.2, rows).clip(max=10**9),
        np.zeros(rows, np.int64),
        random.normal(size=rows),
        np.where(random.random(rows) < 0.7, np.nan, random.random(rows)),
    ):
        keys = values.tolist()
        for exact in (False, True):
            numbers = partitions(world(), keys, 8, ascending, splits_ties=True, is_exact=exact)
            sizes = np.bincount(numbers, minlength=8)
            assert sizes.max() <= (rows // 8 if exact else (1 + 2 * TOLERANCE) * rows / 8)
            found, expected = in_order(keys, numbers, ascending)
            assert found == expected


def test_keys_without_a_total_order_end_the_search():
    keys = [(math.nan, number) for number in range(300)]
    assert len(partitions(world(), keys, 3, True)) == 300

"""Rows meet at their owners in the order of source and position; counters say what it cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import world
from pympr.config import Config
from pympr.data.block import ObjectBlock, to_columns
from pympr.plan.function import Function
from pympr.plan.wide import ByRange, Hash
from pympr.run.exchange import move
from pympr.run.placement import owned_by

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]

PAIRS = st.one_of(
    st.lists(st.tuples(st.integers(-5, 5), st.integers()), max_size=30),
    st.lists(st.tuples(st.text("ab", max_size=2), st.one_of(st.none(), st.floats(allow_nan=False))), max_size=30),
    st.lists(
        st.tuples(st.one_of(st.integers(0, 3), st.text("a", max_size=2)), st.lists(st.none(), max_size=2)), max_size=30
    ),
)


def deal(records, size):
    """Records cut into 5 sources; source s is dealt to rank s modulo size."""
    return {s: records[s * len(records) // 5 : (s + 1) * len(records) // 5] for s in range(5)}


def moved_by(contract, records):
    sources = deal(records, world().size)
    mine = [(s, ObjectBlock(part)) for s, part in sources.items() if s % world().size == world().rank]
    return move(world(), contract, mine, Config())


def everywhere(moved):
    partitions = {}
    for part in allgather_objects(
        world(), {i: [r for b in bs for r in b.records()] for i, bs in moved.partitions.items()}
    ):
        partitions.update(part)
    return partitions


@given(records=PAIRS, count=st.integers(1, 6))
def test_equal_keys_meet_in_order(records, count):
    moved = moved_by(Hash(count), records)
    assert sorted(moved.partitions) == list(owned_by(world().rank, count, world().size))
    partitions = everywhere(moved)
    assert sorted(partitions) == list(range(count))
    home = {key: index for index, part in partitions.items() for key, _ in part}
    for index, part in partitions.items():
        assert repr(part) == repr([record for record in records if home[record[0]] == index])


@given(records=PAIRS, count=st.integers(1, 6))
def test_a_users_function_places_rows(records, count):
    partitions = everywhere(moved_by(Hash(count, Function(lambda key: len(str(key)))), records))
    for index, part in partitions.items():
        assert repr(part) == repr([record for record in records if len(str(record[0])) % count == index])


@given(values=st.lists(st.integers(-100, 100), max_size=60), count=st.integers(1, 6), ascending=st.booleans())
def test_ranges_are_consecutive(values, count, ascending):
    partitions = everywhere(moved_by(ByRange(count, Function(lambda x: x), ascending), values))
    parts = [sorted(partitions[index], reverse=not ascending) for index in range(count)]
    assert [x for part in parts for x in part] == sorted(values, reverse=not ascending)


def test_ranges_are_balanced():
    values = [(i * 7919) % 10007 for i in range(10007)]
    partitions = everywhere(moved_by(ByRange(4, Function(lambda x: x)), values))
    assert max(map(len, partitions.values())) < 1.2 * 10007 / 4


def test_counters_count_what_leaves_the_rank():
    keys = np.arange(1000)
    block = to_columns(ObjectBlock([(int(key), float(key)) for key in keys]))
    moved = move(world(), Hash(world().size), [(world().rank, block)], Config())
    size = world().size
    if size == 1:
        assert not moved.counters
        return
    (counters,) = moved.counters
    kept = [len(b) for bs in moved.partitions.values() for b in bs]
    received = sum(kept)
    assert counters.messages <= size - 1
    total = sum(allgather_objects(world(), counters.bytes_sent))
    assert total == sum(allgather_objects(world(), counters.bytes_received)) > 0
    assert sum(allgather_objects(world(), received)) == 1000 * size
    # every rank sent the same rows, so each keeps one share of its own and sends the rest
    assert counters.bytes_sent == 16 * (1000 - received // size)

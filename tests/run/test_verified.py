"""`verify=True`: a bit that flips on the way is found, and nothing else raises an alarm."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5)]

ROWS = {
    "int64": lambda i: i,
    "float64": lambda i: i / 3,
    "bool": lambda i: i % 2 == 0,
    "string": lambda i: f"text {i}",
    "bytes": lambda i: bytes([i % 256, 7]),
    "nullable": lambda i: None if i % 3 == 0 else i,
    "tuple": lambda i: (i, f"{i}", (0.5, None if i % 2 else "x")),
    "objects": lambda i: {i: [i]},
}


@pytest.fixture
def sc():
    from pympr import SparkContext

    context = SparkContext.getOrCreate()
    context._session.change(verify=True)
    yield context
    context._session.change(verify=False)


def flip(array, place, bit):
    """A copy with one bit flipped."""
    found = array.copy()
    found.view(np.uint8)[place % array.nbytes] ^= np.uint8(1 << bit)
    return found


def flipping(column, rank, bit):
    """An exchange after which one bit of a column is another on a rank that has rows."""
    from pympr.run import verified

    def exchange(world, parts, spec):
        received, counters = plain(world, parts, spec)
        columns = list(received.columns)
        at = column % len(columns)
        if world.rank == rank and len(received.offsets) and received.offsets[-1]:
            found = columns[at]
            if isinstance(found, tuple):
                data, starts, ends = found
                columns[at] = (flip(data, int(starts[0]), bit), starts, ends) if len(data) else (data, starts, ends + 1)
            else:
                columns[at] = flip(found, 0, bit)
        return received._replace(columns=columns), counters

    plain = verified.move_rows
    return exchange


@pytest.mark.parametrize("kind", ROWS)
def test_one_bit_is_found(sc, monkeypatch, kind):
    from pympr.errors import VerificationError
    from pympr.run import verified

    rows = sc.parallelize([(i, ROWS[kind](i)) for i in range(64)], 4).partitionBy(7)
    assert rows.count() == 64
    for column, bit in ((0, 0), (1, 7), (-1, 3)):
        with monkeypatch.context() as patched:
            patched.setattr(verified, "move_rows", flipping(column, sc.size - 1, bit))
            if sc.size == 1:  # nothing travels
                assert rows.count() == 64
                continue
            with pytest.raises(VerificationError, match=rf"stage 0, exchange by hash.* to rank {sc.size - 1}|leave"):
                rows.count()
    assert rows.count() == 64


VALUES = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.floats()),
    st.lists(st.text(max_size=3)),
    st.lists(st.one_of(st.none(), st.booleans(), st.floats(), st.binary(max_size=2))),
)


@settings(max_examples=12, deadline=None, database=None, derandomize=True)
@given(VALUES)
def test_no_false_alarm(values):
    from pympr import SparkContext

    sc = SparkContext.getOrCreate()
    sc._session.change(verify=True)
    try:
        rows = sc.parallelize(values, 3)
        found = rows.repartition(5).collect()
        assert sorted(map(repr, found)) == sorted(map(repr, values))
        assert rows.map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b).count() <= len(values)
        if len({type(value) for value in values}) < 2:
            assert rows.sortBy(lambda x: x, numPartitions=sc.size).count() == len(values)
            assert rows.sortBy(lambda x: x, False, 4).count() == len(values)
    finally:
        sc._session.change(verify=False)


def test_wrong_order_is_found(sc, monkeypatch):
    from pympr.errors import RankError, VerificationError
    from pympr.run.operators import sort
    from pympr.run.splitters import Splitters

    rows = sc.parallelize([(i * 7 % 50, f"{i}") for i in range(50)], 4)
    assert rows.sortByKey().keys().collect() == sorted(i * 7 % 50 for i in range(50))
    with monkeypatch.context() as patched:
        patched.setattr(sort, "sort_order", lambda keys, ascending: np.arange(len(keys)))
        with pytest.raises((VerificationError, RankError), match="not in order"):
            rows.sortByKey().collect()
    right = Splitters.partitions_of
    with monkeypatch.context() as patched:
        patched.setattr(Splitters, "partitions_of", lambda self, *places: (right(self, *places) + 1) % np.uint32(4))
        with pytest.raises(VerificationError, match="overlap"):
            rows.sortBy(lambda row: row[0], numPartitions=4).collect()


def test_off_by_default(sc):
    from pympr.config import Config

    assert not replace(Config()).verify and sc._session.config.verify

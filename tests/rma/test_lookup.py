"""Tables against a dict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.collectives.world import world
from pympr.rma import columns
from pympr.rma.lookup import Table

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]

WAYS = ["one-sided", "two-sided"]
INTEGERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5)
TEXTS = st.binary(max_size=12)


def column(items, dtype):
    """Items as an array of `dtype`, or as a column of bytes whose texts lie in reverse."""
    if dtype is not None:
        return np.array(items, dtype)
    lengths = np.array([len(item) for item in items], np.int64)
    data = np.frombuffer(b"".join(reversed(items)), np.uint8)
    starts = np.cumsum(lengths[::-1])[::-1] - lengths if len(items) else lengths
    return data, starts, starts + lengths


def items(column):
    if isinstance(column, tuple):
        return [column[0][start:end].tobytes() for start, end in zip(column[1], column[2], strict=True)]
    return column.tolist()


def check(table, kinds, rows, questions):
    known = {}
    for key, value in rows:
        known.setdefault(key, value)
    nothing = b"" if kinds[1] in (None, "S4") else 0
    ways = [table.lookup, table.get] if table.is_one_sided else [table.lookup]
    for look in ways:
        values, found = look(column(questions, kinds[0]))
        assert found.tolist() == [key in known for key in questions]
        assert items(values) == [known.get(key, nothing) for key in questions]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kinds", [("int64", "float64"), ("int64", None), (None, "S4"), (None, None), (None, "int16")])
@given(data=st.data())
def test_any_keys_and_values(way, kinds, data):
    here = world()
    keys = INTEGERS if kinds[0] else TEXTS
    values = {None: TEXTS, "float64": st.floats(0, 1), "S4": st.binary(max_size=4).map(lambda t: t.rstrip(b"\0"))}
    value = values.get(kinds[1], st.integers(-100, 100))
    rows = data.draw(st.lists(st.lists(st.tuples(keys, value), max_size=8), min_size=here.size, max_size=here.size))
    mine = rows[here.rank]
    flat = [row for part in rows for row in part]
    known = st.sampled_from([key for key, _ in flat]) if flat else keys
    questions = data.draw(st.lists(known, max_size=10))
    questions += data.draw(st.lists(keys, max_size=4))
    with Table(here, column([k for k, _ in mine], kinds[0]), column([v for _, v in mine], kinds[1]), way) as table:
        check(table, kinds, flat, questions)


@pytest.mark.parametrize("way", WAYS)
def test_many_keys(way):
    here, count = world(), 20_000
    keys = np.arange(here.rank, count, here.size) * 7919
    random = np.random.default_rng(here.rank)
    with Table(here, keys, keys.astype(np.float64) / 2, way) as table:
        asked = random.integers(0, count, 30_000) * 7919 + random.integers(0, 2, 30_000)
        values, found = table.lookup(asked)
        assert (found == (asked % 7919 == 0)).all()
        assert (values == np.where(found, asked / 2, 0)).all()
        if table.is_one_sided:
            few, is_there = table.get(asked[:500])
            assert (few == values[:500]).all() and (is_there == found[:500]).all()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kinds", [(None, None), (None, "int64")])
def test_keys_whose_hashes_collide(monkeypatch, way, kinds):
    here = world()
    monkeypatch.setattr(
        columns, "hash_bytes", lambda data, starts, ends, **_: ((ends - starts) % 2 << 60).astype(np.uint64)
    )
    texts = [b"a", b"b", b"aa", b"bb", b"", b"ccc", b"a"]
    rows = [(text, text * 2 if kinds[1] is None else place) for place, text in enumerate(texts)]
    mine = rows[here.rank :: here.size]
    flat = [row for rank in range(here.size) for row in rows[rank :: here.size]]
    with Table(here, column([k for k, _ in mine], None), column([v for _, v in mine], kinds[1]), way) as table:
        check(table, kinds, flat, [b"b", b"zz", b"", b"a", b"b", b"ccc", b"c", b"bb"])


def test_one_key_asked_often_is_sent_once(monkeypatch):
    from pympr.rma import lookup

    here, sizes = world(), []
    original = lookup.swap
    with Table(here, np.arange(10) if here.rank == 0 else np.arange(0), np.zeros(10 if here.rank == 0 else 0)) as table:
        monkeypatch.setattr(
            lookup, "swap", lambda comm, messages: sizes.append(sum(map(len, messages))) or original(comm, messages)
        )
        table.lookup(np.full(10_000, 3))
    assert sizes[0] == 8 * here.size + 16


def test_ranks_that_bring_other_kinds_are_an_error_everywhere():
    here = world()
    with pytest.raises(TypeError, match="keys must be int64 or bytes"):
        Table(here, np.array([1.5]), np.array([1]))
    with pytest.raises(ValueError, match="2 keys and 1 values"):
        Table(here, np.array([1, 2]), np.array([1]))
    if here.size > 1:
        with pytest.raises(TypeError, match="one kind"):
            Table(here, np.array([1]), np.array([1], "int32" if here.rank else "int64"))
        with pytest.raises(TypeError):
            Table(here, np.array([1]), np.array([None if here.rank else 1]))
    with Table(here, np.array([1]), np.array([1])) as table:
        with pytest.raises(TypeError, match="keys must be int64, got float64"):
            table.get(np.array([1.0]))
    with pytest.raises(ValueError, match="was freed"):
        table.lookup(np.array([1]))


def test_get_needs_one_sided():
    with Table(world(), np.array([world().rank]), np.array([1]), "two-sided") as table:
        assert not table.is_one_sided
        with pytest.raises(RuntimeError, match="use lookup"):
            table.get(np.array([0]))

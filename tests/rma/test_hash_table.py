"""Hash tables against a dictionary that is changed by rank, then by position."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pympr.collectives.gather import allgather
from pympr.collectives.world import world
from pympr.rma.hash_table import HashTable

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


def check_content(table, expected):
    keys = np.array(list(expected), table.key_dtype)
    values, found = table.get(np.concatenate([keys, keys[:1]]) if world().rank else keys)
    assert found.all() and values[: len(keys)].tolist() == list(expected.values())
    assert sum(allgather(world(), np.array([len(table)]))[0].tolist()) == len(expected)
    here, _ = table.local_items()
    assert sorted(allgather(world(), here)[0].tolist()) == sorted(expected)


@given(st.data())
@settings(max_examples=3)
def test_any_batches(data):
    is_bytes = data.draw(st.booleans())
    table, expected = HashTable("S3" if is_bytes else "int64", "int32"), {}
    for _ in range(data.draw(st.integers(1, 3))):
        call = data.draw(st.sampled_from(["insert", "sum", "max"]))
        pair = st.tuples(st.sampled_from([0, -1, 1, 7, 2**63 - 1, -(2**63)]), st.integers(-9, 9))
        batches = data.draw(st.lists(st.lists(pair, max_size=8), min_size=8, max_size=8))[: world().size]
        for key, value in (item for batch in batches for item in batch):
            key = str(key)[:3].encode() if is_bytes else key
            old = expected.get(key)
            combine = {"insert": lambda a, b: b, "sum": lambda a, b: a + b, "max": max}[call]
            expected[key] = value if old is None else combine(old, value)
        mine = batches[world().rank]
        keys = [str(key)[:3].encode() if is_bytes else key for key, _ in mine]
        values = np.array([value for _, value in mine], np.int32)
        table.insert(keys, values) if call == "insert" else table.accumulate(keys, values, call)
    check_content(table, expected)
    assert table.get([b"no"] if is_bytes else [12345])[1].tolist() == [False]


def test_tables_grow_and_are_spread():
    size, rank = world().size, world().rank
    table = HashTable("int64", [("a", "f8"), ("b", "i4")], world().comm)
    keys = np.arange(rank * 3000, rank * 3000 + 3000) << 20
    values = np.zeros(3000, table.value_dtype)
    values["a"] = keys
    for begin in range(0, 3000, 1000):
        table.insert(keys[begin : begin + 1000], values[begin : begin + 1000])
    assert abs(len(table) - 3000) < 3000 * (size > 1) * 0.2 + 1
    wanted = np.random.default_rng(rank).integers(-5, 3000 * size + 5, 500)
    found_values, found = table.get(wanted << 20)
    assert (found == ((wanted >= 0) & (wanted < 3000 * size))).all()
    assert (found_values["a"] == np.where(found, wanted << 20, 0)).all()


def test_a_mistake_of_one_rank_is_the_same_error_on_all():
    is_wrong = world().rank == world().size - 1
    table = HashTable("int64", "int64")
    with pytest.raises(TypeError, match="keys must be int64, got float64"):
        table.get([0.5] if is_wrong else [1])
    with pytest.raises(ValueError, match="1 keys and values of shape"):
        table.insert([1], [1, 2] if is_wrong else [1])
    with pytest.raises(TypeError, match="without loss of kind"):
        table.insert([1], [0.5] if is_wrong else [1])
    with pytest.raises(ValueError, match="unknown operation 'xor'"):
        table.accumulate([1], [1], "xor" if is_wrong else "sum")
    with pytest.raises(TypeError, match="fixed width"):
        HashTable("float64" if is_wrong else "int64")
    assert len(table) == 0

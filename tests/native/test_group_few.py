"""Tables of few keys: what they give must be what the hash table gives row by row."""

from collections import Counter
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import group_few
from pympr.native.group import GroupTable

pytestmark = [
    pytest.mark.usefixtures("simd_level"),
    pytest.mark.parametrize("simd_level", ["portable", "avx512"], indirect=True, scope="module"),
]

LARGEST, LEAST = 2**63 - 1, -(2**63)
INTS = st.one_of(st.integers(-3, 3), st.sampled_from([LEAST, LEAST + 1, LARGEST, LARGEST - 1, 70_000, -70_000]))
TEXTS = st.one_of(st.text("abé", max_size=3), st.sampled_from(["x" * n for n in range(12, 35)]), st.text(max_size=20))
VALUES = st.one_of(st.integers(-9, 9), st.sampled_from([LEAST, LARGEST, 2**40, -(2**40)]))
SUM = [("sum", "int64")]


def texts(items, gap=b""):
    raw = [item.encode() for item in items]
    ends = np.cumsum([len(item) + len(gap) for item in raw], dtype=np.int64)
    starts = ends - np.array([len(item) for item in raw], np.int64)
    return np.frombuffer(b"".join(gap + item for item in raw), np.uint8), starts, ends


def decoded(groups):
    sums = groups.values[0].tolist()
    for row, exact in groups.overflow.get(0, {}).items():
        sums[row] = exact
    if isinstance(groups.keys[0], tuple):
        data, starts, ends = groups.keys[0]
        keys = [bytes(data[s:e]).decode() for s, e in zip(starts.tolist(), ends.tolist(), strict=True)]
    else:
        keys = groups.keys[0].tolist()
    return list(zip(keys, sums, strict=True))


def summed(kind, column, values, num_rows, least_rows=1, valid=None):
    table = GroupTable([kind], SUM, seed=5)
    with mock.patch.object(group_few, "LEAST_ROWS", least_rows):
        table.add([column], [values], num_rows, None if valid is None else [valid])
    return decoded(table.result())


def expected(keys, values):
    sums = Counter()
    for key, value in zip(keys, values, strict=True):
        sums[key] += value
    return dict(sums)


def check(kind, keys, column, values):
    """Few keys at once, as the hash table does it, and as Python does it; order included."""
    amounts = np.array(values, np.int64)
    found = summed(kind, column, amounts, len(keys))
    assert found == summed(kind, column, amounts, len(keys), least_rows=1 << 40)
    assert dict(found) == expected(keys, values)


@given(rows=st.lists(st.tuples(INTS, VALUES), max_size=30))
def test_ints_near_and_far(rows):
    keys, values = [key for key, _ in rows], [value for _, value in rows]
    check("int64", keys, np.array(keys, np.int64), values)


@given(rows=st.lists(st.tuples(TEXTS, VALUES), max_size=30), gap=st.sampled_from([b"", b"#" * 16]))
@pytest.mark.parametrize("kind", ["string", "bytes"])
def test_texts_short_and_long(kind, rows, gap):
    keys, values = [key for key, _ in rows], [value for _, value in rows]
    check(kind, keys, texts(keys, gap), values)


@pytest.mark.parametrize("distinct", [1, 10, 1000, 20_000, 100_000])
@pytest.mark.parametrize("rows", [2047, 2048, 2051, 60_001])
def test_ints_of_many_blocks(rows, distinct):
    random = np.random.default_rng(rows + distinct)
    keys, values = random.integers(-distinct // 2, distinct, rows), random.integers(-99, 99, rows)
    check("int64", keys.tolist(), keys, values.tolist())


@pytest.mark.parametrize("distinct", [1, 10, 1000, 20_000, 60_000])
def test_texts_of_many_batches(distinct):
    random = np.random.default_rng(distinct)
    keys = [f"name {number}" * (1 + number % 40 // 39) for number in random.integers(0, distinct, 60_001).tolist()]
    check("string", keys, texts(keys), random.integers(-99, 99, 60_001).tolist())


def test_keys_that_move_on_take_several_tables():
    keys = np.repeat(np.arange(40) * 30_000 + LEAST, 4000)
    values = np.arange(len(keys))
    with mock.patch.object(group_few, "_sum_rows", side_effect=group_few._sum_rows) as made:
        check("int64", keys.tolist(), keys, values.tolist())
    assert made.call_count > 10


@pytest.mark.parametrize("kind", ["int64", "string"])
def test_a_constant_for_all_rows(kind):
    keys = [1, 2, 1] if kind == "int64" else ["a", "", "a" * 20]
    column = np.array(keys) if kind == "int64" else texts(keys)
    for constant in (1, -7, LARGEST, LEAST):
        assert dict(summed(kind, column, constant, 3)) == expected(keys, [constant] * 3)


@pytest.mark.parametrize("kind", ["int64", "string"])
def test_sums_beyond_int64_are_exact(kind):
    keys = [7, 8] * 500 if kind == "int64" else ["a", "b"] * 500
    values = [LARGEST, LEAST] * 500
    check(kind, keys, np.array(keys) if kind == "int64" else texts(keys), values)


@pytest.mark.parametrize("kind", ["int64", "string", "bytes"])
def test_few_keys_do_not_enter_the_hash_table_row_by_row(kind):
    keys, values = np.arange(100_000) % 10, np.ones(100_000, np.int64)
    table = GroupTable([kind], SUM, seed=5)
    with mock.patch.object(table, "_run_rows", side_effect=table._run_rows) as run:
        table.add([keys if kind == "int64" else texts([str(key) for key in keys])], [values], len(keys))
    assert run.call_args_list[0].args[0].num_rows == 10
    assert run.call_args_list[-1].kwargs["begin"] == len(keys)


def test_nulls_go_the_other_way():
    valid = np.array([1, 0, 1], np.uint8)
    table = GroupTable(["int64"], SUM, seed=5)
    with mock.patch.object(group_few, "LEAST_ROWS", 1):
        table.add([np.array([1, 1, 1])], [np.array([2, 3, 4])], 3, key_valid=[valid])
    assert sorted(table.result().values[0].tolist()) == [3, 6]


@pytest.mark.parametrize("start, end", [(-1, 2), (5, 2), (0, 10**6), (2**62, -(2**62))])
def test_strings_outside_their_bytes(start, end):
    data, starts, ends = texts(["abc"] * 1000)
    starts[700], ends[700] = start, end
    with pytest.raises(KernelError, match="row 700 has a string key outside its bytes"):
        summed("string", (data, starts, ends), 1, 1000)

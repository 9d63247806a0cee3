import functools
import math
import struct
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import group
from pympr.native.group import GroupTable
from pympr.native.group_cluster import expected_distinct
from pympr.native.reference import group as reference
from pympr.native.reference.hash import MASK, SALT_NUMBER

pytestmark = [
    pytest.mark.usefixtures("simd_level"),
    pytest.mark.parametrize("simd_level", ["portable", "avx512"], indirect=True, scope="module"),
]

SEED = 11
EXTREMES = [0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1]
FLOATS = [0.0, -0.0, 1.0, -1.5, math.nan, math.inf, -math.inf, 1e300, float(2**63)]
KEYS = {
    "int64": st.one_of(st.integers(-3, 3), st.sampled_from(EXTREMES), st.integers(-(2**63), 2**63 - 1)),
    "float64": st.one_of(st.sampled_from(FLOATS), st.floats()),
    "bool": st.booleans(),
    "string": st.one_of(
        st.text("abé", max_size=3), st.sampled_from(["x" * n for n in range(13, 35)]), st.text(max_size=40)
    ),
    "bytes": st.one_of(st.binary(max_size=3), st.sampled_from([b"\0", b"\0" * 15, b"\0" * 16, b"\0" * 17, b""])),
}
VALUES = {
    "int64": st.one_of(st.integers(-9, 9), st.sampled_from(EXTREMES)),
    "float64": st.one_of(st.sampled_from(FLOATS), st.integers(-99, 99).map(float)),
    "bool": st.booleans(),
}
AGGREGATES = [(op, kind) for op in ("sum", "min", "max", "count", "mean", "first") for kind in VALUES]


def nullable(values, may_be_null):
    return st.one_of(st.none(), values) if may_be_null else values


@st.composite
def tables(draw):
    """(kinds, aggregates, rows): a row is (key, values)."""
    kinds = draw(st.lists(st.sampled_from(list(KEYS)), min_size=1, max_size=3))
    aggregates = draw(st.lists(st.sampled_from(AGGREGATES), max_size=4))
    has_nulls = draw(st.booleans())
    key = st.tuples(*(nullable(KEYS[kind], has_nulls) for kind in kinds))
    pool = draw(st.lists(key, min_size=1, max_size=6))
    row = st.tuples(
        st.one_of(st.sampled_from(pool), key), st.tuples(*(nullable(VALUES[k], has_nulls) for _, k in aggregates))
    )
    return kinds, aggregates, draw(st.lists(row, max_size=40))


def fixed(items, kind):
    return np.array([0 if item is None else item for item in items], kind)


def variable(items):
    """A column with a gap before every row."""
    raw = [b"" if item is None else item.encode() if isinstance(item, str) else item for item in items]
    ends = np.cumsum([len(item) + 1 for item in raw], dtype=np.int64)
    starts = ends - np.array([len(item) for item in raw], np.int64)
    return np.frombuffer(b"".join(b"#" + item for item in raw), np.uint8), starts, ends


def column(items, kind):
    return variable(items) if kind in ("string", "bytes") else fixed(items, kind)


def mask(items):
    return np.array([item is not None for item in items], np.uint8) if None in items else None


def add(table, kinds, aggregates, rows):
    keys = [[key[i] for key, _ in rows] for i in range(len(kinds))]
    values = [[value[i] for _, value in rows] for i in range(len(aggregates))]
    table.add(
        [column(items, kind) for items, kind in zip(keys, kinds, strict=True)],
        [column(items, kind) for items, (_, kind) in zip(values, aggregates, strict=True)],
        len(rows),
        [mask(items) for items in keys],
        [mask(items) for items in values],
    )


def items_of(values, kind, valid):
    if kind in ("string", "bytes"):
        data, starts, ends = values
        raw = [bytes(data[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        values = [item.decode() for item in raw] if kind == "string" else raw
    else:
        values = values.tolist()
    present = [True] * len(values) if valid is None else valid.tolist()
    return [item if there else None for item, there in zip(values, present, strict=True)]


def rows_of(table):
    """The result as the reference gives it."""
    groups = table.result()
    keys = [items_of(*each) for each in zip(groups.keys, table.keys, groups.key_valid, strict=True)]
    kinds = [kind for _, kind in table.aggregates]
    values = [items_of(*each) for each in zip(groups.values, kinds, groups.value_valid, strict=True)]
    for aggregate, sums in groups.overflow.items():
        for row, exact in sums.items():
            assert not -(2**63) <= exact < 2**63
            values[aggregate][row] = exact
    return [
        (hash_, tuple(items[row] for items in keys), [items[row] for items in values])
        for row, hash_ in enumerate(groups.hashes.tolist())
    ]


def exactly(rows):
    """Rows with floats as bits, so that -0.0 and NaN compare."""
    return [(hash_, tuple(map(bits, key)), list(map(bits, values))) for hash_, key, values in rows]


def bits(item):
    if isinstance(item, float):
        return "nan" if math.isnan(item) else struct.pack("<d", item)
    return (type(item), item)


def expected(kinds, aggregates, rows, seed=SEED):
    keys, values = [key for key, _ in rows], [value for _, value in rows]
    return reference.group(keys, values, kinds, [operation for operation, _ in aggregates], seed)


@given(tables(), st.integers(1, 50))
def test_groups_are_those_of_a_dictionary(case, step):
    kinds, aggregates, rows = case
    table = GroupTable(kinds, aggregates, SEED, capacity=1)
    for begin in range(0, len(rows), step):
        add(table, kinds, aggregates, rows[begin : begin + step])
    assert exactly(rows_of(table)) == exactly(expected(kinds, aggregates, rows))
    assert len(table) == len(expected(kinds, aggregates, rows))


@given(tables(), st.integers(1, 50), st.integers(1, 50))
def test_groups_are_the_same_when_rows_are_clustered(case, step, chunk):
    kinds, aggregates, rows = case
    table = GroupTable(kinds, aggregates, SEED, capacity=1)
    with mock.patch.multiple(group, LEAST_ROWS=1, LEAST_TABLE_BYTES=0, CHUNK_ROWS=chunk):
        for begin in range(0, len(rows), step):
            add(table, kinds, aggregates, rows[begin : begin + step])
    assert exactly(rows_of(table)) == exactly(expected(kinds, aggregates, rows))


@pytest.mark.parametrize("kinds", [["int64"], ["float64", "int64"], ["string"]])
def test_many_keys_in_rows_that_are_clustered(kinds):
    """From a small table to a large one, so that the rows are clustered after the first growth."""
    numbers = np.random.default_rng(1).integers(0, 60_000, 200_000)
    text = "".join(f"{number:08d}" for number in numbers.tolist()).encode()
    starts = np.arange(len(numbers)) * 8
    columns = {"int64": numbers, "float64": numbers / 2, "string": (np.frombuffer(text, np.uint8), starts, starts + 8)}
    aggregates = [("sum", "int64"), ("first", "int64"), ("sum", "float64")]
    plain, clustered = (GroupTable(kinds, aggregates, SEED) for _ in range(2))
    rows = [columns[kind] for kind in kinds], [1, np.arange(len(numbers)), numbers * 0.1], len(numbers)
    plain.add(*rows)
    with mock.patch.multiple(group, LEAST_ROWS=1000, LEAST_TABLE_BYTES=1 << 18, CHUNK_ROWS=50_000):
        clustered.add(*rows)
    assert exactly(rows_of(plain)) == exactly(rows_of(clustered))


@given(tables(), st.integers(1, 15), st.booleans())
def test_merged_tables_are_one_table(case, step, carries):
    """Merging goes group by group and part by part, so only what is associative is the same."""
    kinds, aggregates, rows = case
    exact = [i for i, (op, kind) in enumerate(aggregates) if kind != "float64" or op in ("count", "first")]
    whole = GroupTable(kinds, aggregates, SEED, capacity=1)
    for begin in range(0, len(rows), step):
        part = GroupTable(kinds, aggregates, SEED)
        add(part, kinds, aggregates, rows[begin : begin + step])
        whole.add_partial(part.partial(carries))
    kept = [(hash_, key, [values[i] for i in exact]) for hash_, key, values in rows_of(whole)]
    wanted = [(hash_, key, [values[i] for i in exact]) for hash_, key, values in expected(kinds, aggregates, rows)]
    assert exactly(kept) == exactly(wanted)


@given(st.lists(st.integers(-99, 99)), st.randoms(use_true_random=False))
def test_order_does_not_depend_on_the_order_of_rows(keys, random):
    first, second = GroupTable(["int64"], [], SEED, 1), GroupTable(["int64"], [], SEED, 1000)
    first.add([np.array(keys, np.int64)], [], len(keys))
    random.shuffle(keys)
    second.add([np.array(keys, np.int64)], [], len(keys))
    assert rows_of(first) == rows_of(second)


@given(st.lists(st.sampled_from(["to", "be", "or", "x" * 15, "x" * 16, "ü" * 9]), max_size=700), st.integers(1, 99))
def test_words_are_added_as_if_split_first(words, value):
    text = " ".join(words).encode()
    table = GroupTable(["string"], [("sum", "int64"), ("count", "int64")], SEED, capacity=1)
    table.add_words(np.frombuffer(text, np.uint8), 0, len(text), [value, value])
    rows = [((word,), (value, value)) for word in words]
    assert rows_of(table) == expected(["string"], [("sum", "int64"), ("count", "int64")], rows)


@pytest.mark.parametrize("num_keys", [1, 2, 300, 100_000])
def test_many_rows(num_keys):
    keys = np.random.default_rng(num_keys).integers(0, num_keys, 300_000)
    values = np.arange(len(keys))
    table = GroupTable(["int64"], [("sum", "int64"), ("max", "int64"), ("first", "int64"), ("mean", "int64")], SEED)
    for part in np.array_split(np.arange(len(keys)), 3):
        table.add([keys[part]], [values[part]] * 4, len(part))
    groups = table.result()
    order = np.argsort(groups.keys[0])
    found, first, counts = np.unique(keys, return_index=True, return_counts=True)
    sums = np.bincount(keys, values, num_keys)[found]
    assert groups.keys[0][order].tolist() == found.tolist()
    assert groups.values[0][order].tolist() == sums.astype(np.int64).tolist()
    assert (
        groups.values[1][order].tolist() == np.sort(values)[::-1][np.unique(keys[::-1], return_index=True)[1]].tolist()
    )
    assert groups.values[2][order].tolist() == first.tolist()
    assert groups.values[3][order].tolist() == (sums / counts).tolist()
    assert (np.diff(groups.hashes.astype(object)) > 0).all()


def test_sums_are_exact_beyond_int64():
    table = GroupTable(["int64"], [("sum", "int64"), ("mean", "int64")], SEED)
    values = np.array([2**63 - 1] * 1000 + [5, -(2**63)] + [-(2**63)] * 1000)
    keys = np.array([0] * 1000 + [1, 1] + [2] * 1000)
    table.add([keys], [values, values], len(keys))
    sums = {key[0]: results for _, key, results in rows_of(table)}
    assert sums == {
        0: [1000 * (2**63 - 1), 2**63 - 1.0],
        1: [5 - 2**63, (5 - 2**63) / 2],
        2: [-1000 * 2**63, -(2.0**63)],
    }
    assert table.has_carries
    total = GroupTable(["int64"], [("sum", "int64"), ("mean", "int64")], SEED)
    for _ in range(3):
        total.add_partial(table.partial())
    assert {key[0]: results[0] for _, key, results in rows_of(total)} == {
        key: 3 * each[0] for key, each in sums.items()
    }


def test_sums_that_come_back_into_int64_do_not_overflow():
    table = GroupTable(["bool"], [("sum", "int64")], SEED)
    table.add([np.zeros(4, bool)], [np.array([2**63 - 1, 2**63 - 1, -(2**63), -(2**63)])], 4)
    assert table.result().overflow == {} and table.result().values[0].tolist() == [-2]


def seed_that_hashes_to_zero(number):
    """hash(number) = mix(number ^ mix(seed ^ SALT)), and only mix(0) is 0."""
    return _unmix(number) ^ SALT_NUMBER


def _unmix(x):
    for step in (27, pow(0x1C69B3F74AC4AE35, -1, 1 << 64), 33, pow(0x3C79AC492BA7B653, -1, 1 << 64), 27):
        x = functools.reduce(lambda y, _: x ^ y >> step, range(3), x) if step < 64 else x * step & MASK
    return x


@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_a_key_whose_hash_is_zero(kind):
    seed = seed_that_hashes_to_zero(5)
    rows = [((key,), (1,)) for key in [4, 5, 6, 5, 5]]
    wanted = expected(
        [kind], [("sum", "int64")], [((float(k[0]) if kind == "float64" else k[0],), v) for k, v in rows], seed
    )
    assert wanted[0][0] == 0
    table = GroupTable([kind], [("sum", "int64")], seed, capacity=1)
    add(table, [kind], [("sum", "int64")], rows)
    assert rows_of(table) == wanted
    twice = GroupTable([kind], [("sum", "int64")], seed)
    twice.add_partial(table.partial())
    twice.add_partial(table.partial())
    assert [(hash_, key, [2 * values[0]]) for hash_, key, values in wanted] == rows_of(twice)
    add(table, [kind], [("sum", "int64")], [((None,), (7,)), ((5,), (None,))])
    assert sorted(values[0] for _, _, values in rows_of(table)) == [1, 1, 3, 7]


def test_keys_of_one_hash_are_ordered_by_key():
    """Hashes are given by the caller here, all equal."""
    keys = ["b", "a", "ab", "x" * 20, "", "x" * 19 + "y"]
    table = GroupTable(["string", "int64"], [("first", "int64")], SEED)
    numbers = np.arange(len(keys)) % 2
    table.add([variable(keys), numbers], [np.arange(6)], 6, hashes=np.full(6, 77, np.uint64))
    found = [key for _, key, _ in rows_of(table)]
    assert found == sorted(zip(keys, numbers.tolist(), strict=True))


def crowded(case, count):
    """Hashes that do not spread over 64 bits."""
    spread = np.random.default_rng(2).integers(0, 1 << 44, count).astype(np.uint64)
    return {
        "one partition": spread + np.uint64(1 << 63),
        "two partitions": spread + (np.arange(count) % 2).astype(np.uint64) * np.uint64(0xFFFF << 48),
        "in order": np.sort(spread << np.uint64(20)),
        "equal": np.full(count, 77, np.uint64),
        "equal and last": np.full(count, (1 << 64) - 1, np.uint64),
    }[case]


@pytest.mark.parametrize("case", ["one partition", "two partitions", "in order", "equal", "equal and last"])
@pytest.mark.parametrize("is_clustered", [False, True])
def test_hashes_that_crowd(case, is_clustered):
    count = 2000 if case.startswith("equal") else 100_000
    hashes, keys = crowded(case, count), np.arange(count) * 0.5
    table = GroupTable(["float64"], [("first", "int64"), ("count", "int64")], SEED)
    with mock.patch.multiple(group, LEAST_ROWS=1 if is_clustered else 1 << 40, LEAST_TABLE_BYTES=0):
        for _ in range(2):
            table.add([keys], [np.arange(count), None], count, hashes=hashes)
    found = table.result()
    order = np.lexsort((keys, hashes))
    assert found.hashes.tolist() == hashes[order].tolist()
    assert found.keys[0].tolist() == keys[order].tolist()
    assert found.values[0].tolist() == order.tolist()
    assert found.values[1].tolist() == [2] * count
    assert table.nbytes < 600 * count
    assert table.first_states().tolist() == order.tolist()


@pytest.mark.parametrize("keys", [10**5, 10**7, 10**12])
def test_expected_distinct_keys(keys):
    seen = keys * -math.expm1(-(10**6) / keys)
    assert expected_distinct(round(seen), 10**6, 10**7) == pytest.approx(keys * -math.expm1(-(10**7) / keys), rel=0.01)


def test_constants_need_no_column():
    table = GroupTable(["bool"], [("sum", "int64"), ("min", "float64"), ("first", "bool"), ("count", "int64")], SEED)
    table.add([np.array([True, True])], [3, -0.5, True, None], 2)
    assert [column.tolist() for column in table.result().values] == [[6], [-0.5], [True], [2]]


def test_an_empty_table_has_no_groups():
    table = GroupTable(["int64", "string"], [("sum", "int64"), ("mean", "float64")], SEED)
    table.add([np.empty(0, np.int64), variable([])], [np.empty(0, np.int64), np.empty(0)], 0)
    assert rows_of(table) == [] and len(table) == 0


@pytest.mark.parametrize(
    "keys, values, error, words",
    [
        ([np.zeros(2)], [1], TypeError, "key 0 must be a 1-d array of int64"),
        ([np.zeros(3, np.int64)], [1], ValueError, "key 0 must have 2 rows, got 3"),
        ([], [1], ValueError, "expecting 1 key columns, got 0"),
        ([np.zeros(2, np.int64)], [], ValueError, "expecting 1 value columns, got 0"),
        ([np.zeros(2, np.int64)], [2**63], ValueError, "which is no int64"),
        ([np.zeros(2, np.int64)], [0.5], TypeError, "constant of int64, got float"),
        ([np.zeros(2, np.int64)], [np.zeros(2)], TypeError, "value column 0 must be a 1-d array of int64"),
    ],
)
def test_columns_that_do_not_fit_are_refused(keys, values, error, words):
    with pytest.raises(error, match=words):
        GroupTable(["int64"], [("sum", "int64")], SEED).add(keys, values, 2)


@pytest.mark.parametrize("bad", [(-1, 2), (3, 2), (0, 4)])
def test_strings_outside_their_bytes_are_refused(bad):
    data = np.zeros(3, np.uint8)
    starts, ends = np.zeros(300, np.int64), np.ones(300, np.int64)
    starts[280], ends[280] = bad
    for kinds in (["string"], ["bytes", "bytes"]):
        table = GroupTable(kinds, [], SEED)
        with pytest.raises(KernelError, match="row 280 has a string key outside its bytes"):
            table.add([(data, starts, ends)] * len(kinds), [], 300)
    nulls = np.ones(300, np.uint8)
    nulls[280] = 0
    table.add([(data, starts, ends)] * 2, [], 300, [nulls, nulls])
    assert len(table) == 2


@pytest.mark.parametrize(
    "keys, aggregates, words",
    [
        ([], [], "needs a key"),
        (["int32"], [], "key kind must be one of"),
        (["int64"], [("product", "int64")], "operation must be one of"),
        (["int64"], [("sum", "string")], "aggregates are of"),
        (["int64"] * 17, [], "at most 16 keys"),
    ],
)
def test_tables_of_unknown_kinds_are_refused(keys, aggregates, words):
    with pytest.raises(ValueError, match=words):
        GroupTable(keys, aggregates, SEED)

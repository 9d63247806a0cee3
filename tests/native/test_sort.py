import math
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import sort as kernel
from pympr.native.library import lib
from pympr.native.reference import sort as reference

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
NEAR = st.builds(lambda base, step: base + step, st.sampled_from([-(1 << 63), -1, 0, 1 << 62]), st.integers(0, 9))
FLOATS = st.one_of(st.floats(width=64), st.sampled_from([0.0, -0.0, math.nan, 1.0, math.inf, -math.inf]))
MANY = 140_001  # enough for threads
NULLS = st.booleans()


def masked(values, dtype):
    """A vector and its mask from values with None."""
    valid = np.array([value is not None for value in values], np.uint8)
    return np.array([0 if value is None else value for value in values], dtype), valid


def column(values):
    """Byte strings laid end to end; None takes no bytes."""
    offsets = np.cumsum([0] + [len(value or b"") for value in values]).astype(np.int64)
    data = np.frombuffer(b"".join(value or b"" for value in values), np.uint8)
    return data, offsets[:-1].copy(), offsets[1:].copy()


def bits(values):
    """Floats as comparable bit patterns, so that -0.0 differs from 0.0 and NaN from nothing."""
    return ["nan" if math.isnan(value) else struct.pack("<d", value) for value in values]


@given(st.lists(st.one_of(INT64, NEAR, st.none())), st.booleans(), st.booleans())
@example([1, -(1 << 63), (1 << 63) - 1, 0, -1], True, True)
def test_permutation_of_int64(values, descending, nulls_last):
    vector, valid = masked(values, np.int64)
    order = kernel.sort_permutation(vector, descending, valid, nulls_last)
    assert order.tolist() == reference.sort_permutation(values, descending, nulls_last)


@given(st.lists(st.one_of(INT64, NEAR)), st.booleans())
@example([], False)
@example([7], True)
def test_permutation_of_int64_without_mask(values, descending):
    order = kernel.sort_permutation(np.array(values, np.int64), descending)
    assert order.dtype == np.int64
    assert order.tolist() == reference.sort_permutation(values, descending)


@given(st.lists(st.one_of(FLOATS, st.none())), st.booleans(), st.booleans())
@example([0.0, -0.0, 0.0, math.nan, -math.nan, math.inf, 5e-324, -5e-324], True, False)
def test_permutation_of_float64(values, descending, nulls_last):
    vector, valid = masked(values, np.float64)
    order = kernel.sort_permutation(vector, descending, valid, nulls_last)
    assert order.tolist() == reference.sort_permutation(values, descending, nulls_last)
    present = [value for value in values if value is not None]
    order = kernel.sort_permutation(np.array(present, np.float64), descending)
    assert order.tolist() == reference.sort_permutation(present, descending)


@given(st.lists(st.sampled_from([True, False, None])), st.booleans(), st.booleans())
def test_permutation_of_bool(values, descending, nulls_last):
    vector, valid = masked(values, np.bool_)
    order = kernel.sort_permutation(vector, descending, valid, nulls_last)
    assert order.tolist() == reference.sort_permutation(values, descending, nulls_last)


def distributions():
    rng = np.random.default_rng(5)
    wide = rng.integers(-(1 << 63), (1 << 63) - 1, MANY)
    return {
        "wide": wide,
        "few": rng.integers(-3, 300, MANY),
        "narrow": rng.integers(-(10**5), 10**5, MANY) << 20,
        "two far clusters": np.where(rng.random(MANY) < 0.5, 1 << 62, 0) + rng.integers(0, 9999, MANY),
        "one far value": np.where(np.arange(MANY) == 77, 1 << 62, rng.integers(0, 1 << 20, MANY)),
        "repeated wide": wide[rng.integers(0, 100, MANY)],
        "constant": np.full(MANY, 5),
        "ascending": np.arange(MANY),
        "descending": -np.arange(MANY),
        "fractions": rng.random(MANY) - 0.5,
        "wholes": rng.integers(-1000, 10**6, MANY).astype(np.float64),
        "special": rng.choice([0.0, -0.0, math.nan, math.inf, -math.inf, 1.5], MANY),
        "bool": rng.random(MANY) < 0.3,
    }


DISTRIBUTIONS = distributions()


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_permutation_of_many(name, threads, simd_level):
    values = DISTRIBUTIONS[name]
    assert (kernel.sort_permutation(values) == np.argsort(values, kind="stable")).all()
    backwards = np.argsort(values[::-1], kind="stable")
    assert (kernel.sort_permutation(values, descending=True) == MANY - 1 - backwards[::-1]).all()


@pytest.mark.parametrize("nulls_last", [True, False])
def test_permutation_of_many_with_nulls(nulls_last, threads):
    values = DISTRIBUTIONS["wide"]
    valid = (np.random.default_rng(1).random(MANY) < 0.9).astype(np.uint8)
    present, nulls = np.flatnonzero(valid), np.flatnonzero(valid == 0)
    expected = [present[np.argsort(values[present], kind="stable")], nulls]
    order = kernel.sort_permutation(values, valid=valid, nulls_last=nulls_last)
    assert (order == np.concatenate(expected if nulls_last else expected[::-1])).all()


@given(st.lists(INT64), st.booleans())
def test_values_of_int64(values, descending):
    vector = np.array(values, np.int64)
    assert kernel.sort_values(vector, descending) is vector
    assert vector.tolist() == reference.sort_values(values, descending)


@given(st.lists(FLOATS), st.booleans())
@example([0.0, -0.0, -1.0, -0.0, 0.0, math.nan], True)
def test_values_of_float64(values, descending):
    vector = kernel.sort_values(np.array(values, np.float64), descending)
    assert bits(vector.tolist()) == bits(reference.sort_values(values, descending))


@pytest.mark.parametrize("name", [name for name in DISTRIBUTIONS if name != "bool"])
@pytest.mark.parametrize("num_threads", [1, 2, 3, 5])
def test_values_of_many(name, num_threads):
    before = lib.pympr_get_threads()
    lib.pympr_set_threads(num_threads)
    try:
        values = DISTRIBUTIONS[name].copy()
        kernel.sort_values(values)
        expected = DISTRIBUTIONS[name][np.argsort(DISTRIBUTIONS[name], kind="stable")]
        assert bits(values.astype(float)[:1000]) == bits(expected.astype(float)[:1000])
        np.testing.assert_array_equal(values, expected)
        np.testing.assert_array_equal(np.signbit(values), np.signbit(expected))
    finally:
        lib.pympr_set_threads(before)


@given(st.lists(st.one_of(st.binary(max_size=30), st.none())), st.booleans(), st.booleans())
@example([b"", b"\0", b"", b"\0\0", b"a", b"a\0", b"a"], False, True)
@example([b"1234567", b"12345678", b"1234567\0", b"123456"], True, True)
def test_permutation_of_bytes(values, descending, nulls_last):
    valid = np.array([value is not None for value in values], np.uint8)
    order = kernel.sort_permutation_bytes(*column(values), descending, valid, nulls_last)
    assert order.tolist() == reference.sort_permutation(values, descending, nulls_last)


@given(st.lists(st.text(max_size=12)), st.booleans())
def test_permutation_of_strings_is_that_of_code_points(values, descending):
    order = kernel.sort_permutation_bytes(*column([value.encode() for value in values]), descending)
    assert order.tolist() == sorted(range(len(values)), key=values.__getitem__, reverse=descending)


@given(
    st.binary(max_size=40),
    st.lists(st.tuples(st.integers(0, 3), st.text("ab\0", max_size=25)), min_size=30, max_size=300),
)
def test_permutation_of_bytes_with_shared_prefixes(prefix, parts):
    values = [prefix + b"-middle-" * count + tail.encode() for count, tail in parts]
    assert kernel.sort_permutation_bytes(*column(values)).tolist() == reference.sort_permutation(values)


def word_lists():
    rng = np.random.default_rng(9)
    words = [bytes(rng.integers(97, 123, length, np.uint8)) for length in rng.integers(0, 15, 3000)]
    numbers = [b"https://www.example.org/path/%d" % number for number in rng.permutation(100_000)]
    return {
        "words": [words[index] for index in rng.integers(0, len(words), 100_000)],
        "addresses": numbers,
        "records": [bytes(row) for row in rng.integers(32, 127, (100_000, 10), np.uint8)],
        "few bytes": [bytes(row) for row in rng.integers(0, 2, (100_000, 20), np.uint8)],
        "stairs": [b"a" * length for length in rng.permutation(3000)],
        "long and equal": [b"x" * 5000] * 500,
        "long, then different": [b"x" * 5000 + b"%d" % number for number in rng.permutation(1000)],
    }


WORDS = word_lists()


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("descending", [False, True])
def test_permutation_of_many_bytes(name, descending, threads):
    values = WORDS[name] + WORDS[name][: len(WORDS[name]) // 2]
    order = kernel.sort_permutation_bytes(*column(values), descending)
    assert order.tolist() == reference.sort_permutation(values, descending)


def test_rows_may_overlap_and_leave_gaps():
    data = np.frombuffer(b"..banana..", np.uint8)
    starts = np.arange(2, 8)
    order = kernel.sort_permutation_bytes(data, starts, np.full(6, 8))
    assert order.tolist() == [5, 3, 1, 0, 4, 2]


@pytest.mark.parametrize("bounds", [(-1, 2), (2, 1), (0, 5), (5, 6)])
def test_rows_outside_the_data_are_named(bounds):
    data = np.frombuffer(b"abcd", np.uint8)
    starts, ends = np.array([0, bounds[0]]), np.array([1, bounds[1]])
    for sort in (kernel.sort_permutation_bytes, kernel.is_sorted_bytes):
        with pytest.raises(KernelError, match="row 1 is"):
            sort(data, starts, ends)
    order = kernel.sort_permutation_bytes(data, starts, ends, valid=np.array([1, 0], np.uint8))
    assert order.tolist() == [0, 1]


ROWS = st.tuples(
    st.one_of(st.integers(-2, 2), st.none()),
    st.sampled_from([0.0, -0.0, 1.5, math.nan]),
    st.one_of(st.sampled_from([b"", b"a", b"b"]), st.none()),
    st.booleans(),
)


@given(st.lists(ROWS), st.tuples(*[st.booleans()] * 4), st.booleans())
def test_permutation_of_columns(rows, descending, nulls_last):
    lists = [list(values) for values in zip(*rows)] or [[]] * 4
    strings = (column(lists[2]), np.array([value is not None for value in lists[2]], np.uint8))
    columns = [masked(lists[0], np.int64), np.array(lists[1], float), strings, np.array(lists[3], bool)]
    order = kernel.sort_permutation_columns(columns, len(rows), descending, nulls_last)
    assert order.tolist() == reference.sort_permutation_columns(lists, len(rows), descending, nulls_last)


def test_no_columns_keep_the_order():
    assert kernel.sort_permutation_columns([], 3).tolist() == [0, 1, 2]


@given(st.lists(FLOATS), st.booleans())
def test_is_sorted(values, descending):
    for candidate in (values, reference.sort_values(values, descending)):
        found = kernel.is_sorted(np.array(candidate, np.float64), descending)
        assert found is reference.is_sorted(candidate, descending)


@given(st.lists(st.binary(max_size=3)), st.booleans())
def test_is_sorted_bytes(values, descending):
    for candidate in (values, sorted(values, reverse=descending)):
        found = kernel.is_sorted_bytes(*column(candidate), descending)
        assert found is reference.is_sorted(candidate, descending)


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="got float32"):
        kernel.sort_permutation(np.zeros(2, np.float32))
    with pytest.raises(TypeError, match="got bool"):
        kernel.sort_values(np.zeros(2, bool))
    with pytest.raises(TypeError, match="contiguous"):
        kernel.sort_values(np.zeros(4)[::2])
    with pytest.raises(ValueError, match="writable"):
        kernel.sort_values(np.broadcast_to(np.zeros(1), 1))
    with pytest.raises(ValueError, match="valid must have 2 rows, got 1"):
        kernel.sort_permutation(np.zeros(2), valid=np.ones(1, np.uint8))
    with pytest.raises(ValueError, match="one flag or 1, got 2"):
        kernel.sort_permutation_columns([np.zeros(2)], 2, [True, False])
    with pytest.raises(ValueError, match="column 0 must have 3 rows, got 2"):
        kernel.sort_permutation_columns([np.zeros(2)], 3)

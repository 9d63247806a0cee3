import math
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import merge as kernel
from pympr.native.library import lib
from pympr.native.reference import merge as reference
from pympr.native.reference.sort import order_key

VALUES = {
    "int64": st.one_of(st.integers(-3, 3), st.sampled_from([-(1 << 63), (1 << 63) - 1])),
    "float64": st.sampled_from([0.0, -0.0, 1.5, math.nan, math.inf, -math.inf]),
    "bool": st.booleans(),
}
STRINGS = st.one_of(st.binary(max_size=3), st.builds(lambda tail: b"a long prefix " + tail, st.binary(max_size=9)))
MANY = 150_001  # enough for threads


def runs_of(values, max_size=12):
    return st.lists(st.lists(values, max_size=6), max_size=max_size)


def in_order(runs, descending):
    return [sorted(run, key=order_key, reverse=descending) for run in runs]


def offsets_of(runs):
    return np.cumsum([0] + [len(run) for run in runs]).astype(np.int64)


def column(runs):
    values = [value for run in runs for value in run]
    offsets = offsets_of(values)
    return np.frombuffer(b"".join(values), np.uint8), offsets[:-1].copy(), offsets[1:].copy()


@pytest.mark.parametrize("dtype", VALUES)
@pytest.mark.parametrize("limit", [2, 100])
@given(data=st.data(), descending=st.booleans())
def test_permutation_is_the_reference(dtype, limit, data, descending):
    runs = in_order(data.draw(runs_of(VALUES[dtype])), descending)
    values = np.array([value for run in runs for value in run], dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "MAX_MERGED_RUNS", limit)
        rows = kernel.merge_permutation(values, offsets_of(runs), descending)
    assert rows.dtype == np.int64
    assert rows.tolist() == reference.merge_permutation(runs, descending)


@pytest.mark.parametrize("dtype", ["int64", "float64"])
@given(data=st.data())
def test_values_are_the_reference(dtype, data):
    runs = in_order(data.draw(runs_of(VALUES[dtype])), False)
    values = np.array([value for run in runs for value in run], dtype)
    merged = kernel.merge_runs(values, offsets_of(runs))
    assert merged.dtype == dtype and not np.shares_memory(merged, values)
    assert [bits(value) for value in merged.tolist()] == [bits(value) for value in reference.merge_runs(runs)]


def bits(value):
    return "nan" if value != value else struct.pack("<d", value) if isinstance(value, float) else value


@given(runs_of(STRINGS), st.booleans())
@example([[b""], [], [b"", b"\0"], [b"a" * 7, b"a" * 7 + b"\0", b"a" * 8]], False)
@example([[b"same prefix 1"], [b"same prefix 1"], [b"same prefix 0"]], False)
def test_permutation_of_bytes_is_the_reference(runs, descending):
    runs = in_order(runs, descending)
    rows = kernel.merge_permutation_bytes(*column(runs), offsets_of(runs), descending)
    assert rows.tolist() == reference.merge_permutation(runs, descending)


@pytest.mark.parametrize("num_runs", [1, 2, 3, 7, 8, 9, 31, 32, 33, 300])
def test_many_rows(num_runs, threads):
    rng = np.random.default_rng(num_runs)
    offsets = np.sort(np.append(rng.integers(0, MANY, num_runs - 1), [0, MANY]))
    for values in (rng.integers(0, 5000, MANY), rng.random(MANY)):
        for begin, end in zip(offsets[:-1], offsets[1:]):
            values[begin:end].sort()
        expected = np.argsort(values, kind="stable")
        np.testing.assert_array_equal(kernel.merge_runs(values, offsets), values[expected])
        np.testing.assert_array_equal(kernel.merge_permutation(values, offsets), expected)


@pytest.mark.parametrize("num_runs", [1, 2, 31, 32, 33])
def test_many_rows_of_bytes(num_runs, threads):
    rng = np.random.default_rng(num_runs)
    offsets = np.sort(np.append(rng.integers(0, MANY, num_runs - 1), [0, MANY]))
    values = rng.integers(0, 50_000, MANY)
    for begin, end in zip(offsets[:-1], offsets[1:]):
        values[begin:end].sort()
    data = np.frombuffer(b"".join(b"key %012d" % value for value in values.tolist()), np.uint8)
    starts = np.arange(MANY) * 16
    rows = kernel.merge_permutation_bytes(data, starts, starts + 16, offsets)
    np.testing.assert_array_equal(rows, np.argsort(values, kind="stable"))


@pytest.mark.parametrize("num_threads", [1, 4])
def test_equal_keys_keep_the_order_of_their_runs(num_threads):
    before = lib.pympr_get_threads()
    lib.pympr_set_threads(num_threads)
    try:
        values, offsets = np.full(MANY, 7), np.array([0, 1, 1, 77_777, MANY])
        assert (kernel.merge_permutation(values, offsets) == np.arange(MANY)).all()
    finally:
        lib.pympr_set_threads(before)


def test_no_runs_and_no_rows():
    nothing = np.zeros(0, np.int64)
    for offsets in (np.zeros(1, np.int64), np.zeros(4, np.int64)):
        assert kernel.merge_runs(nothing, offsets).tolist() == []
        assert kernel.merge_permutation(nothing, offsets).tolist() == []
        assert kernel.merge_permutation_bytes(nothing.view(np.uint8), nothing, nothing, offsets).tolist() == []


def test_unsorted_runs_are_refused():
    offsets = np.array([0, 1, 3])
    with pytest.raises(KernelError, match="row 2 is out of order"):
        kernel.merge_runs(np.array([1, 5, 4]), offsets)
    with pytest.raises(KernelError, match="row 2 is out of order"):
        kernel.merge_permutation(np.array([1, 4, 5]), offsets, descending=True)
    with pytest.raises(KernelError, match="row 2 is out of order"):
        kernel.merge_permutation_bytes(*column([[b"12345678"], [b"123456789", b"12345678"]]), offsets)


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="got bool"):
        kernel.merge_runs(np.zeros(1, bool), np.array([0, 1]))
    for offsets in ([0], [0, 2], [1, 3], [0, 4, 3], []):
        with pytest.raises(ValueError, match="offsets must rise from 0 to 3"):
            kernel.merge_runs(np.zeros(3), np.array(offsets, np.int64))
    with pytest.raises(KernelError, match="row 1 is"):
        kernel.merge_permutation_bytes(np.zeros(2, np.uint8), np.array([0, 1]), np.array([1, 3]), np.array([0, 2]))

"""Ranges of byte strings, against bisection in Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native.range_bytes import buckets_by_range_bytes
from pympr.native.reference import range_bytes as reference

STRINGS = st.lists(st.binary(max_size=3) | st.binary(min_size=7, max_size=10) | st.just(b"common prefix"), max_size=20)


def column(rows):
    ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
    return np.frombuffer(b"".join(rows), np.uint8), ends - np.array([len(r) for r in rows], np.int64), ends


@given(STRINGS, STRINGS)
def test_as_the_reference(rows, splitters):
    arrays = column(rows)
    expected = reference.buckets_by_range_bytes(*arrays, sorted(splitters))
    assert buckets_by_range_bytes(*arrays, sorted(splitters)).tolist() == expected.tolist()


def test_many_rows_in_threads():
    rows = [b"%d" % (i * 7919 % 100003) for i in range(150_000)]
    splitters = sorted(rows[:50])
    arrays = column(rows)
    assert (buckets_by_range_bytes(*arrays, splitters) == reference.buckets_by_range_bytes(*arrays, splitters)).all()


def test_bad_input():
    with pytest.raises(ValueError, match="ascend"):
        buckets_by_range_bytes(*column([b"a"]), [b"b", b"a"])
    with pytest.raises(KernelError, match="row 0"):
        buckets_by_range_bytes(np.empty(0, np.uint8), np.array([0]), np.array([1]), [b"a"])

"""Records become columns and come back as exactly the same values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.data.block import ColumnBlock, ObjectBlock, concat, to_columns
from pympr.data.convert import columns_of, values_of
from pympr.data.schema import Leaf, Row, unify

LEAVES = [
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.none(),
]


def nullable(leaf):
    return st.one_of(leaf, st.none())


ONE_KIND = st.sampled_from(LEAVES).flatmap(lambda leaf: st.lists(nullable(leaf), min_size=1, max_size=20))
ROWS = st.lists(st.sampled_from(LEAVES), min_size=1, max_size=4).flatmap(
    lambda kinds: st.lists(st.tuples(*map(nullable, kinds)), min_size=1, max_size=20)
)


def exact(values):
    return [(type(value), repr(value)) for value in values]


@given(ONE_KIND | ROWS)
def test_round_trip(values):
    converted = columns_of(values)
    if converted is not None:
        assert exact(values_of(*converted)) == exact(values)


@given(ROWS, st.integers(0, 20), st.integers(0, 20))
def test_slices_takes_and_concats(values, begin, end):
    block = to_columns(ObjectBlock(values))
    if not isinstance(block, ColumnBlock):
        return
    begin, end = sorted((min(begin, len(values)), min(end, len(values))))
    assert exact(block.slice(begin, end).records()) == exact(values[begin:end])
    assert exact(concat([block.slice(0, end), block.slice(end, len(values))]).records()) == exact(values)
    assert exact(block.compact().records()) == exact(values)


@pytest.mark.parametrize(
    "values", [[1, "a"], [2**63], [1, 1.0], [True, 1], [(1,), (1, 2)], ["\ud800"], [[1]], [()], [1 + 0j]]
)
def test_what_has_no_layout_stays_objects(values):
    assert columns_of(values) is None


@pytest.mark.parametrize(
    "values",
    [
        ["a\0b", "", "é"],
        ["\0", None, "\0\0"],
        ["", "", ""],
        [""],
        [None, "ñ"],
        [b"", b"\0", b"a"],
        [True, None, False],
        [None, None],
        [-(2**63), 2**63 - 1, None],
        [(("ü", 1), True), (("\0", 2), False)],
    ],
)
def test_zeros_empty_strings_and_nulls_come_back(values):
    block = to_columns(ObjectBlock(values))
    assert isinstance(block, ColumnBlock)
    assert exact(block.records()) == exact(values)
    assert exact(concat([block, block.slice(1, len(values)), block]).records()) == exact(values + values[1:] + values)


def test_only_nulls_widen_a_layout():
    assert unify(Row((Leaf("int64"), Leaf("none"))), Row((Leaf("none"), Leaf("string")))) == Row(
        (Leaf("int64", True), Leaf("string", True))
    )
    assert unify(Leaf("int64"), Leaf("bool")) is None
    assert unify(Row((Leaf("int64"),)), Leaf("int64")) is None

"""Grouping by kernels gives what grouping by a dictionary gives."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.config import Config
from pympr.data.block import ColumnBlock, ObjectBlock, to_columns
from pympr.run.operators.group import cogroup, group_by_key

CONFIG = Config()
FLOATS = st.sampled_from([0.0, -0.0, 1.5, math.nan, math.inf])
KEYS = {
    "ints": st.integers(-3, 3),
    "floats": FLOATS,
    "strings": st.text("aä", max_size=2),
    "bytes": st.binary(max_size=1),
    "pairs": st.tuples(st.integers(0, 1), st.text("b", max_size=1)),
    "float pairs": st.tuples(FLOATS, st.booleans()),
    "ints or None": st.none() | st.integers(0, 2),
}


def shown(blocks):
    """repr tells 0.0 from -0.0 and shows NaN as itself."""
    return [repr((key, values)) for block in blocks for key, values in block.records()]


@pytest.mark.parametrize("kind", KEYS)
def test_columns_and_objects_agree(kind):
    @given(st.lists(st.tuples(KEYS[kind], st.integers())))
    def check(records):
        block = to_columns(ObjectBlock(records))
        assert isinstance(block, ColumnBlock) or not records or any(abs(value) >= 2**63 for _, value in records)
        assert shown(group_by_key(iter([block]), CONFIG)) == shown(group_by_key(iter([ObjectBlock(records)]), CONFIG))

    check()


@given(st.lists(st.tuples(FLOATS, st.integers(0, 9))), st.lists(st.tuples(FLOATS, st.text("a"))))
def test_cogroup_agrees(left, right):
    objects = [iter([ObjectBlock(left)]), iter([ObjectBlock(right)])]
    columns = [iter([to_columns(ObjectBlock(side))]) for side in (left, right)]
    assert shown(cogroup(columns, CONFIG)) == shown(cogroup(objects, CONFIG))


def test_many_groups_agree():
    records = [(number % 10_000, number) for number in range(30_000)]
    columns, objects = to_columns(ObjectBlock(records)), ObjectBlock(records)
    assert shown(group_by_key(iter([columns]), CONFIG)) == shown(group_by_key(iter([objects]), CONFIG))
    assert shown(cogroup([iter([columns])], CONFIG)) == shown(cogroup([iter([objects])], CONFIG))

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.native import group_ids as module
from pympr.native.group_ids import group_ids, group_permutation
from pympr.native.reference.group import group

SEED = 3
KEYS = st.lists(
    st.tuples(st.sampled_from([0.0, -0.0, 1.5, float("nan"), None]), st.sampled_from([b"", b"a", b"b" * 20]))
)


def columns(keys):
    numbers = np.array([0.0 if key[0] is None else key[0] for key in keys])
    ends = np.cumsum([len(key[1]) for key in keys], dtype=np.int64)
    starts = ends - np.array([len(key[1]) for key in keys], np.int64)
    data = np.frombuffer(b"".join(key[1] for key in keys), np.uint8)
    return [numbers, (data, starts, ends)], [np.array([key[0] is not None for key in keys], np.uint8), None]


@given(KEYS)
def test_groups_have_the_numbers_of_the_canonical_order(keys):
    table, valid = columns(keys)
    ids, num_groups, first_rows = group_ids(["float64", "bytes"], table, len(keys), SEED, valid)
    wanted = group(keys, [(row,) for row in range(len(keys))], ["float64", "bytes"], ["first"], SEED)
    assert num_groups == len(wanted)
    assert first_rows.tolist() == [values[0] for _, _, values in wanted]
    for row, number in enumerate(ids.tolist()):
        first = keys[first_rows[number]]
        assert group([keys[row], first], [(), ()], ["float64", "bytes"], [], SEED)[1:] == []


@given(KEYS)
def test_permutation_is_stable(keys):
    table, valid = columns(keys)
    ids, num_groups, firsts = group_ids(["float64", "bytes"], table, len(keys), SEED, valid)
    permutation, offsets, first_rows = group_permutation(["float64", "bytes"], table, len(keys), SEED, valid)
    assert permutation.tolist() == np.argsort(ids, kind="stable").tolist()
    assert offsets.tolist() == np.searchsorted(np.sort(ids), np.arange(num_groups + 1)).tolist()
    assert first_rows.tolist() == firsts.tolist()


@given(KEYS)
def test_permutation_is_the_same_part_by_part(keys):
    table, valid = columns(keys)
    plain = group_permutation(["float64", "bytes"], table, len(keys), SEED, valid)
    with mock.patch.multiple(module, LEAST_ROWS=1, MANY_GROUPS=0):
        parts = group_permutation(["float64", "bytes"], table, len(keys), SEED, valid)
    assert [column.tolist() for column in parts] == [column.tolist() for column in plain]


@pytest.mark.parametrize("num_keys", [1, 1000, 10**6])
def test_many_rows(num_keys):
    keys = np.random.default_rng(num_keys).integers(0, num_keys, 200_000)
    permutation, offsets, first_rows = group_permutation(["int64"], [keys], len(keys), SEED)
    found, firsts = np.unique(keys, return_index=True)
    assert sorted(first_rows.tolist()) == sorted(firsts.tolist())
    starts = np.repeat(offsets[:-1], np.diff(offsets))
    assert (keys[permutation] == keys[permutation[starts]]).all()
    assert (permutation[offsets[:-1]] == first_rows).all()
    assert (np.diff(permutation)[np.diff(starts) == 0] > 0).all()
    assert len(found) == len(first_rows)

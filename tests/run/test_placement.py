"""Every partition has one owner, and owners hold consecutive partitions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pympr.run.placement import group_table, owned_by, owners


@given(st.integers(1, 300), st.integers(1, 300))
def test_owners_agree(num_partitions, size):
    table = owners(num_partitions, size).tolist()
    assert table == sorted(table) and len(table) == num_partitions
    assert [i for rank in range(size) for i in owned_by(rank, num_partitions, size)] == list(range(num_partitions))
    assert all(table[i] == rank for rank in range(size) for i in owned_by(rank, num_partitions, size))
    counts = np.bincount(table, minlength=size)
    assert counts.max() - counts.min() <= 1


@given(st.integers(1, 5000))
def test_groups_cover_all_partitions_in_order(num_partitions):
    table = group_table(num_partitions, 4096)
    assert (np.diff(table.astype(np.int64)) >= 0).all()
    assert set(table.tolist()) == set(range(num_partitions))

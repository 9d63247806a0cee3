"""The kernel that finds the rows' places against the same arithmetic in NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pympr.collectives.layout import order_entries, plan_inbox
from pympr.native.exchange import add_up, find_places, make_shape


@given(
    item_bytes=st.lists(st.sampled_from([0, 1, 8, 16]), max_size=4).map(tuple),
    parts=st.lists(st.integers(0, 4), min_size=1, max_size=5),
    seed=st.integers(0, 1000),
    ascending=st.booleans(),
)
def test_kernel_and_layout_agree(item_bytes, parts, seed, ascending):
    random = np.random.default_rng(seed)
    size, entries = len(parts), sum(parts)
    sources = random.integers(0, 9, entries)
    sources = np.sort(sources) if ascending else sources
    counts = random.integers(0, 50, (entries, 1 + item_bytes.count(0), size))
    ends = np.cumsum(parts)
    owned = [slice(end - count, end) for end, count in zip(ends, parts, strict=True)]
    tables = [
        np.column_stack([sources[own], counts[own].reshape(parts[r], size * (1 + item_bytes.count(0)))])
        for r, own in enumerate(owned)
    ]
    addresses = np.array([table.ctypes.data for table in tables])
    orders = [order_entries(sources, counts[:, :, rank]) for rank in range(size)]
    inboxes = [plan_inbox(item_bytes, order.totals) for order in orders]
    for rank in range(size):
        shape = make_shape(item_bytes, size, rank)
        totals = add_up(shape, addresses, np.array(parts))
        assert totals.totals.tolist() == np.array([order.totals for order in orders]).T.tolist()
        assert totals.needed_bytes.tolist() == [inbox.used_bytes for inbox in inboxes]
        assert totals.sources.tolist() == orders[rank].sources.tolist()
        assert totals.offsets.tolist() == orders[rank].offsets.tolist()
        bases = np.arange(size, dtype=np.uint64) << np.uint64(40)
        cursors, lane_starts = find_places(shape, totals, bases)
        assert lane_starts.tolist() == inboxes[rank].lane_starts.tolist()
        for to, (order, inbox) in enumerate(zip(orders, inboxes, strict=True)):
            before = order.before[owned[rank]][:, inbox.lane_counts]
            assert (cursors[:, :, to] == inbox.lane_starts + before * inbox.lane_items + (to << 40)).all()
        check_traffic(totals, item_bytes, counts, owned[rank], rank)


def check_traffic(totals, item_bytes, counts, own, rank):
    row_bytes = sum(item or 8 for item in item_bytes)
    payload = counts[:, 0] * row_bytes + counts[:, 1:].sum(axis=1)
    sent = np.delete(payload[own], rank, axis=1).sum(axis=0)
    assert totals.bytes_sent == sent.sum()
    assert totals.messages == np.count_nonzero(np.delete(counts[own, 0], rank, axis=1).sum(axis=0))
    assert totals.bytes_received == payload[:, rank].sum() - payload[own, rank].sum()

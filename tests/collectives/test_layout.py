"""The arithmetic of inboxes against plain Python."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pympr.collectives.layout import ALIGNMENT_BYTES, columns_of, order_entries, plan_inbox

ENTRIES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 50)), max_size=12)


@given(ENTRIES)
def test_entries_stand_by_source_then_as_they_came(entries):
    table = np.array(entries, np.int64).reshape(-1, 3)
    order = order_entries(table[:, 0], table[:, 1:])
    rows = size = 0
    for place in sorted(range(len(entries)), key=lambda index: entries[index][0]):
        assert order.before[place].tolist() == [rows, size]
        rows, size = rows + entries[place][1], size + entries[place][2]
    assert order.totals.tolist() == [rows, size]
    sources = sorted({source for source, _, _ in entries})
    assert order.sources.tolist() == sources
    ends = [sum(count for source, count, _ in entries if source <= last) for last in sources]
    assert order.offsets.tolist() == [0, *ends]


@given(st.lists(st.sampled_from([0, 1, 2, 4, 8, 16]), max_size=5), st.integers(0, 100), st.integers(0, 300))
def test_lanes_are_aligned_and_do_not_overlap(items, rows, size):
    totals = np.array([rows] + [size] * items.count(0))
    inbox = plan_inbox(tuple(items), totals)
    lengths = [totals[count] * item for count, item in zip(inbox.lane_counts, inbox.lane_items, strict=True)]
    ends = [start + length for start, length in zip(inbox.lane_starts, lengths, strict=True)]
    assert all(start % 8 == 0 for start in inbox.lane_starts)
    assert all(end <= start for end, start in zip(ends, inbox.lane_starts[1:], strict=False))
    assert inbox.used_bytes % ALIGNMENT_BYTES == 0 and inbox.used_bytes >= max([0, *ends])


def test_lengths_become_offsets():
    totals = np.array([3, 5])
    inbox = plan_inbox((2, 0), totals)
    memory = np.zeros(inbox.used_bytes, np.uint8)
    memory[:6].view(np.int16)[:] = [7, 8, 9]
    start = inbox.lane_starts[2]
    memory[start : start + 24].view(np.int64)[:] = [2, 0, 3]
    memory[inbox.lane_starts[1] : inbox.lane_starts[1] + 5] = list(b"abcde")
    fixed, (data, starts, ends) = columns_of(memory, (np.dtype("int16"), None), inbox.lane_starts, totals)
    assert fixed.tolist() == [7, 8, 9] and data.tobytes() == b"abcde"
    assert starts.tolist() == [0, 2, 2] and ends.tolist() == [2, 2, 5]
    assert starts.base is ends.base

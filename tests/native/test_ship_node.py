"""A whole exchange by the kernels, all ranks in one process: every row arrives once, in the order of sources."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pympr.collectives.exchange import Part, RangeBuckets
from pympr.collectives.layout import columns_of, order_entries, plan_inbox
from pympr.errors import KernelError
from pympr.native import ship
from pympr.native.library import lib
from pympr.native.partition import buckets_by_range
from pympr.native.ship import Shipment, make_shape
from pympr.native.ship_node import KNOWN, MISFITS, OTHER_KIND, UNMAPPED, Limits, NodePlan, Places

DTYPES = {0: None, 1: np.uint8, 2: np.int16, 4: np.float32, 8: np.int64, 16: np.complex128}
PLACES, LIMITS = Places(table=16, inbox=8, second=12), Limits(1 << 20, 16, 0)
INBOX_BYTES = 1 << 19
pytestmark = pytest.mark.usefixtures("simd_level")


def random_part(random, source, rows, item_bytes, size):
    columns = []
    for item in item_bytes:
        if item:
            columns.append(np.frombuffer(random.bytes(rows * item), DTYPES[item]))
            continue
        data = np.frombuffer(random.bytes(90), np.uint8)
        starts = random.integers(0, 50, rows)
        columns.append((data, starts, starts + random.integers(0, 41, rows) * random.integers(0, 2, rows)))
    return Part(source, columns, random.integers(0, size, rows, np.uint32))


def values(columns):
    lists = []
    for column in columns:
        if isinstance(column, tuple):
            data, starts, ends = column
            lists.append([data[a:b].tobytes() for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])
        else:
            lists.append([item.tobytes() for item in column])
    return list(zip(*lists, strict=True))


def buckets_of(part):
    ranges = part.buckets
    return buckets_by_range(ranges.values, ranges.splitters) if isinstance(ranges, RangeBuckets) else ranges


def expected(all_parts, rank):
    """Rows by source; those of one source by rank and place."""
    found = []
    for part in sorted((part for parts in all_parts for part in parts), key=lambda part: part.source):
        rows = values(part.columns)
        found += [rows[i] for i in np.flatnonzero(buckets_of(part) == rank)]
    return found


def exchange(all_parts, item_bytes):
    """What every rank receives, and the plans."""
    size = len(all_parts)
    slots = np.zeros((size, 4096), np.int64)
    inboxes = np.zeros((size, INBOX_BYTES), np.uint8)
    shapes = [make_shape(item_bytes, size, rank) for rank in range(size)]
    ships = [Shipment(shape, parts) for shape, parts in zip(shapes, all_parts, strict=True)]
    plans = [NodePlan(shape, slots, PLACES, LIMITS) for shape in shapes]
    for rank, sent in enumerate(ships):
        slots[rank, :4] = 5, len(sent.table), 0, INBOX_BYTES
        slots[rank, 8:12] = 100 + rank, 0, 7, INBOX_BYTES
        slots[rank, 16 : 16 + sent.table.size] = sent.table.reshape(-1)
    for plan, sent, inbox in zip(plans, ships, inboxes, strict=True):
        plan.begin()
        while (state := plan.settle()) == UNMAPPED:
            other = plan.struct.unmapped_rank
            plan.set_mapped(other, 100 + other, 7, inboxes[other].ctypes.data)
        assert state == KNOWN
        plan.send(sent, inbox.ctypes.data)
    dtypes = tuple(DTYPES[item] for item in item_bytes)
    received = []
    for plan, inbox in zip(plans, inboxes, strict=True):
        come, lane_starts, sources, offsets = plan.come()
        assert plan.struct.needed_bytes <= INBOX_BYTES
        received.append((columns_of(inbox, dtypes, lane_starts, come, has_ends=True), sources, offsets))
    return received, plans


@given(
    size=st.integers(1, 10),
    item_bytes=st.lists(st.sampled_from(list(DTYPES)), min_size=1, max_size=3).map(tuple),
    rows=st.lists(st.integers(0, 200), max_size=6),
    streams=st.booleans(),
    seed=st.integers(0, 1000),
)
@settings(max_examples=20, deadline=None)
def test_everything_arrives_once_in_order(size, item_bytes, rows, streams, seed):
    random = np.random.default_rng(seed)
    all_parts = [[] for _ in range(size)]
    for count in rows:
        part = random_part(random, int(random.integers(0, 4)), count, item_bytes, size)
        all_parts[random.integers(0, size)].append(part)
    check(all_parts, item_bytes, 0 if streams else 1 << 40)


def check(all_parts, item_bytes, stream_bytes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ship, "STREAM_BYTES", stream_bytes)
        received, plans = exchange(all_parts, item_bytes)
    for rank, (columns, sources, offsets) in enumerate(received):
        assert values(columns) == expected(all_parts, rank)
        check_sources(all_parts, rank, sources, offsets)
        check_traffic(all_parts, rank, plans[rank].struct)


def check_sources(all_parts, rank, sources, offsets):
    parts = [part for parts in all_parts for part in parts]
    counts = [[np.count_nonzero(buckets_of(part) == rank)] for part in parts]
    order = order_entries(np.array([part.source for part in parts], int), np.array(counts, int).reshape(-1, 1))
    assert sources.tolist() == order.sources.tolist()
    assert offsets.tolist() == order.offsets.tolist()


def check_traffic(all_parts, rank, plan):
    def payload(parts, to):
        return sum(
            sum(len(item) + 8 * isinstance(column, tuple) for item, column in zip(row, part.columns, strict=True))
            for part in parts
            for row, bucket in zip(values(part.columns), buckets_of(part).tolist(), strict=True)
            if bucket == to
        )

    others = [other for other in range(len(all_parts)) if other != rank]
    assert plan.bytes_sent == sum(payload(all_parts[rank], other) for other in others)
    assert plan.bytes_received == sum(payload(all_parts[other], rank) for other in others)
    assert plan.messages == sum(any((buckets_of(part) == other).any() for part in all_parts[rank]) for other in others)


@pytest.mark.parametrize("size", [2, 4, 9])
@pytest.mark.parametrize("stream_bytes", [0, 1 << 40])
def test_rows_that_fill_many_stages(size, stream_bytes):
    random = np.random.default_rng(size)
    check([[random_part(random, rank, 700, (1, 8, 0), size)] for rank in range(size)], (1, 8, 0), stream_bytes)


@pytest.mark.parametrize("size", [3, 12])
@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_rows_by_range(size, dtype):
    random = np.random.default_rng(size)
    all_parts = []
    for rank in range(size):
        column = random.integers(-50, 50, 2500).astype(dtype)
        splitters = np.linspace(-40, 40, size - 1).astype(dtype)
        all_parts.append([Part(rank, [column], RangeBuckets(column, splitters))])
    check(all_parts, (8,), 1 << 40)


@pytest.mark.parametrize("size", [2, 11])
def test_threads_share_a_large_part(size):
    random, rows = np.random.default_rng(3), 140_000
    data = np.frombuffer(random.bytes(1000), np.uint8)
    starts = random.integers(0, 990, rows)
    part = Part(0, [np.arange(rows), (data, starts, starts + rows % 3)], random.integers(0, size, rows, np.uint32))
    inbox = np.zeros((size, 4 << 20), np.uint8)
    lanes = plan_inbox((8, 0), np.array([rows, 2 * rows])).lane_starts
    cursors = np.ascontiguousarray((inbox.ctypes.data + np.arange(size) * inbox.shape[1] + lanes[:, None])[None])
    found = []
    for threads in (1, 3):
        lib.pympr_set_threads(threads)
        sent = Shipment(make_shape((8, 0), size, 0), [part])
        sent.scatter(cursors.astype(np.uint64), cursors[0, 1:2].astype(np.uint64))
        lib.pympr_set_threads(1)
        found.append((sent.table.copy(), inbox.copy()))
        inbox[:] = 0
    assert (found[0][0] == found[1][0]).all() and (found[0][1] == found[1][1]).all()
    assert found[0][0][0, 1 : 1 + size].tolist() == np.bincount(part.buckets, minlength=size).tolist()


@pytest.mark.parametrize(
    ("column", "buckets", "text"),
    [
        (np.arange(70), np.append(np.zeros(69), 3), "row 69 has bucket 3, but there are 3 buckets"),
        (np.arange(2), np.array([300, 0]), "row 0 has bucket 300"),
        ((np.zeros(3, np.uint8), np.array([0, 1]), np.array([3, 4])), np.zeros(2), "row 1 is bytes 1 to 4 of data"),
        ((np.zeros(3, np.uint8), np.array([-1]), np.array([2])), np.zeros(1), "row 0 is bytes -1 to 2"),
        ((np.zeros(3, np.uint8), np.array([0, 2]), np.array([1, 1])), np.zeros(2), "row 1 is bytes 2 to 1"),
    ],
)
def test_what_cannot_be_sent_is_refused(column, buckets, text):
    item = 0 if isinstance(column, tuple) else 8
    with pytest.raises(KernelError, match=text):
        Shipment(make_shape((item,), 3, 0), [Part(0, [column], buckets.astype(np.uint32))])


def test_what_the_board_says_before_rows_can_be_sent():
    slots = np.zeros((2, 64), np.int64)
    slots[:, :4] = [[5, 1, 0, 1 << 30], [5, 1, 0, 64]]
    slots[0, 16:19] = slots[1, 16:19] = 0, 1000, 1000
    plan = NodePlan(make_shape((8,), 2, 0), slots, PLACES, LIMITS)
    plan.begin()
    assert plan.settle() == MISFITS
    assert [plan.is_misfit(rank) for rank in (0, 1)] == [True, True]
    plan.struct.is_second = 1
    slots[1, 12:16] = 9, 0, 8, 1 << 20
    assert plan.settle() == UNMAPPED
    plan.set_mapped(1, 9, 8, 4096)
    assert plan.settle() == KNOWN
    slots[1, 0] = 6
    plan.begin()
    assert plan.settle() == OTHER_KIND and plan.struct.first_of_other_kind == 1


def test_what_is_written_to_another_rank_is_faulted_in():
    """Between the first and the last byte of each lane, once; parts of other ranks may lie between."""
    random = np.random.default_rng(0)
    columns = [random_part(random, source, rows, (8, 0), 2) for source, rows in ((0, 40), (2, 30))]
    others = [random_part(random, 1, 50, (8, 0), 2)]
    received, (plan, _) = exchange([columns, others], (8, 0))
    items, (data, starts, _) = received[1][0]
    entry = plan._mapped[4]
    sent = [int(np.count_nonzero(part.buckets == 1)) for part in columns]
    first, last = items.ctypes.data, items.ctypes.data + 8 * len(items)
    assert (entry.begins[0], entry.ends[0]) == (first, last)
    assert entry.begins[1] == data.ctypes.data and entry.ends[1] == data.ctypes.data + len(data)
    assert entry.ends[2] - entry.begins[2] == 8 * len(starts) and sum(sent) < len(starts)
    assert entry.next_range == 3

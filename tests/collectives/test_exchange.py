"""Every variant of the exchange against a plain Python one."""

import collections

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.collectives.choose import choose_exchange, explain_exchange
from pympr.collectives.exchange import Part, exchange
from pympr.collectives.world import world
from pympr.errors import KernelError, RankError

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]

FIXED = ("bool", "int16", "float32", "int64", "complex128", "S16", "M8[us]")


def variants():
    return ("auto",) if world().size == 1 else ("node", "flat")


def make_part(source, rows, spec, size, seed, skew=False):
    """A part that every rank can make: random rows, some texts empty, sharing bytes and out of order."""
    random = np.random.default_rng([seed, source])
    columns = []
    for kind in spec:
        if kind == "bytes":
            data = np.frombuffer(random.bytes(50), np.uint8)
            starts = random.integers(0, 40, rows)
            columns.append((data, starts, starts + random.integers(0, 11, rows)))
        else:
            raw = np.frombuffer(random.bytes(rows * np.dtype(kind).itemsize), np.uint8)
            columns.append((raw % 2 if kind == "bool" else raw).view(kind))
    buckets = np.full(rows, seed % size) if skew else random.integers(0, size, rows)
    return Part(source, columns, buckets.astype(np.uint32))


def values(columns):
    """Rows as tuples of bytes, the same for equal bits."""
    lists = []
    for column in columns:
        if isinstance(column, tuple):
            data, starts, ends = column
            lists.append([data[start:end].tobytes() for start, end in zip(starts, ends, strict=True)])
        else:
            assert column.flags.c_contiguous
            lists.append([item.tobytes() for item in column])
    return list(zip(*lists, strict=True)) if lists else []


def with_rows(received):
    """Without the sources that have no rows here: a variant may name them or not."""
    has_rows = np.diff(received.offsets) > 0
    return received._replace(sources=received.sources[has_rows], offsets=received.offsets[np.append(True, has_rows)])


def expected(all_parts, rank):
    """Rows for `rank` by source, then owner, then place in the owner's list."""
    by_source = collections.defaultdict(list)
    for parts in all_parts:
        for part in parts:
            rows = values(part.columns)
            if len(found := np.flatnonzero(part.buckets == rank)):
                by_source[part.source] += [rows[i] for i in found]
    sources = sorted(by_source)
    offsets = np.cumsum([0] + [len(by_source[source]) for source in sources]).tolist()
    return [row for source in sources for row in by_source[source]], sources, offsets


def check(all_parts, spec):
    here = world()
    rows, sources, offsets = expected(all_parts, here.rank)
    for variant in variants():
        received, counters = exchange(here, all_parts[here.rank], spec, variant)
        received = with_rows(received)
        assert [column.dtype for column in received.columns if not isinstance(column, tuple)] == [
            np.dtype(kind) for kind in spec if kind != "bytes"
        ]
        assert values(received.columns) == (rows if spec else [])
        assert received.sources.tolist() == sources
        assert received.offsets.tolist() == offsets
        assert variant in ("auto", counters.variant)


@given(
    spec=st.lists(st.sampled_from(["bytes", *FIXED]), min_size=1, max_size=4).map(tuple),
    rows=st.lists(st.integers(0, 30), max_size=12),
    seed=st.integers(0, 1000),
    skew=st.booleans(),
)
def test_any_parts_on_any_ranks(spec, rows, seed, skew):
    size = world().size
    owners = np.random.default_rng(seed).integers(0, size, len(rows))
    all_parts = [[] for _ in range(size)]
    for source, (owner, count) in enumerate(zip(owners, rows, strict=True)):
        all_parts[owner].append(make_part(3 * source, count, spec, size, seed, skew))
    check(all_parts, spec)


def test_interleaved_sources_in_no_order():
    size = world().size
    all_parts = [
        [
            make_part(source, 5 + source, ("bytes", "int64"), size, 1)
            for source in range(10 * size + rank, rank - 1, -size)
        ]
        for rank in range(size)
    ]
    check(all_parts, ("bytes", "int64"))


def test_parts_of_one_source_follow_each_other():
    size = world().size
    all_parts = [[make_part(7, 4, ("int64",), size, seed) for seed in (rank, rank + 50)] for rank in range(size)]
    check(all_parts, ("int64",))


def test_one_rank_has_all_and_all_go_to_another():
    size = world().size
    for seed in range(min(size, 3)):
        all_parts = [[] for _ in range(size)]
        all_parts[-1] = [make_part(source, 200, ("bytes", "int64"), size, seed, skew=True) for source in range(3)]
        check(all_parts, ("bytes", "int64"))


def test_nothing_at_all():
    size = world().size
    check([[] for _ in range(size)], ("bytes", "int64"))
    check([[make_part(rank, 0, ("bytes", "int64"), size, 1)] for rank in range(size)], ("bytes", "int64"))
    check([[Part(rank, [], np.zeros(0, np.uint32))] for rank in range(size)], ())


def test_so_many_sources_that_their_table_leaves_the_slot():
    size = world().size
    all_parts = [
        [make_part(source, 2, ("bytes",), size, 3) for source in range(rank, 600, size)] for rank in range(size)
    ]
    check(all_parts, ("bytes",))


def test_more_rows_than_one_block_of_the_kernels():
    size = world().size
    all_parts = [[make_part(rank, 70_000, ("int64", "bytes", "uint8"), size, 5)] for rank in range(size)]
    check(all_parts, ("int64", "bytes", "uint8"))


def test_what_was_received_stays_while_more_is_exchanged():
    """An inbox in use is not offered again."""
    here = world()
    kept = []
    for step in range(6):
        part = Part(here.rank, [np.full(1000, step)], np.arange(1000, dtype=np.uint32) % here.size)
        kept.append(exchange(here, [part], ("int64",), variants()[0])[0].columns[0])
        if step % 2:
            kept.pop(0)
    assert [column[0] for column in kept] == [3, 4, 5]
    assert all((column == column[0]).all() for column in kept)


def test_counters_count_what_leaves_the_rank():
    here = world()
    rows = 10 * here.size
    data, ends = np.zeros(3 * rows, np.uint8), 3 * np.arange(1, rows + 1)
    part = Part(here.rank, [np.arange(rows), (data, ends - 3, ends)], np.arange(rows, dtype=np.uint32) % here.size)
    for variant in variants():
        _, counters = exchange(here, [part], ("int64", "bytes"), variant)
        others = here.size - 1
        assert counters.messages == others
        assert counters.bytes_sent == counters.bytes_received == others * 10 * (8 + 3 + 8)
        assert counters.wait_seconds >= 0


@pytest.mark.parametrize("guilty", [0, -1])
def test_a_rank_that_fails_before_is_heard_by_all(guilty):
    here = world()
    bad = guilty % here.size
    for variant in variants():
        with pytest.raises(RankError, match="disk full") as caught:
            exchange(here, [], ("int64",), variant, failure="disk full" if here.rank == bad else None)
        assert here.is_solo or caught.value.failures == [(bad, "disk full")]


@pytest.mark.parametrize(
    ("part", "error", "text"),
    [
        (Part(0, [np.arange(2)], np.array([0, 99], np.uint32)), KernelError, "row 1 has bucket 99"),
        (Part(0, [np.arange(3)], np.zeros(2, np.uint32)), ValueError, "3 rows beside buckets of 2"),
        (Part(0, [np.arange(2.0)], np.zeros(2, np.uint32)), TypeError, "1-d array of int64, got 1-d array of float64"),
        (Part(0, [], np.zeros(2, np.uint32)), ValueError, "0 columns, the spec has 1"),
        (Part(0, [np.arange(2)], np.zeros(2)), TypeError, "1-d array of uint32"),
    ],
)
def test_parts_that_do_not_fit_are_an_error_everywhere(part, error, text):
    here = world()
    for variant in variants():
        is_guilty = here.rank == here.size - 1
        with pytest.raises(error if is_guilty else RankError, match=text):
            exchange(here, [part] if is_guilty else [], ("int64",), variant)
        check([[make_part(rank, 3, ("int64",), here.size, 1)] for rank in range(here.size)], ("int64",))


def test_text_that_leaves_its_data_is_an_error_everywhere():
    here = world()
    part = Part(0, [(np.zeros(3, np.uint8), np.array([0]), np.array([4]))], np.zeros(1, np.uint32))
    if here.is_solo:
        pytest.skip("one part is taken as it is")
    for variant in variants():
        with pytest.raises((KernelError, RankError)):
            exchange(here, [part] if here.rank == 0 else [], ("bytes",), variant)


def test_specs_that_differ_are_an_error_everywhere():
    here = world()
    if here.is_solo:
        pytest.skip("one rank agrees with itself")
    for variant in variants():
        with pytest.raises(ValueError, match="different specs"):
            exchange(here, [], ("int64",) if here.rank else ("bytes",), variant)


def test_variants_that_differ_are_an_error_everywhere():
    here = world().split(0)
    if not here.is_solo:
        with pytest.raises(ValueError, match="different variants"):
            choose_exchange(here, "node" if here.rank else "flat")
        with pytest.raises(ValueError, match="unknown variant"):
            choose_exchange(here, "fast")
    here.free()


def test_the_environment_chooses(monkeypatch):
    here = world().split(0)
    monkeypatch.setenv("PYMPR_EXCHANGE", "flat")
    assert explain_exchange(here) == ("solo" if here.is_solo else "flat: asked for")
    here.free()


def test_items_of_odd_size_are_refused():
    with pytest.raises((TypeError, RankError), match="items of"):
        exchange(world(), [], ("S3",), variants()[0])


def test_a_failure_after_an_inbox_was_of_a_wrong_size(monkeypatch):
    """The rank that fails to add up meets the others in their second meeting, not in the last."""
    from pympr.collectives import alltoall_node

    here = world()
    if here.is_solo:
        pytest.skip("one rank has no inbox")
    rows = 200_000 if here.rank == 0 else 0
    part = Part(here.rank, [np.arange(rows)], np.full(rows, here.size - 1, np.uint32))
    guilty, original = here.size // 2, alltoall_node._settle

    def fail(*arguments):
        if here.rank == guilty:
            raise MemoryError("no more")
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(alltoall_node, "_settle", fail)
        with pytest.raises(MemoryError if here.rank == guilty else RankError, match="no more"):
            exchange(here, [part], ("int64",), "node")
    received, _ = exchange(here, [part], ("int64",), "node")
    assert len(received.columns[0]) == (200_000 if here.rank == here.size - 1 else 0)


def test_little_rows_do_not_hold_a_large_inbox():
    """Who sends much and receives little offers a large inbox, which is not used for the little."""
    here = world()
    if here.is_solo:
        pytest.skip("one rank has no inbox")
    rows = 400_000 if here.rank == 0 else 10
    part = Part(here.rank, [np.arange(rows)], np.full(rows, 1 if here.rank == 0 else 0, np.uint32))
    received, _ = exchange(here, [part], ("int64",), "node")
    lease = received.columns[0]
    while isinstance(lease, np.ndarray):
        lease = lease.base
    assert lease.name.capacity_bytes <= (4 << 20 if here.rank == 1 else 1 << 16)

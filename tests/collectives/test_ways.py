"""The ways of packed messages between nodes made out of one: the same rows by every way, whatever the batches."""

import numpy as np
import pytest

from pympr.collectives.choose import explain_exchange
from pympr.collectives.exchange import Part, exchange
from pympr.collectives.gather import allgather_objects
from pympr.collectives.nodemap import nodes_of
from pympr.collectives.schedules.traffic import traffic
from pympr.collectives.world import world
from pympr.errors import RankError

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8), pytest.mark.ranks(16, nightly=True)]

WAYS = ("flat", "grid", "two-level", "sparse")
SPEC = ("int64", "bytes", "uint8", "complex128")


@pytest.fixture(params=[(2, 1 << 20), (3, 500)], ids=["pairs", "batches"])
def nodes(request, monkeypatch):
    """A world of nodes with so many ranks (the last may have fewer), and batches of so many bytes."""
    world().node()  # the other tests' nodes are the machine's: they are found before
    monkeypatch.setenv("PYMPR_RANKS_PER_NODE", str(request.param[0]))
    monkeypatch.setenv("PYMPR_ROUND_BYTES", str(request.param[1]))
    here = world().split(0)
    yield here
    here.free()


def make_part(source, rows, size, few=False):
    random = np.random.default_rng(source)
    data = np.frombuffer(random.bytes(50), np.uint8)
    starts = random.integers(0, 40, rows)
    columns = [
        random.integers(-(2**62), 2**62, rows),
        (data, starts, starts + random.integers(0, 11, rows)),
        random.integers(0, 255, rows).astype(np.uint8),
        random.random(rows) + 1j,
    ]
    buckets = np.full(rows, (source + 1) % size) if few else random.integers(0, size, rows)
    return Part(source, columns, buckets.astype(np.uint32))


def rows_of(columns, chosen=slice(None)):
    number, (data, starts, ends), small, pair = columns
    texts = [data[start:end].tobytes() for start, end in zip(starts[chosen], ends[chosen], strict=True)]
    return list(zip(number[chosen].tolist(), texts, small[chosen].tolist(), pair[chosen].tolist(), strict=True))


def check(here, all_parts, ways=WAYS):
    parts = sorted((part.source, rank, place) for rank, each in enumerate(all_parts) for place, part in enumerate(each))
    wanted, sources = [], []
    for source, rank, place in parts:
        part = all_parts[rank][place]
        rows = rows_of(part.columns, part.buckets == here.rank)
        wanted += rows
        sources += [source] * len(rows)
    for way in ways:
        received, counters = exchange(here, all_parts[here.rank], SPEC, way)
        assert rows_of(received.columns) == wanted
        assert np.repeat(received.sources, np.diff(received.offsets)).tolist() == sources
        assert counters.variant == ("solo" if here.is_solo else way)


def test_every_way_brings_the_same_rows(nodes):
    size = nodes.size
    several = [[make_part(source, 6 + source, size) for source in range(rank, 3 * size, size)] for rank in range(size)]
    check(nodes, several)
    one_has_all = [[] for _ in range(size)]
    one_has_all[-1] = [make_part(source, 100, size, few=True) for source in (4, 1, 4)]
    check(nodes, one_has_all)


def test_few_rows_and_none(nodes):
    size = nodes.size
    check(nodes, [[make_part(rank, 1, size, few=True)] for rank in range(size)])
    check(nodes, [[make_part(rank, 0, size)] for rank in range(size)])
    check(nodes, [[] for _ in range(size)])


def test_exchanges_follow_each_other_at_once(nodes):
    """A rank may begin the next while another still listens for the one before."""
    size = nodes.size
    for turn in range(6):
        parts = [[make_part(10 * turn + rank, 1 + (rank + turn) % 3, size, few=True)] for rank in range(size)]
        check(nodes, parts, ("sparse", "sparse", WAYS[turn % 4]))


def test_a_row_longer_than_a_batch_and_than_a_first_message(nodes):
    long = np.frombuffer(np.random.default_rng(1).bytes(30_000), np.uint8)
    parts = []
    for rank in range(nodes.size):
        starts, ends = np.array([0, 5, 9]), np.array([30_000, 5, 9 + 20_000])
        columns = [np.arange(3), (long, starts, ends), np.zeros(3, np.uint8), np.zeros(3, np.complex128)]
        parts.append([Part(rank, columns, (np.arange(3, dtype=np.uint32) + rank) % nodes.size)])
    check(nodes, parts)


def test_two_messages_of_one_step_do_not_meet(nodes):
    """Of two columns that come to a rank together none takes the other's memory."""
    kept = [exchange(nodes, [make_part(nodes.rank, 50, nodes.size)], SPEC, way)[0] for way in WAYS * 2]
    assert all(rows_of(each.columns) == rows_of(kept[0].columns) for each in kept)


def test_a_failure_on_one_rank_is_known_to_all(nodes, monkeypatch):
    """Also one in the middle: the rank goes on sending nothing, so that nobody waits for it."""
    from pympr.collectives import alltoall_packed

    if nodes.is_solo:
        pytest.skip("one rank sends nothing")
    original, bad = alltoall_packed.pack, nodes.size - 1

    def fail(*arguments):
        if nodes.rank == bad:
            raise MemoryError("no more")
        return original(*arguments)

    for way in WAYS:
        with pytest.raises(RankError, match="disk full"):
            exchange(nodes, [], SPEC, way, failure="disk full" if nodes.rank == bad else None)
        with monkeypatch.context() as patch:
            patch.setattr(alltoall_packed, "pack", fail)
            with pytest.raises(MemoryError if nodes.rank == bad else RankError, match="no more"):
                exchange(nodes, [make_part(nodes.rank, 30, nodes.size)], SPEC, way)
        with pytest.raises(ValueError, match="different specs"):
            exchange(nodes, [], ("int64",) if nodes.rank else ("bytes",), way)
    check(nodes, [[make_part(rank, 20, nodes.size)] for rank in range(nodes.size)])


def add_equal(columns):
    """One row a key, the counts added: what a combiner does."""
    keys, counts = columns
    present, place = np.unique(keys, return_inverse=True)
    totals = np.zeros(len(present), np.int64)
    np.add.at(totals, place, counts)
    return [present, totals]


def test_equal_keys_are_merged_between_nodes(nodes):
    """Every rank has every key: between nodes one row of each travels instead of one of each rank."""
    keys = np.arange(40 * nodes.size)
    part = Part(nodes.rank, [keys, np.full(len(keys), nodes.rank + 1)], (keys % nodes.size).astype(np.uint32))
    costs = {}
    for combine in (None, add_equal):
        received, counters = exchange(nodes, [part], ("int64", "int64"), "two-level", combine=combine)
        merged = add_equal(received.columns)
        assert merged[0].tolist() == list(range(nodes.rank, 40 * nodes.size, nodes.size))
        assert set(merged[1].tolist()) == {nodes.size * (nodes.size + 1) // 2}
        costs[combine] = counters.message_bytes
    if counters.rounds == 1 and nodes_of(nodes).count == nodes.size // 2 > 1 and counters.messages:
        assert costs[add_equal] < 0.7 * costs[None]


def test_a_combiner_that_fails_is_an_error_everywhere(nodes):
    def fail(columns):
        raise ArithmeticError("cannot add")

    if nodes_of(nodes).count == 1:
        pytest.skip("one node merges nothing")
    part = Part(nodes.rank, [np.arange(nodes.size)], np.arange(nodes.size, dtype=np.uint32))
    with pytest.raises((ArithmeticError, RankError), match="cannot add"):
        exchange(nodes, [part], ("int64",), "two-level", combine=fail)


def test_the_nodes_of_a_world(nodes):
    found = nodes_of(nodes)
    assert found.count == len(set(found.node.tolist()))
    assert nodes.node().size == found.ranks_of(found.node[nodes.rank])
    assert found.local[nodes.rank] == nodes.node().rank


def lengths_of_all(here, parts):
    """The bytes of the message from each rank to each, in rows of one int64: head, then eight bytes a row."""
    counts = np.zeros((here.size, here.size), np.int64)
    for rank, part in enumerate(parts):
        counts[rank] = np.bincount(part.buckets, minlength=here.size)
    return np.where(counts > 0, 48 + -(-counts // 2) * 16, 0)


@pytest.mark.parametrize("nodes", [(2, 1 << 20)], indirect=True)
def test_many_small_exchanges_are_a_reason_to_measure(nodes, monkeypatch):
    from pympr.collectives import choose

    if nodes_of(nodes).count == 1:
        pytest.skip("one node needs no model")
    monkeypatch.setattr(choose, "_CALIBRATED_EXCHANGES", 3)
    for turn in range(3):
        assert "network" not in nodes.attached
        exchange(nodes, [make_part(10 * turn + nodes.rank, 2, nodes.size)], SPEC)
    assert "network" in nodes.attached


@pytest.mark.parametrize("nodes", [(2, 1 << 20)], indirect=True)
def test_what_is_counted_is_what_the_schedules_say(nodes):
    """Messages, bytes and the most that waits on a rank, of this rank, for full and for few destinations."""
    here = nodes
    if here.is_solo:
        pytest.skip("one rank sends nothing")
    for few in (False, True):
        random = np.random.default_rng(here.size)
        parts = []
        for rank in range(here.size):
            targets = [(rank + 1) % here.size, (rank + 2) % here.size] if few else range(here.size)
            buckets = random.choice(np.array(targets, np.uint32), 300)
            parts.append(Part(rank, [np.arange(300)], buckets))
        lengths = lengths_of_all(here, parts)
        for way in WAYS:
            _, counters = exchange(here, [parts[here.rank]], ("int64",), way)
            wanted = [int(each[here.rank]) for each in traffic(way, lengths, nodes_of(here))]
            assert [counters.messages, counters.message_bytes, counters.staging_bytes] == wanted
            assert counters.rounds == (2 if way == "grid" else 1)


def test_many_batches_wait_in_little_memory(monkeypatch):
    """Four batches, or a batch and its bundles, whatever the rows are."""
    world().node()
    monkeypatch.setenv("PYMPR_RANKS_PER_NODE", "2")
    monkeypatch.setenv("PYMPR_ROUND_BYTES", "20000")
    here = world().split(0)
    for way in WAYS if not here.is_solo else ():
        rows = 40_000
        part = Part(here.rank, [np.arange(rows)], (np.arange(rows) % here.size).astype(np.uint32))
        received, counters = exchange(here, [part], ("int64",), way)
        assert len(received.columns[0]) == here.size * (rows // here.size + (here.rank < rows % here.size))
        assert counters.rounds == 17 * (2 if way == "grid" else 1)
        assert counters.staging_bytes < 6 * 20_000 + 1000 * here.size
    here.free()


def test_auto_takes_what_the_model_says_is_least(nodes, monkeypatch):
    from pympr.collectives import choose

    if nodes_of(nodes).count == 1:
        pytest.skip("one node needs no model")
    monkeypatch.setattr(choose, "_CALIBRATED_BYTES", 1)
    parts = [make_part(rank, 30, nodes.size) for rank in range(nodes.size)]
    _, counters = exchange(nodes, [parts[nodes.rank]], SPEC)
    network = nodes.attached["network"].network
    assert min(network) > 0
    everyone = allgather_objects(nodes, (counters.variant, counters.predicted, network))
    assert everyone == [everyone[0]] * nodes.size
    assert counters.predicted.seconds > 0
    assert "several nodes" in explain_exchange(nodes)

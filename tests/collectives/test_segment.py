"""Segments: reuse, limits, and what ranks see in each other's."""

import gc
import os

import numpy as np
import pytest

from pympr.collectives.barrier import barrier
from pympr.collectives.choose import choose_exchange, explain_exchange
from pympr.collectives.gather import allgather_objects
from pympr.collectives.nodespace import NodeSpace
from pympr.collectives.segment import Name, Peers, Pool
from pympr.collectives.world import world


def test_a_freed_segment_is_used_again():
    pool = Pool()
    first = pool.lease(100_000)
    name, view = first.name, first.bytes()[10:20]
    del first
    other = pool.lease(100_000)
    assert other.name.serial != name.serial, "the view still uses the first segment"
    view[:] = 1
    del view
    again = pool.lease(90_000)
    assert again.name == name


def test_the_last_view_of_any_kind_ends_the_lease():
    pool = Pool()
    array = pool.lease(4096).array("int64", 64, 8)
    holders = [memoryview(array), array.reshape(2, 4).T, array[::2]]
    del array
    while holders:
        assert pool.free_bytes == 0
        holders.pop()
    gc.collect()
    assert pool.free_bytes == 4096


def test_the_pool_keeps_no_more_than_its_limit():
    pool = Pool(limit_bytes=300_000)
    leases = [pool.lease(200_000) for _ in range(3)]
    files = [lease.name.descriptor for lease in leases]
    leases.clear()
    assert pool.free_bytes == 200_000
    closed = 0
    for descriptor in files:
        try:
            os.fstat(descriptor)
        except OSError:
            closed += 1
    assert closed == 2
    pool.trim()
    assert pool.free_bytes == 0


def test_a_segment_much_too_large_is_left_for_a_larger_use():
    pool = Pool()
    large = pool.lease(64 << 20).name
    assert pool.lease(1000).name != large
    assert pool.lease(60 << 20).name == large


def test_what_cannot_be_had_is_a_memory_error():
    with pytest.raises(MemoryError, match="no shared memory segment"):
        Pool().lease(1 << 62)


def test_memory_that_is_not_there_is_a_memory_error(monkeypatch):
    """What the kernel refuses when pages are faulted in would else be a crash when they are written."""
    from pympr.collectives import segment

    pool = Pool()
    monkeypatch.setattr(segment, "_POPULATE_WRITE", 10**6)  # no such advice: EINVAL, as on an older kernel
    assert pool.lease(100_000).bytes()[99_999] == 0
    big = pool.lease(1 << 16)
    os.ftruncate(big.name.descriptor, 0)  # pages that cannot be had
    monkeypatch.undo()
    with pytest.raises(MemoryError, match="no memory for a shared segment"):
        big._segment.populated_bytes = 0
        big.resize(1 << 16)


def test_a_control_group_limits_the_pool(monkeypatch, tmp_path):
    from pympr.collectives import segment

    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    texts = {"/proc/self/cgroup": "0::/job/step", "/sys/fs/cgroup/job/step/memory.max": str(1 << 30)}

    def opened(path):
        file = tmp_path / "file"
        file.write_text(texts[path])
        return file.open()

    monkeypatch.setattr(segment, "open", opened, raising=False)
    assert Pool().limit_bytes == (1 << 30) // 8
    texts["/sys/fs/cgroup/job/step/memory.max"] = "max"
    assert Pool().limit_bytes == machine // 8


def test_many_leases_pass_the_soft_limit_of_descriptors():
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 20, hard))
    try:
        leases = [Pool().lease(10) for _ in range(40)]
        assert len({lease.name.descriptor for lease in leases}) == 40
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.mpi
@pytest.mark.ranks(5)
def test_ranks_write_into_each_other():
    here, pool, peers = world(), Pool(), Peers()
    lease = pool.lease(8 * here.size)
    names = [Name(*name) for name in allgather_objects(here, tuple(lease.name))]
    for name in names:
        peers.map(name, 8 * here.size).bytes[: 8 * here.size].view(np.int64)[here.rank] = here.rank
    barrier(here)
    assert lease.array("int64", 0, here.size).tolist() == list(range(here.size))
    barrier(here)


@pytest.mark.mpi
def test_a_closed_segment_gives_its_memory_back_though_others_map_it():
    here, pool, peers = world(), Pool(), Peers()
    lease = pool.lease(1 << 20)
    lease.bytes()[:] = 1
    names = [Name(*name) for name in allgather_objects(here, tuple(lease.name))]
    views = [peers.map(name, 1 << 20) for name in names]
    barrier(here)
    segment = lease._segment
    duplicate = os.dup(segment.descriptor)
    del lease
    pool.trim()
    assert os.fstat(duplicate).st_blocks == 0 and len(views) == here.size
    os.close(duplicate)
    barrier(here)


@pytest.mark.mpi
def test_where_sharing_fails_the_node_variant_is_not_offered_and_says_so(monkeypatch):
    here = world().split(0)
    if here.size == 1:
        assert explain_exchange(here) == "solo"
        return

    def fail(self, name, used_bytes):
        raise PermissionError("no entry")

    if here.rank == here.size - 1:
        monkeypatch.setattr(Peers, "map", fail)
    reason = f"shared memory between ranks fails on rank {here.size - 1}: PermissionError: no entry"
    assert explain_exchange(here) == f"by volume: {reason}"
    with pytest.raises(ValueError, match=reason):
        choose_exchange(here, "node")
    here.free()


@pytest.mark.mpi
def test_a_space_is_made_once_a_world():
    here = world()
    if here.size > 1:
        assert explain_exchange(here) == "node"
        assert NodeSpace.of(here, 0, True) is here.attached["nodespace"]

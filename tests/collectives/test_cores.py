"""How the cores of a node are shared among its ranks."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.collectives import cores
from pympr.collectives.cores import core_mask, fair_share, share_cores
from pympr.collectives.world import World, as_world, world
from pympr.native.library import lib

MASKS = st.lists(st.frozensets(st.integers(0, 9), min_size=1), min_size=1, max_size=8)


@given(MASKS)
def test_the_shares_fit_the_cores_unless_ranks_outnumber_them(masks):
    shares = [fair_share(masks, rank) for rank in range(len(masks))]
    cores = len(frozenset().union(*masks))
    assert all(1 <= share <= len(mask) for share, mask in zip(shares, masks, strict=True))
    assert sum(share for share in shares if share > 1) <= cores


def test_ranks_bound_apart_keep_their_cores():
    assert [fair_share([frozenset({0, 1}), frozenset({2, 3, 4})], rank) for rank in (0, 1)] == [2, 3]


@pytest.fixture
def threads(monkeypatch):
    """As in a process that has no world yet."""
    monkeypatch.setattr(cores, "_sharing", 0)
    before = lib.pympr_get_threads()
    yield
    lib.pympr_set_threads(before)


def test_the_environment_decides(monkeypatch, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert share_cores(World(None)) == (3 if lib.pympr_has_openmp() else 1)
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert share_cores(World(None)) == (len(core_mask()) if lib.pympr_has_openmp() else 1)


@pytest.mark.mpi
def test_ranks_do_not_run_more_threads_than_cores(monkeypatch, threads):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    here = world()
    assert share_cores(here) == lib.pympr_get_threads() <= max(1, os.cpu_count() // here.node().size)


@pytest.mark.mpi
def test_a_world_of_ranks_of_which_some_had_one_before(monkeypatch, threads):
    from mpi4py import MPI

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if MPI.COMM_WORLD.rank == 0:
        alone = MPI.COMM_SELF.Dup()
        as_world(alone)
        alone.Free()
    everyone = MPI.COMM_WORLD.Dup()
    here = as_world(everyone)
    assert lib.pympr_get_threads() == share_cores(here) <= max(1, os.cpu_count() // here.node().size)
    everyone.Free()


@pytest.mark.mpi
def test_a_smaller_world_takes_no_more_cores(monkeypatch, threads):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    shared = share_cores(world())
    assert share_cores(World(None)) == shared

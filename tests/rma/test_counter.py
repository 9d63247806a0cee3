"""Numbers that are claimed once each, by every way."""

import time

import pytest

from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import world
from pympr.rma.counter import Counter

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]

WAYS = ["shared", "window", "served"]


@pytest.mark.parametrize("way", [None, *WAYS])
def test_every_number_is_claimed_once(way):
    here = world()
    with Counter(here, way) as counter:
        claims = []
        for step in range(60):
            count = 1 + step % 3
            first = counter.next(count)
            claims += range(first, first + count)
        assert claims == sorted(claims)
        everything = sorted(claim for mine in allgather_objects(here, claims) for claim in mine)
        assert everything == list(range(120 * here.size))
        counter.reset()
        firsts = allgather_objects(here, counter.next())
        assert sorted(firsts) == list(range(here.size))


@pytest.mark.parametrize("way", WAYS)
def test_claims_do_not_wait_for_a_rank_that_computes(way, mpi_tmp_path):
    here = world()
    marks = [mpi_tmp_path / f"claimed{rank}" for rank in range(1, here.size)]
    with Counter(here, way) as counter:
        if here.rank == 0:
            # No call of MPI until the others have claimed: if they waited for one, this would not end well.
            deadline = time.monotonic() + 60
            while not all(mark.exists() for mark in marks):
                assert time.monotonic() < deadline
                time.sleep(0.01)
        else:
            for _ in range(5):
                counter.next()
            marks[here.rank - 1].touch()
        here.comm.Barrier()


def test_the_best_way_is_chosen():
    here = world()
    with Counter(here.node()) as counter:
        assert counter.way == ("solo" if here.node().is_solo else "shared")
        assert counter.next(0) >= 0
        with pytest.raises(ValueError, match="negative"):
            counter.next(-1)


def test_a_freed_counter_is_an_error():
    counter = Counter(world())
    counter.free()
    counter.free()
    with pytest.raises(ValueError, match="was freed"):
        counter.next()


def test_a_way_that_there_is_not():
    with pytest.raises(ValueError, match="cannot be 'quick'"):
        Counter(world(), "quick")


def test_a_raw_communicator_will_do():
    from mpi4py import MPI

    with Counter(MPI.COMM_WORLD) as counter:
        assert 0 <= counter.next() < MPI.COMM_WORLD.size

"""Barriers that wait, and barriers that give up and say for whom they waited."""

import time

import pytest

from pympr.collectives.barrier import barrier
from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import world
from pympr.errors import BarrierTimeoutError

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5)]


@pytest.mark.parametrize("timeout_seconds", [None, 30.0])
def test_nobody_leaves_before_the_last_has_come(timeout_seconds):
    here = world()
    for late in range(here.size):
        if here.rank == late:
            time.sleep(0.1)
        came = time.monotonic()
        barrier(here, timeout_seconds)
        left = time.monotonic()
        # All ranks of a test run on one machine, and so by one clock.
        assert left >= max(allgather_objects(here, came))


def test_some_with_a_timeout_and_some_without():
    for _ in range(20):
        barrier(world(), 30.0 if world().rank % 2 else None)


def test_a_timeout_names_the_missing_and_the_barrier_stays_open():
    here = world().split(0)
    if here.size == 1:
        barrier(here, 0.1)
        return
    late = here.size - 1
    if here.rank == late:
        time.sleep(2.5)
        barrier(here)
    else:
        with pytest.raises(BarrierTimeoutError, match=rf"after 0\.[34] s: ranks? .*{late} did not arrive"):
            barrier(here, 0.3 + 0.1 * (here.rank % 2))
        barrier(here, 30.0)
    barrier(here, 30.0)
    here.free()

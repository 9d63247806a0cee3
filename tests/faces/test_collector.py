"""Cycles that a function makes do not pile up during an action."""

import gc

import pytest

from pympr.run import collector


class Cycle:
    """Only the collector can free it."""

    made = living = most = 0

    def __init__(self):
        self.itself = self
        Cycle.made += 1
        Cycle.living += 1
        Cycle.most = max(Cycle.most, Cycle.living)

    def __del__(self):
        Cycle.living -= 1


@pytest.mark.mpi
def test_cycles_of_functions_are_still_collected(sc, monkeypatch):
    from mpi4py import MPI

    monkeypatch.setattr(collector, "YOUNG_OBJECTS", 3000)
    gc.collect()
    Cycle.made = Cycle.living = Cycle.most = 0
    thresholds = set()

    def cyclic(number):
        Cycle()
        thresholds.add(gc.get_threshold()[0])
        return number

    before = gc.get_threshold()
    assert sc.range(24_000, numSlices=8).map(cyclic).count() == 24_000
    assert MPI.COMM_WORLD.allreduce(Cycle.made) == 24_000
    # Of up to four ranks one makes 6,000 or more: if they piled up, it would fail, and with it all.
    assert Cycle.most < 5000
    assert thresholds <= {3000}
    assert gc.get_threshold() == before

"""Cycles that a function makes do not pile up."""

import gc

import pytest


@pytest.mark.mpi
def test_cycles_of_functions_are_still_collected(sc):
    def cyclic(number):
        loop = [number]
        loop.append(loop)
        return number

    before = gc.get_threshold()
    collected = gc.get_stats()[0]["collections"]
    assert sc.range(400_000, numSlices=4).map(cyclic).count() == 400_000
    assert gc.get_stats()[0]["collections"] > collected
    assert gc.get_threshold() == before

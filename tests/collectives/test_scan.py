"""Scans against NumPy's running results."""

import numpy as np
import pytest

from pympr.collectives.scan import exclusive_scan, inclusive_scan
from pympr.collectives.world import world

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5)]

RUNNING = {"sum": np.add, "prod": np.multiply, "min": np.minimum, "max": np.maximum}
NOTHING = {"sum": 0.0, "prod": 1.0, "min": np.inf, "max": -np.inf}


def value(rank):
    return np.array([1.0 + rank, 3.0 - rank, (-1.0) ** rank])


@pytest.mark.parametrize("operation", RUNNING)
def test_floats(operation):
    rank = world().rank
    lower = [value(other) for other in range(rank)]
    nothing = np.full(3, NOTHING[operation])
    exclusive = exclusive_scan(world(), value(rank), operation)
    assert np.array_equal(exclusive, RUNNING[operation].reduce([nothing, *lower]))
    inclusive = inclusive_scan(world(), value(rank), operation)
    assert np.array_equal(inclusive, RUNNING[operation].reduce([*lower, value(rank)]))


def test_integers_beyond_32_bits():
    big = np.array([[2**40, -(2**33)]])
    assert (inclusive_scan(world(), big, "sum") == big * (world().rank + 1)).all()
    assert (exclusive_scan(world(), big, "sum") == big * world().rank).all()
    assert exclusive_scan(world(), np.array([7], np.uint8), "min")[0] == (7 if world().rank else 255)


def test_truth():
    mine = np.array([world().rank != 1])
    assert inclusive_scan(world(), mine, "and")[0] == (world().rank == 0)
    assert exclusive_scan(world(), mine, "or")[0] == (world().rank > 0)


def test_a_sum_that_does_not_fit_is_an_error_everywhere():
    mine = np.array([2**62])
    if world().size <= 1:
        assert inclusive_scan(world(), mine, "sum")[0] == 2**62
        return
    with pytest.raises(OverflowError, match="does not fit int64"):
        inclusive_scan(world(), mine, "sum")
    if world().size > 2:
        with pytest.raises(OverflowError, match="does not fit int64"):
            exclusive_scan(world(), mine, "sum")


def test_products_of_integers_are_refused():
    with pytest.raises(TypeError, match="no exact product"):
        inclusive_scan(world(), np.array([2]), "prod")

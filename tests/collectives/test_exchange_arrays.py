"""Rows of arrays to named ranks: against what NumPy picks out of the gathered whole."""

import subprocess
import sys

import numpy as np
import pytest

from pympr.collectives.exchange_arrays import exchange
from pympr.collectives.gather import allgather
from pympr.collectives.world import world

ON_RANKS = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


@pytest.mark.mpi
@pytest.mark.ranks(5, 8, nightly=True)
@pytest.mark.parametrize("rows", [0, 1, 70])
def test_rows_arrive_by_source_and_in_order(rows):
    here = world()
    random = np.random.default_rng(here.rank)
    rows += here.rank if rows else 0
    arrays = [
        random.integers(0, 99, rows),
        random.random((rows, 2)).astype(np.float32)[::-1],
        random.random((rows, 3)),
        random.integers(0, 99, rows).astype("U2"),
        random.integers(0, 99, rows, np.uint8),
        np.zeros(rows, [("a", "i2"), ("b", "f8")]),
    ]
    destination = random.integers(0, here.size, rows)
    everywhere = allgather(here, destination)[0] == here.rank
    expected_counts = np.array([(allgather(here, destination)[0][part] == here.rank).sum() for part in parts(rows)])
    received, counts = exchange(arrays, destination, return_counts=True)
    for sent, got in zip(arrays, received, strict=True):
        assert got.dtype == sent.dtype and np.array_equal(got, allgather(here, sent)[0][everywhere])
    assert counts.tolist() == expected_counts.tolist()
    one, counts = exchange(arrays[2], destination, here.comm, return_counts=True)
    assert np.array_equal(one, received[2]) and counts.tolist() == expected_counts.tolist()


def parts(rows):
    ends = np.cumsum(allgather(world(), np.array([rows]))[0]).tolist()
    return [slice(start, end) for start, end in zip([0, *ends], ends)]


@pytest.mark.mpi
def test_a_mistake_of_one_rank_is_the_same_error_on_all():
    is_wrong = world().rank == world().size - 1
    with pytest.raises(IndexError, match=f"destination 99 of row 1 is none of the {world().size} ranks"):
        exchange(np.arange(2), [0, 99] if is_wrong else [0, 0])
    with pytest.raises(ValueError, match="there are 1 destinations"):
        exchange(np.arange(2), [0] if is_wrong else [0, 0])
    with pytest.raises(TypeError, match="must hold integers"):
        exchange(np.arange(1), [0.5] if is_wrong else [0])
    with pytest.raises(ValueError, match="no array"):
        exchange([] if is_wrong else [np.arange(1)], [0])
    with pytest.raises(TypeError, match="expected a World or an mpi4py"):
        exchange(np.arange(1), [0], comm=3)


def test_importing_names_starts_no_mpi_and_functions_win_over_modules():
    program = """
import sys
import pympr.collectives, pympr.rma
assert "numpy" not in sys.modules
import pympr.collectives.sort, pympr.collectives.exchange, pympr.collectives.world
from pympr.collectives import exchange, sort
assert callable(sort) and callable(exchange) and callable(pympr.collectives.sort)
for package in (pympr.collectives, pympr.rma):
    for name in package.__all__:
        assert getattr(package, name).__name__ == name and name in dir(package)
assert not hasattr(pympr.collectives, "nothing") and not hasattr(pympr.rma, "nothing")
print("mpi4py.MPI" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr

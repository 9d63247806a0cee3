"""The world of a process, with and without MPI, and the worlds made of it."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from pympr.collectives.world import World, as_world, world
from pympr.errors import LaunchError

LAUNCHERS = ("PMI", "OMPI", "PMIX", "HYDI", "MPI_", "MV2", "SLURM", "PALS", "FLUX", "JSM", "PYMPR")


def run_alone(code: str, **variables: str) -> subprocess.CompletedProcess:
    """`code` in a process that no launcher started, plus `variables`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHERS)}
    environment = clean | variables
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)


EVERYTHING = """
import sys
import numpy as np
from pympr.collectives.world import world
from pympr.collectives.reduce import allreduce, reduce_tree
from pympr.collectives.scan import exclusive_scan
from pympr.collectives.gather import allgather, gather_objects
from pympr.collectives.broadcast import broadcast_array, broadcast_object
from pympr.collectives.barrier import barrier
from pympr.collectives.agree import agree_error, same_on_all_ranks
from pympr.collectives.alltoall import alltoallv
from pympr.collectives.exchange import Part, exchange
from pympr.rma.counter import Counter
from pympr.rma.lookup import Table
from pympr.rma.shared import SharedArray
from pympr.rma.window import Window
here = world()
assert here is world() and (here.rank, here.size) == (0, 1)
assert here.split(0).cartesian([0, 0]).node().size == 1
assert allreduce(here, np.array([3]), "sum")[0] == 3 and reduce_tree(here, 4, max) == 4
assert exclusive_scan(here, np.array([3]), "sum")[0] == 0
assert allgather(here, np.arange(2))[1][0] == 2 and gather_objects(here, "x") == ["x"]
assert broadcast_object(here, 5) == 5 and len(broadcast_array(here, np.arange(3))) == 3
barrier(here, 1.0)
assert agree_error(here, None) == [] and same_on_all_ranks(here, 7)
assert alltoallv(here, np.arange(4), [4])[0].tolist() == [0, 1, 2, 3]
parts = [Part(source, [np.arange(3)], np.zeros(3, np.uint32)) for source in (5, 2)]
assert exchange(here, parts, ("int64",))[0].sources.tolist() == [2, 5]
with Counter(here) as counter:
    assert [counter.next(2), counter.next(1)] == [0, 2]
with Window(here, 3) as window, SharedArray(here, (2,), "float64") as shared:
    window.put(0, 1, np.array([9]))
    assert window.get(0, 0, 3).tolist() == [0, 9, 0] and shared.array.shape == (2,)
with Table(here, np.array([4, 5]), np.array([40, 50])) as table:
    assert table.lookup(np.array([5, 6]))[1].tolist() == [True, False]
here.free()
assert "mpi4py.MPI" not in sys.modules
print("worked")
"""


def test_one_process_works_without_mpi():
    done = run_alone(EVERYTHING)
    assert done.stdout == "worked\n", done.stderr


def test_a_launcher_without_a_world_is_refused():
    code = "from pympr.collectives.world import world; world()"
    done = run_alone(code, PYMPR_MPI="0", PMI_RANK="0", PMI_SIZE="3")
    assert done.returncode == 1 and "LaunchError: a PMI launcher started 3 processes" in done.stderr
    quiet = run_alone(code, PYMPR_MPI="0", PMI_RANK="1", PMI_SIZE="3")
    assert "rank 0 says more" in quiet.stderr
    allowed = run_alone(code, PYMPR_MPI="0", PMI_RANK="0", PMI_SIZE="3", PYMPR_ALLOW_SINGLETON="1")
    assert allowed.returncode == 0, allowed.stderr


@pytest.mark.skipif(importlib.util.find_spec("mpi4py") is None, reason="needs mpi4py")
@pytest.mark.parametrize("wrong", ["OMPI_COMM_WORLD", "PMI"])
def test_a_launcher_of_another_family_is_refused_before_mpi_starts(wrong):
    """Whichever library is installed, one of the two launchers is not its own."""
    code = """
import sys
from pympr.errors import LaunchError
from pympr.collectives.world import world
try:
    world()
except LaunchError as error:
    from mpi4py import MPI
    assert not MPI.Is_initialized()
    print(error)
"""
    variables = {f"{wrong}_RANK": "0", f"{wrong}_SIZE": "2"} | ({"HYDI_CONTROL_FD": "9"} if wrong == "PMI" else {})
    vendor = "from mpi4py import rc; rc.initialize = False; from mpi4py import MPI; print(MPI.get_vendor()[0])"
    is_open_mpi = run_alone(vendor).stdout.strip() == "Open MPI"
    if is_open_mpi == (wrong == "OMPI_COMM_WORLD"):
        pytest.skip("this launcher belongs to the library")
    done = run_alone(code, **variables)
    assert "started 2 processes, but each is rank 0 of 1 to" in done.stdout, done.stderr
    assert "mpirun -n 2" in done.stdout


def test_mpi_is_started_when_asked_for():
    code = """
import sys
from pympr.collectives.world import world
here = world()
from mpi4py import MPI
assert MPI.Is_initialized() and here.comm != MPI.COMM_WORLD and here.is_solo
assert MPI.Query_thread() == MPI.THREAD_MULTIPLE
assert here.split(0).node().comm is not None
here.free()
print("worked")
"""
    done = run_alone(code, PYMPR_MPI="1")
    assert done.stdout == "worked\n", done.stderr


def test_the_refusal_can_be_caught():
    assert issubclass(LaunchError, RuntimeError)


def test_a_freed_world_is_an_error():
    solo = World(None)
    solo.free()
    solo.free()
    with pytest.raises(ValueError, match="was freed"):
        as_world(solo)


def test_only_communicators_become_worlds():
    with pytest.raises(TypeError, match="got int"):
        as_world(3)


@pytest.mark.mpi
@pytest.mark.ranks(5, 8)
def test_the_world_is_all_ranks():
    from mpi4py import MPI

    here = world()
    assert (here.rank, here.size) == (MPI.COMM_WORLD.rank, MPI.COMM_WORLD.size)
    assert here is world() and here.comm != MPI.COMM_WORLD
    assert here.is_solo == (here.size == 1)
    assert 1 <= here.node().size <= here.size and here.node() is here.node()


@pytest.mark.mpi
def test_a_communicator_is_wrapped_once_and_freed_with_it():
    from mpi4py import MPI

    mine = MPI.COMM_WORLD.Dup()
    wrapped = as_world(mine)
    assert as_world(mine) is wrapped and as_world(wrapped) is wrapped
    other = mine.Dup()
    assert as_world(other) is not wrapped
    other.Free()
    mine.Free()
    with pytest.raises(ValueError, match="was freed"):
        as_world(wrapped)


@pytest.mark.mpi
@pytest.mark.ranks(5)
def test_split():
    here = world()
    odd = here.split(here.rank % 2, key=-here.rank)
    members = [rank for rank in reversed(range(here.size)) if rank % 2 == here.rank % 2]
    assert (odd.size, odd.rank) == (len(members), members.index(here.rank))
    only_first = here.split(0 if here.rank == 0 else None)
    assert (only_first is None) == (here.rank != 0)
    odd.free()


@pytest.mark.mpi
@pytest.mark.ranks(8)
def test_cartesian():
    here = world()
    grid = here.cartesian([0, 0], periods=[True, False])
    assert np.prod(grid.dims) == here.size and grid.dims[0] >= grid.dims[1]
    before, after = grid.neighbours(0)
    assert 0 <= before < here.size and 0 <= after < here.size
    down, up = grid.neighbours(1)
    assert (down is None) == (grid.coordinates[1] == 0)
    assert (up is None) == (grid.coordinates[1] == grid.dims[1] - 1)
    line = grid.axis(0)
    assert line.dims == (grid.dims[0],) and line.coordinates == (grid.coordinates[0],)
    with pytest.raises(ValueError, match="do not fit"):
        here.cartesian([here.size + 1])
    grid.free()

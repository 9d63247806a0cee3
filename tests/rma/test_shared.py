"""Arrays that all ranks of a node see."""

import numpy as np
import pytest

from pympr.collectives.world import world
from pympr.rma import shared
from pympr.rma.shared import SharedArray, SharedCopy

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5)]


@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 4)])
@pytest.mark.parametrize("dtype", ["int64", "S5", "complex128"])
def test_it_begins_with_zeros(shape, dtype):
    with SharedArray(world().node(), shape, dtype) as memory:
        assert memory.array.shape == shape and memory.array.dtype == dtype
        assert (memory.array == np.zeros((), dtype)).all()


def test_what_one_writes_all_see():
    here = world().node()
    with SharedArray(here, (here.size, 1000), "int64") as memory:
        for step in range(20):
            memory.array[here.rank] = step * here.rank
            memory.fence()
            assert memory.array.sum() == 1000 * step * sum(range(here.size))
            memory.fence()


def test_after_free_it_is_an_error():
    memory = SharedArray(world().node(), (3,), "int64")
    memory.free()
    memory.free()
    for use in (lambda: memory.array, memory.fence):
        with pytest.raises(ValueError, match="was freed"):
            use()
    with pytest.raises(TypeError, match="Python objects"):
        SharedArray(world().node(), (3,), object)


def test_several_nodes_are_refused(monkeypatch):
    monkeypatch.setattr(shared, "is_on_one_node", lambda group: False)
    with pytest.raises(ValueError, match="on several nodes"):
        SharedArray(world(), (3,), "int64")


@pytest.mark.parametrize("way", [None, "shared", "private"])
@pytest.mark.parametrize("array", [np.arange(1000.0).reshape(10, 100), np.array(b"abc"), np.empty((0, 2))])
def test_copies_of_the_root(way, array):
    here = world()
    root = here.size - 1
    with SharedCopy(here, array if here.rank == root else None, root, way) as copy:
        assert copy.array.shape == array.shape and copy.array.dtype == array.dtype
        assert np.array_equal(copy.array, array)
        assert copy.way == ("private" if here.size == 1 or way == "private" else "shared")
        with pytest.raises(ValueError, match="read-only"):
            copy.array[...] = array
    with pytest.raises(ValueError, match="was freed"):
        _ = copy.array


def test_where_shared_memory_lies_everybody_gets_a_copy(monkeypatch):
    here = world()
    if here.size == 1:
        pytest.skip("one rank shares with nobody")

    def fail(group, flag):
        return original(group, flag or (group.rank == 0 and not failed.append(True) and len(failed) == 1))

    original, failed = shared.any_true, []
    monkeypatch.setattr(shared, "any_true", fail)
    with SharedCopy(here, np.arange(5) if here.rank == 0 else None) as copy:
        assert copy.way == "private" and copy.array.tolist() == list(range(5))


def test_objects_are_refused_everywhere():
    with pytest.raises(TypeError, match="Python objects"):
        SharedCopy(world(), np.array([None]) if world().rank == 0 else None)

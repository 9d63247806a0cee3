"""One rank's array or object everywhere."""

import numpy as np
import pytest

from pympr.collectives import wire
from pympr.collectives.broadcast import broadcast_array, broadcast_object
from pympr.collectives.world import world
from pympr.errors import RankError

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5)]

ARRAYS = [
    np.arange(12).reshape(3, 4),
    np.arange(20)[::3],
    np.float32(2.5).reshape(()),
    np.empty((0, 7), "S3"),
    np.array([(1, 2.0)], [("a", "i8"), ("b", "f4")]),
    np.arange(300_000.0),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays(array):
    root = world().size - 1
    found = broadcast_array(world(), array if world().rank == root else None, root)
    assert found.dtype == array.dtype and np.array_equal(found, array) and found.shape == array.shape


@pytest.mark.parametrize("length", [0, 4000, 4087, 4088, 4089, 4096, 20_000])
def test_objects_around_the_first_message(length):
    value = [b"x" * length, np.arange(length)]
    found = broadcast_object(world(), value if world().rank == 0 else None)
    assert found[0] == value[0] and np.array_equal(found[1], value[1])


def test_more_than_one_call_can_carry(monkeypatch):
    monkeypatch.setattr(wire, "CHUNK_BYTES", 1000)
    array = np.arange(10_000)
    assert np.array_equal(broadcast_array(world(), array if world().rank == 0 else None), array)


@pytest.mark.parametrize("bad", [np.array([object()]), "not picklable"])
def test_what_cannot_be_sent_is_an_error_everywhere(bad):
    if world().size == 1:
        pytest.skip("nothing is sent")
    root = world().size - 1
    is_root = world().rank == root
    with pytest.raises(TypeError if is_root else RankError):
        if isinstance(bad, str):
            broadcast_object(world(), (x for x in bad) if is_root else None, root)
        else:
            broadcast_array(world(), bad if is_root else None, root)
    assert broadcast_object(world(), 5 if is_root else None, root) == 5

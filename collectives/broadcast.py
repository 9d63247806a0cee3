"""One rank's array or object on all ranks."""

from typing import Any

import numpy as np

from pympr.collectives import objects, wire
from pympr.collectives.world import as_world


def broadcast_array(world: Any, array: np.ndarray | None, root: int = 0) -> np.ndarray:
    """`root`'s array on all ranks, any dtype without Python objects, any shape; the others may give None.

    At `root` the result is `array` itself.

    >>> from pympr.collectives.world import World
    >>> broadcast_array(World(None), np.arange(3.0))
    array([0., 1., 2.])
    """
    world = as_world(world)
    if world.is_solo:
        return array
    array, (dtype, shape) = _announce(world, array, root)
    received = array if world.rank == root else np.empty(shape, dtype)
    wire.broadcast(world.comm, wire.as_bytes(received), root)
    return received


def _announce(world, array, root):
    """The array, contiguous at `root`, and its dtype and shape on all ranks."""
    if world.rank != root:
        return None, broadcast_object(world, None, root)
    try:
        array = np.ascontiguousarray(array).reshape(np.shape(array))
        wire.as_bytes(array)
    except Exception as error:
        return broadcast_object(world, objects.Unpackable(error), root)
    return array, broadcast_object(world, (array.dtype, array.shape), root)


def broadcast_object(world: Any, value: Any, root: int = 0) -> Any:
    """`root`'s object on all ranks, by pickle; what the others give is ignored. At `root` it is `value` itself.

    Raises RankError on the other ranks when the object cannot be pickled.

    >>> from pympr.collectives.world import World
    >>> broadcast_object(World(None), {"a": 1})
    {'a': 1}
    """
    world = as_world(world)
    if world.is_solo:
        return value
    if world.rank != root:
        return objects.unpack_or_raise(wire.broadcast_message(world.comm, None, root))
    packed, error = objects.pack_or_failure(value, root)
    wire.broadcast_message(world.comm, packed, root)
    if error is not None:
        raise error
    return value

"""Every rank's values on all ranks, or one error on all."""

from typing import Any

import numpy as np

from pympr.collectives.gather import allgather, gather
from pympr.collectives.objects import pack, unpack
from pympr.collectives.world import World
from pympr.run.together import together

_TASK = "results that go to other ranks"


def share_values(world: World, value: Any) -> list[Any]:
    """Every rank's `value` by rank, on all ranks; collective.

    What cannot be pickled, or not unpickled, is an error on all ranks, of the same
    built-in class everywhere.
    """
    if world.is_solo:
        return [value]
    packed = together(world, lambda: pack(value), _TASK)
    found = allgather(world, packed)
    return together(world, lambda: _unpacked(*found), _TASK)


def values_at(world: World, value: Any, root: int) -> list[Any] | None:
    """As `share_values`, but at `root` only; None on the other ranks."""
    if world.is_solo:
        return [value]
    packed = together(world, lambda: pack(value), _TASK)
    found = gather(world, packed, root)
    return together(world, lambda: None if found is None else _unpacked(*found), _TASK)


def _unpacked(data: np.ndarray, lengths: np.ndarray) -> list[Any]:
    ends = lengths.cumsum().tolist()
    return [unpack(data[end - length : end]) for end, length in zip(ends, lengths.tolist())]

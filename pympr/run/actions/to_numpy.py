"""This rank's records as NumPy arrays."""

from typing import Any

import numpy as np

from pympr.data.block import Block
from pympr.run.actions.action import Run
from pympr.run.operators.partitions import arrays_of, gathered


def to_numpy(run: Run) -> Any:
    """The records of this rank's partitions as an array, or a tuple of arrays for tuples.

    Raises TypeError when the records have no columns. A rank without records
    gets an empty array.
    """
    mine: dict[int, Block] = run.each(lambda index, blocks: gathered(blocks))
    block = gathered(iter([mine[index] for index in sorted(mine)]))
    if not len(block):
        return np.empty(0)
    arrays = arrays_of(block)
    return arrays[0] if len(arrays) == 1 else tuple(arrays)

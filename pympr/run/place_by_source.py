"""Partitions of rows by the partition they come from."""

import numpy as np

from pympr.plan.wide import BySource

# Odd, so that the rows of neighbouring sources begin at different partitions (Knuth's multiplicative hash).
_STRIDE = 2654435761


def partitions_by_source(contract: BySource, source: int, begin: int, length: int) -> np.ndarray:
    """The partition of rows `begin` to `begin + length` of a source partition, uint32.

    >>> partitions_by_source(BySource(2, 5, "gather"), 2, 0, 3).tolist()
    [1, 1, 1]
    >>> partitions_by_source(BySource(2, 5, "spread"), 0, 1, 3).tolist()
    [1, 0, 1]
    """
    if contract.how == "spread":
        first = (source * _STRIDE + begin) % contract.num_partitions
        return ((first + np.arange(length)) % contract.num_partitions).astype(np.uint32)
    chosen = source
    if contract.how == "gather":
        # The partition i with i * sources // n <= source < (i + 1) * sources // n.
        chosen = ((source + 1) * contract.num_partitions - 1) // contract.num_sources
    return np.full(length, chosen, np.uint32)

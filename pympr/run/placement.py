"""Which rank owns which partition, and which partition a key hash belongs to."""

import numpy as np


def owned_by(rank: int, num_partitions: int, size: int) -> range:
    """The partitions a rank holds after an exchange.

    >>> owned_by(1, 5, 2), owned_by(4, 3, 5)
    (range(3, 5), range(0, 0))
    """
    if num_partitions < size:
        return range(rank, rank + 1) if rank < num_partitions else range(0)
    first = -(-rank * num_partitions // size)
    return range(first, -(-(rank + 1) * num_partitions // size))


def owners(num_partitions: int, size: int) -> np.ndarray:
    """The rank that holds each partition after an exchange, uint32: consecutive partitions, evenly.

    >>> owners(5, 2).tolist()
    [0, 0, 0, 1, 1]
    """
    if num_partitions < size:
        return np.arange(num_partitions, dtype=np.uint32)
    return (np.arange(num_partitions, dtype=np.int64) * size // num_partitions).astype(np.uint32)


def group_table(num_partitions: int, key_groups: int) -> np.ndarray:
    """The partition of every key group, uint32; groups are the top bits of the key hash.

    >>> group_table(3, 8).tolist()
    [0, 0, 0, 1, 1, 1, 2, 2]
    """
    groups = key_groups
    while groups < num_partitions:
        groups *= 2
    return (np.arange(groups, dtype=np.int64) * num_partitions // groups).astype(np.uint32)

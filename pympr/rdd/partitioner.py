"""How keys are given to partitions: PySpark's names for it."""

import hashlib
import sys
from collections.abc import Callable, Hashable
from typing import Any

PartitionFunction = Callable[[Any], int] | None


def portable_hash(x: Hashable) -> int:
    """A hash of None, numbers, strings, bytes and tuples of these that is the same in every process.

    Numbers, None and tuples of these hash as in PySpark; strings and bytes by BLAKE2b,
    as Python's own hash of them is another in every process. As a partition function
    it stands for the key's own hash. Raises TypeError for other types.

    >>> portable_hash(None), portable_hash((None, 1)) & 0xffffffff
    (0, 219750521)
    """
    if x is None:
        return 0
    if isinstance(x, tuple):
        mixed = 0x345678
        for item in x:
            mixed = ((mixed ^ portable_hash(item)) * 1000003) & sys.maxsize
        return mixed ^ len(x)
    if isinstance(x, (int, float, complex)):
        return hash(x)
    if isinstance(x, str):
        x = x.encode("utf-8", "surrogatepass")
    if isinstance(x, bytes):
        return int.from_bytes(hashlib.blake2b(x, digest_size=8).digest(), "little", signed=True)
    raise TypeError(
        f"a {type(x).__name__} has no hash that is the same on every rank: use numbers, strings, bytes, None or tuples"
    )


class Partitioner:
    """`numPartitions` partitions, of which `partitionFunc(k) % numPartitions` has the key k.

    >>> Partitioner(2, portable_hash)(5), Partitioner(2, portable_hash) == Partitioner(2, portable_hash)
    (1, True)
    """

    def __init__(self, numPartitions: int, partitionFunc: Callable[[Any], int]) -> None:
        self.numPartitions = numPartitions
        self.partitionFunc = partitionFunc

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Partitioner)
            and self.numPartitions == other.numPartitions
            and self.partitionFunc == other.partitionFunc
        )

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, k: Any) -> int:
        return self.partitionFunc(k) % self.numPartitions

"""Where kept rows lie: PySpark's storage levels."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, repr=False)
class StorageLevel:
    """In memory, on disk or both, and on how many ranks.

    `useMemory` and `useDisk` together: in memory up to `PYMPR_KEEP_BYTES`, the rest on
    disk. `replication` 2 or 3 keeps a copy of every partition on the next one or two
    ranks, on other nodes where there are several. `useOffHeap` and `deserialized` have
    no effect: there is no JVM heap.

    >>> StorageLevel.DISK_ONLY_2, str(StorageLevel.MEMORY_AND_DISK)
    (StorageLevel(True, False, False, False, 2), 'Disk Memory Serialized 1x Replicated')
    """

    useDisk: bool
    useMemory: bool
    useOffHeap: bool
    deserialized: bool
    replication: int = 1

    NONE: ClassVar["StorageLevel"]
    DISK_ONLY: ClassVar["StorageLevel"]
    DISK_ONLY_2: ClassVar["StorageLevel"]
    DISK_ONLY_3: ClassVar["StorageLevel"]
    MEMORY_ONLY: ClassVar["StorageLevel"]
    MEMORY_ONLY_2: ClassVar["StorageLevel"]
    MEMORY_AND_DISK: ClassVar["StorageLevel"]
    MEMORY_AND_DISK_2: ClassVar["StorageLevel"]
    OFF_HEAP: ClassVar["StorageLevel"]
    MEMORY_AND_DISK_DESER: ClassVar["StorageLevel"]

    def __repr__(self) -> str:
        flags = (self.useDisk, self.useMemory, self.useOffHeap, self.deserialized)
        return f"StorageLevel({', '.join(map(str, flags))}, {self.replication})"

    def __str__(self) -> str:
        words = [("Disk", self.useDisk), ("Memory", self.useMemory), ("OffHeap", self.useOffHeap)]
        form = "Deserialized" if self.deserialized else "Serialized"
        return " ".join([word for word, is_used in words if is_used] + [form, f"{self.replication}x Replicated"])


StorageLevel.NONE = StorageLevel(False, False, False, False)
StorageLevel.DISK_ONLY = StorageLevel(True, False, False, False)
StorageLevel.DISK_ONLY_2 = StorageLevel(True, False, False, False, 2)
StorageLevel.DISK_ONLY_3 = StorageLevel(True, False, False, False, 3)
StorageLevel.MEMORY_ONLY = StorageLevel(False, True, False, False)
StorageLevel.MEMORY_ONLY_2 = StorageLevel(False, True, False, False, 2)
StorageLevel.MEMORY_AND_DISK = StorageLevel(True, True, False, False)
StorageLevel.MEMORY_AND_DISK_2 = StorageLevel(True, True, False, False, 2)
StorageLevel.OFF_HEAP = StorageLevel(True, True, True, False)
StorageLevel.MEMORY_AND_DISK_DESER = StorageLevel(True, True, False, True)

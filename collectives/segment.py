"""Memory that the ranks of one node see in each other: anonymous files, kept and used again.

First touch of a fresh page costs ten times a later write, so a freed segment
waits in its owner's pool for the next use. A segment has no name in any file
system: nothing is left behind, however a rank ends.
"""

import errno
import mmap
import os
import resource
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

SMALLEST_BYTES = 1 << 16
LARGEST_WASTE = 8  # a segment so many times larger than asked is left for a larger use
_POPULATE_WRITE = 23  # MADV_POPULATE_WRITE, Linux 5.14: faults a range in at a third of the price of touching it
_POPULATED_AT_ONCE_BYTES = 64 << 20
_POOL_SHARE = 8  # a node's pools together keep at most this part of its memory
_KEPT_MAPPINGS = 512


class Name(NamedTuple):
    """How other processes of the node find a segment; four int64 that travel."""

    process: int
    descriptor: int
    serial: int
    capacity_bytes: int


class Segment:
    """An anonymous file of `capacity_bytes`, mapped; pages appear when touched."""

    def __init__(self, serial: int, capacity_bytes: int):
        self.capacity_bytes = capacity_bytes
        self.serial = serial
        self.descriptor = _with_descriptors(os.memfd_create, "pympr")
        os.ftruncate(self.descriptor, capacity_bytes)
        self.mapping = _with_descriptors(mmap.mmap, self.descriptor, capacity_bytes)
        self.address = np.frombuffer(self.mapping, np.uint8, 1).ctypes.data
        self.name = Name(os.getpid(), self.descriptor, serial, capacity_bytes)
        self.populated_bytes = 0

    def populate(self, used_bytes: int) -> None:
        """Fault in what was not used before."""
        if used_bytes > self.populated_bytes:
            _populate(self.mapping, self.populated_bytes, used_bytes)
            self.populated_bytes = used_bytes

    def close(self) -> None:
        """Give the pages back even while another rank keeps its mapping (it never looks there again)."""
        os.ftruncate(self.descriptor, 0)
        os.close(self.descriptor)


class Lease:
    """The use of a segment's first `used_bytes`, until the last array made from it is gone.

    >>> pool = Pool()
    >>> lease = pool.lease(1000)
    >>> array = lease.array("int64", 0, 3)
    >>> array[:] = 7
    >>> del lease
    >>> int(array.sum()), pool.free_bytes
    (21, 0)
    >>> del array
    >>> pool.free_bytes > 0
    True
    """

    def __init__(self, pool: "Pool", segment: Segment, used_bytes: int):
        self._pool = pool
        self._segment = segment
        self.used_bytes = used_bytes
        self.name = segment.name

    @property
    def address(self) -> int:
        return self._segment.address

    @property
    def __array_interface__(self) -> dict:
        # NumPy keeps this object as the array's base: the lease ends with the last view.
        return {"shape": (self.used_bytes,), "typestr": "|u1", "data": (self.address, False), "version": 3}

    def resize(self, used_bytes: int) -> None:
        """Use less or more of the segment, before any array is made from it."""
        if used_bytes > self._segment.populated_bytes:
            self._segment.populate(used_bytes)
        self.used_bytes = used_bytes

    def bytes(self) -> np.ndarray:
        """All of it as uint8[used_bytes]; keeps the lease alive."""
        return np.asarray(self)

    def array(self, dtype, start_bytes: int, items: int) -> np.ndarray:
        """`items` of `dtype` from `start_bytes` on; keeps the lease alive."""
        dtype = np.dtype(dtype)
        return self.bytes()[start_bytes : start_bytes + items * dtype.itemsize].view(dtype)

    def __del__(self):
        self._pool._take_back(self._segment)


class Pool:
    """The segments this process owns: some leased, the rest kept for reuse up to `limit_bytes`."""

    def __init__(self, limit_bytes: int | None = None):
        self.limit_bytes = _default_limit_bytes() if limit_bytes is None else limit_bytes
        self._lock = threading.Lock()
        self._free: list[Segment] = []
        # Leases end at any moment, also while this thread holds the lock: they only append here.
        self._returned: deque[Segment] = deque()
        self._last_serial = 0

    @property
    def free_bytes(self) -> int:
        """Memory kept in segments that nobody uses."""
        return sum(segment.populated_bytes for segment in [*self._free, *self._returned])

    def lease(self, used_bytes: int) -> Lease:
        """A segment of at least `used_bytes`, its pages faulted in, content arbitrary. MemoryError if there is none."""
        with self._lock:
            if self._returned:
                self._collect()
            segment = self._find(used_bytes) or self._make(used_bytes)
        lease = Lease(self, segment, used_bytes)
        if used_bytes > segment.populated_bytes:
            segment.populate(used_bytes)
        return lease

    def trim(self, limit_bytes: int = 0) -> None:
        """Give memory back until the kept segments hold at most `limit_bytes`; the longest unused go first."""
        with self._lock:
            self._collect(limit_bytes)

    def share_memory(self, processes: int) -> None:
        """Keep no more than this process's share when so many have pools on the node."""
        self.limit_bytes = min(self.limit_bytes, _default_limit_bytes() // processes)

    def _find(self, used_bytes: int) -> Segment | None:
        """The smallest segment that fits, the one that was used last of those: its pages may still be in the cache."""
        best, largest = None, LARGEST_WASTE * _capacity(used_bytes)
        for segment in reversed(self._free):
            if used_bytes <= segment.capacity_bytes <= largest:
                if best is None or segment.capacity_bytes < best.capacity_bytes:
                    best = segment
        if best is not None:
            self._free.remove(best)
        return best

    def _make(self, used_bytes: int) -> Segment:
        self._last_serial += 1
        try:
            return Segment(self._last_serial, _capacity(used_bytes))
        except OSError as error:
            raise MemoryError(f"no shared memory segment of {used_bytes} bytes: {error}") from error

    def _take_back(self, segment: Segment) -> None:
        self._returned.append(segment)
        if self._lock.acquire(blocking=False):
            try:
                self._collect()
            finally:
                self._lock.release()

    def _collect(self, limit_bytes: int | None = None) -> None:
        limit = self.limit_bytes if limit_bytes is None else limit_bytes
        while self._returned:
            self._free.append(self._returned.popleft())
        while self._free and sum(segment.populated_bytes for segment in self._free) > limit:
            self._free.pop(0).close()


class Mapped:
    """Another process's segment in this one."""

    def __init__(self, name: Name):
        descriptor = _with_descriptors(os.open, f"/proc/{name.process}/fd/{name.descriptor}", os.O_RDWR)
        try:
            self._mapping = _with_descriptors(mmap.mmap, descriptor, name.capacity_bytes)
        finally:
            os.close(descriptor)
        self.bytes = np.frombuffer(self._mapping, np.uint8)
        self.address = self.bytes.ctypes.data
        self._populated_bytes = 0

    def populate(self, used_bytes: int) -> None:
        """Fault in what was not used before."""
        if used_bytes > self._populated_bytes:
            _populate(self._mapping, self._populated_bytes, used_bytes)
            self._populated_bytes = used_bytes


class Peers:
    """Mappings of other processes' segments, kept for the next time the same segment is named."""

    def __init__(self):
        self._mapped: OrderedDict[tuple[int, int], Mapped] = OrderedDict()

    def map(self, name: Name, used_bytes: int) -> Mapped:
        """The named segment, its first `used_bytes` faulted in. OSError when it cannot be reached."""
        key = (name.process, name.serial)
        mapped = self._mapped.get(key)
        if mapped is None:
            mapped = self._mapped[key] = Mapped(name)
            if len(self._mapped) > _KEPT_MAPPINGS:
                self._mapped.popitem(last=False)
        else:
            self._mapped.move_to_end(key)
        mapped.populate(used_bytes)
        return mapped


_pool: Pool | None = None


def pool() -> Pool:
    """This process's segments."""
    global _pool
    if _pool is None:
        _pool = Pool()
    return _pool


def borrow(used_bytes: int) -> np.ndarray:
    """uint8[used_bytes] of arbitrary content from the pool; where there are no segments, plain memory."""
    if not hasattr(os, "memfd_create"):
        return np.empty(used_bytes, np.uint8)
    return pool().lease(used_bytes).bytes()


def _with_descriptors(call: Callable[..., Any], *arguments: Any) -> Any:
    """`call(*arguments)`, if need be with as many descriptors as the system allows.

    A segment holds two of them and a mapping one; the usual soft limit of 1024 is not the system's.
    """
    try:
        return call(*arguments)
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return call(*arguments)


def _populate(mapping: mmap.mmap, start_bytes: int, end_bytes: int) -> None:
    """Fault pages in; a step at a time, since each step holds the GIL. MemoryError when there are none."""
    for start in range(start_bytes // mmap.PAGESIZE * mmap.PAGESIZE, end_bytes, _POPULATED_AT_ONCE_BYTES):
        try:
            mapping.madvise(_POPULATE_WRITE, start, min(_POPULATED_AT_ONCE_BYTES, end_bytes - start))
        except OSError as error:
            if error.errno == errno.EINVAL:
                return  # an older kernel: the pages are faulted in one by one when they are written
            raise MemoryError(f"no memory for a shared segment of {end_bytes} bytes: {error}") from error


def _capacity(used_bytes: int) -> int:
    """Powers of two: few sizes, so that a freed segment fits the next need; untouched pages cost nothing."""
    return max(SMALLEST_BYTES, 1 << max(0, used_bytes - 1).bit_length())


def _default_limit_bytes() -> int:
    return memory_bytes() // _POOL_SHARE


def memory_bytes() -> int:
    """The memory of the machine, or what this process's control group may use of it."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([total, *_group_limits()])


def _group_limits() -> list[int]:
    """The limits of this process's control group, of version 2 or 1; none where there are none."""
    try:
        with open("/proc/self/cgroup") as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return []
    found = []
    for _, controllers, path in groups:
        if controllers == "":
            found += _number_in(f"/sys/fs/cgroup{path}/memory.max")
        elif "memory" in controllers.split(","):
            # In a container the group is mounted as the root.
            folders = (f"/sys/fs/cgroup/memory{path}", "/sys/fs/cgroup/memory")
            found += [limit for folder in folders for limit in _number_in(f"{folder}/memory.limit_in_bytes")]
    return found


def _number_in(path: str) -> list[int]:
    try:
        with open(path) as file:
            return [int(file.read())]
    except (OSError, ValueError):  # no such controller, or no limit ("max")
        return []

"""Arrays that all ranks of a node see."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pympr.rma.group import Group, any_true, as_group, is_on_one_node

_TEST_BYTES = 64
_CHUNK_BYTES = 1 << 30


class SharedArray:
    """One array for all ranks of a node, zero at first; made and freed collectively.

    Any rank may read and write `array`; `fence` makes what all have written visible
    to all. ValueError on all ranks when they are on several nodes: use `world.node()`.
    After `free` the array must not be touched.

    >>> with SharedArray(None, (2, 3), "float64") as shared:
    ...     shared.array[1] = 7
    ...     shared.fence()
    ...     shared.array.sum()
    np.float64(21.0)
    """

    def __init__(self, world: Any, shape: Sequence[int], dtype: Any):
        self._group = as_group(world)
        self._array: np.ndarray | None = None
        self._window: Any = None
        dtype = np.dtype(dtype)
        if dtype.hasobject:
            raise TypeError(f"arrays of dtype {dtype} hold Python objects, which cannot be shared")
        if not is_on_one_node(self._group):
            raise ValueError("the ranks are on several nodes and share no memory; use world.node()")
        if self._group.size == 1:
            self._array = np.zeros(shape, dtype)
            return
        # No frame of the error may hold the memory: whoever prints its locals would touch what is gone.
        if not self._allocate(tuple(shape), dtype):
            self.free()
            raise RuntimeError("memory shared by MPI windows does not show what other ranks write")

    @property
    def array(self) -> np.ndarray:
        if self._array is None:
            raise ValueError("this shared array was freed")
        return self._array

    def fence(self) -> None:
        """Wait for all ranks; afterwards each sees what any wrote before (collective)."""
        if self._array is None:
            raise ValueError("this shared array was freed")
        if self._window is not None:
            self._window.Sync()
            self._group.comm.Barrier()
            self._window.Sync()

    def free(self) -> None:
        """Give the memory back (collective); a second call does nothing."""
        self._array = None
        if self._window is not None:
            self._window.Unlock_all()
            self._window.Free()
            self._window = None

    def __enter__(self) -> "SharedArray":
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def _allocate(self, shape: tuple[int, ...], dtype: np.dtype) -> bool:
        """Rank 0 holds the memory, before it a cache line for the self-test; whether all ranks passed it."""
        from mpi4py import MPI

        total_bytes = _TEST_BYTES + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        own_bytes = total_bytes if self._group.rank == 0 else 0
        self._window = MPI.Win.Allocate_shared(own_bytes, 1, comm=self._group.comm)
        memory = np.frombuffer(self._window.Shared_query(0)[0], np.uint8, total_bytes)
        self._window.Lock_all(MPI.MODE_NOCHECK)
        if self._group.rank == 0:
            memory[:] = 0
        self._array = memory[_TEST_BYTES:].view(dtype).reshape(shape)
        self.fence()
        return self._self_test(memory[:_TEST_BYTES].view(np.int64))

    def _self_test(self, words: np.ndarray) -> bool:
        """The first and the last rank write what the others must see."""
        last = self._group.size - 1
        if self._group.rank == 0:
            words[0] = 7
        if self._group.rank == last:
            words[1] = 8
        self.fence()
        return not any_true(self._group, words[0] != 7 or words[1] != 8)


class SharedCopy:
    """`root`'s array on every rank, one copy a node; read only, made and freed collectively.

    `way` is "shared", or "private" where nodes cannot share memory: then every rank
    has a copy of its own. Ranks other than `root` give None.

    >>> with SharedCopy(None, np.arange(3)) as copy:
    ...     copy.array, copy.way
    (array([0, 1, 2]), 'private')
    """

    def __init__(self, world: Any, array: np.ndarray | None, root: int = 0, way: str | None = None):
        if way not in (None, "shared", "private"):
            raise ValueError(f"way must be 'shared' or 'private', got {way!r}")
        group = as_group(world)
        self._held: SharedArray | None = None
        self.way = "private" if group.size == 1 or way == "private" else "shared"
        array = None if group.rank != root else np.ascontiguousarray(array).reshape(np.shape(array))
        shape, dtype = _announce(group, array, root)
        if self.way == "shared":
            self._share(group, array, root, shape, dtype)
        if self.way == "private":
            self._copy(group, array, root, shape, dtype)

    @property
    def array(self) -> np.ndarray:
        if self._array is None:
            raise ValueError("this shared copy was freed")
        return self._array

    def free(self) -> None:
        """Give the memory back (collective); a second call does nothing."""
        self._array = None
        if self._held is not None:
            self._held.free()
            self._held = None

    def __enter__(self) -> "SharedCopy":
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def _share(self, group: Group, array, root: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        """Between nodes one rank of each receives, into the memory of its node."""
        from mpi4py import MPI

        # The root must be the first of its node, so that it is a leader.
        node = group.comm.Split_type(MPI.COMM_TYPE_SHARED, key=(group.rank != root))
        try:
            self._held = SharedArray(node, shape, dtype)
        except RuntimeError:
            pass  # failed its self-test; all nodes hear of it below
        if any_true(group, self._held is None):
            self.free()
            node.Free()
            self.way = "private"
            return
        leaders = group.comm.Split(0 if node.rank == 0 else MPI.UNDEFINED, key=(group.rank != root))
        if node.rank == 0:
            if group.rank == root:
                self._held.array[...] = array
            _broadcast(leaders, self._held.array, 0)
            leaders.Free()
        self._held.fence()
        node.Free()
        self._array = _read_only(self._held.array)

    def _copy(self, group: Group, array, root: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        own = np.array(array) if group.rank == root else np.empty(shape, dtype)
        if group.size > 1:
            _broadcast(group.comm, own, root)
        self._array = _read_only(own)


def _announce(group: Group, array: np.ndarray | None, root: int) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of `root`'s array on all ranks; TypeError on all when it cannot be shared."""
    kind = None if array is None or array.dtype.hasobject else (array.shape, array.dtype)
    if group.size > 1:
        kind = group.comm.bcast(kind, root)
    if kind is None:
        raise TypeError("arrays of Python objects cannot be shared")
    return kind


def _broadcast(comm, array: np.ndarray, root: int) -> None:
    flat = array.reshape(-1).view(np.uint8)
    for start in range(0, len(flat), _CHUNK_BYTES):
        comm.Bcast(flat[start : start + _CHUNK_BYTES], root)


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view

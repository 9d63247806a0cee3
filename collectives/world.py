"""The ranks of a program and the smaller worlds made of them."""

import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pympr.collectives import launcher
from pympr.config import Config
from pympr.errors import LaunchError

if TYPE_CHECKING:
    from pympr.collectives.grid import Grid


class World:
    """Some ranks that communicate: an MPI communicator of their own, or one process without MPI.

    `comm` is an mpi4py communicator that nobody else uses, or None when the
    program runs without MPI; then `rank` is 0 and `size` is 1. Use `world()` for
    the whole program and `as_world(comm)` for a communicator of yours.

    >>> solo = World(None)
    >>> solo.rank, solo.size, solo.is_solo, solo.node().size
    (0, 1, True, 1)
    """

    def __init__(self, comm: Any):
        self.comm = comm
        self.rank: int = 0 if comm is None else comm.rank
        self.size: int = 1 if comm is None else comm.size
        self.hostname: str = socket.gethostname()
        self.attached: dict[str, Any] = {}
        self._children: list[World] = []
        self._node: World | None = None
        self._is_free = False

    @property
    def is_solo(self) -> bool:
        """Whether there is one rank only, so that nothing needs to be sent."""
        return self.size == 1

    def node(self) -> "World":
        """The ranks that share this rank's node (collective at the first call, kept until `free`).

        `PYMPR_RANKS_PER_NODE` makes nodes of so many ranks out of a larger one, to try on one machine what happens
        between several.
        """
        if self._node is None:
            self._node = self if self.is_solo else self._adopt(World(_split_shared(self.comm)))
        return self._node

    def split(self, color: int | None, key: int = 0) -> "World | None":
        """The ranks that gave the same `color`, ordered by `key`, then rank; None where `color` is None. Collective.

        >>> World(None).split(color=3).size
        1
        """
        if self.comm is None:
            return None if color is None else self._adopt(World(None))
        from mpi4py import MPI

        part = self.comm.Split(MPI.UNDEFINED if color is None else color, key)
        return None if part == MPI.COMM_NULL else self._adopt(World(part))

    def cartesian(self, dims: Sequence[int], periods: Sequence[bool] | None = None) -> "Grid":
        """The ranks on a grid; a 0 in `dims` is chosen so that the product is the number of ranks. Collective.

        Raises ValueError when the product of `dims` cannot be `size`.

        >>> World(None).cartesian([0, 1]).dims
        (1, 1)
        """
        from pympr.collectives.grid import make_grid

        return self._adopt(make_grid(self, dims, periods))

    def free(self) -> None:
        """Give back the communicator and everything made from it (collective); a second call does nothing."""
        if self._is_free:
            return
        self._is_free = True
        for child in self._children:
            child.free()
        if self.attached and self.comm is not None:
            # A slow rank may still look at memory that is given back below and used for something else.
            self.comm.Barrier()
        for thing in self.attached.values():
            thing.free()
        self.attached.clear()
        if self.comm is not None:
            self.comm.Free()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rank={self.rank}, size={self.size}, hostname={self.hostname!r})"

    def _adopt(self, child):
        self._children.append(child)
        return child


def _split_shared(comm):
    from mpi4py import MPI

    shared = comm.Split_type(MPI.COMM_TYPE_SHARED, key=comm.rank)
    most = Config().ranks_per_node
    if not most:
        return shared
    part = shared.Split(shared.rank // most, shared.rank)
    shared.Free()
    return part


_REPORT_SECONDS = 1.0
_lock = threading.Lock()
_world: World | None = None


def world() -> World:
    """The world of this process: all ranks the launcher started, or one rank without MPI. Collective at the first call.

    MPI is not even imported when no launcher started the process, unless
    `PYMPR_MPI=1` or the program itself imported `mpi4py.MPI`. Raises LaunchError
    when the launcher started several processes that do not see each other.
    """
    global _world
    with _lock:
        if _world is None:
            _world = _make_world()
        return _world


def _make_world() -> World:
    if not launcher.needs_mpi(os.environ, "mpi4py.MPI" in sys.modules):
        _refuse(launcher.mismatch(os.environ, 1, ""))
        return _with_its_cores(World(None))
    MPI = _start_mpi()
    _refuse(launcher.mismatch(os.environ, MPI.COMM_WORLD.size, library_name()))
    return _with_its_cores(World(MPI.COMM_WORLD.Dup()))


def _start_mpi() -> Any:
    """The module `mpi4py.MPI`, initialised; LaunchError before that when it would end the process instead."""
    import mpi4py

    if "mpi4py.MPI" in sys.modules:
        from mpi4py import MPI
    else:
        initialize, mpi4py.rc.initialize = mpi4py.rc.initialize, False
        mpi4py.rc.finalize = initialize if mpi4py.rc.finalize is None else mpi4py.rc.finalize
        from mpi4py import MPI

        _refuse(launcher.foreign(os.environ, library_name()))
    if not MPI.Is_initialized():
        MPI.Init_thread(getattr(MPI, f"THREAD_{mpi4py.rc.thread_level.upper()}"))
    return MPI


def _with_its_cores(made: World) -> World:
    from pympr.collectives.cores import share_cores

    share_cores(made)
    return made


def library_name() -> str:
    """The MPI library in use and its version, such as "MPICH 5.0.2"."""
    from mpi4py import MPI

    name, version = MPI.get_vendor()
    return f"{name} {'.'.join(map(str, version))}"


def _refuse(message: str | None) -> None:
    if message is None:
        return
    if not launcher.should_report(os.environ):
        # Some launchers end all processes when the first one ends; it should be the one with the message.
        time.sleep(_REPORT_SECONDS)
        raise LaunchError("launcher and MPI library do not match; the launcher's rank 0 says more")
    raise LaunchError(message)


def as_world(comm: Any) -> World:
    """`comm` as a World: a World as it is; of an mpi4py communicator a duplicate, made once and kept with it.

    Collective at the first call for a communicator. The duplicate is freed with the communicator.
    """
    if isinstance(comm, World):
        if comm._is_free:
            raise ValueError(f"this world of {comm.size} ranks was freed")
        return comm
    # Without the module there can be no communicator, and a wrong argument must not start MPI.
    MPI = sys.modules.get("mpi4py.MPI")
    if MPI is None or not isinstance(comm, MPI.Intracomm):
        raise TypeError(f"expected a World or an mpi4py intracommunicator, got {type(comm).__name__}")
    found = comm.Get_attr(_keyval())
    if found is None:
        found = _with_its_cores(World(comm.Dup()))
        comm.Set_attr(_keyval(), found)
    return found


_key: int | None = None


def _keyval() -> int:
    """The MPI attribute under which a communicator keeps its World; a duplicate does not inherit it."""
    global _key
    if _key is None:
        from mpi4py import MPI

        _key = MPI.Comm.Create_keyval(delete_fn=lambda comm, key, kept: kept.free())
    return _key

"""Directories of this program on its nodes, which go away with it."""

import atexit
import os
import shutil
import tempfile

from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.world import World
from pympr.run.actions.leftovers import hold, remove_abandoned
from pympr.run.together import together

_PREFIX = "pympr-scratch-"


class Scratch:
    """Makes directories, of mode 0700; those that killed programs left are removed before the first."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: dict[str, int] = {}
        atexit.register(self.remove)

    def node_directory(self, name: str) -> str:
        """A new directory that the ranks of a node share; collective."""
        node = self._world.node()
        made = together(
            self._world,
            lambda: self._make(name, tempfile.gettempdir()) if node.rank == 0 else "",
            f"a directory for {name}",
        )
        return broadcast_object(node, made, 0)

    def own_directory(self, name: str, base: str) -> str:
        """A new directory of this rank in `base`."""
        return self._make(name, base)

    def _make(self, name: str, base: str) -> str:
        if not self._made:
            sweep(base)
        while True:
            path = tempfile.mkdtemp(prefix=f"{_PREFIX}{name}-", dir=base)
            try:
                self._made[path] = hold(path)
                return path
            except FileNotFoundError:  # another job took it for a dead one's between its making and this
                pass

    def remove(self) -> None:
        """Remove what this rank made."""
        while self._made:
            path, descriptor = self._made.popitem()
            shutil.rmtree(path, ignore_errors=True)
            os.close(descriptor)
        # A program that opens many sessions would else keep them all until its end.
        atexit.unregister(self.remove)


def sweep(base: str) -> None:
    """Remove the directories of this user in `base` whose processes were killed: nobody holds their locks."""
    for entry in list(os.scandir(base)):
        try:
            is_own = entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.geteuid()
            if is_own and entry.name.startswith(_PREFIX):
                remove_abandoned(entry.path)
        except OSError:
            pass  # gone by now


def size_of(path: str) -> int:
    """The bytes of a file, -1 where there is none.

    >>> size_of("/nonexistent")
    -1
    """
    try:
        return os.stat(path).st_size
    except OSError:
        return -1

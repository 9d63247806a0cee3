"""Directories of this program on its nodes, which go away with it."""

import atexit
import os
import shutil
import tempfile

from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.world import World
from pympr.run.together import together


class Scratch:
    """Makes directories below the node's temporary directory (`TMPDIR`)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: list[str] = []
        atexit.register(self.remove)

    def node_directory(self, name: str) -> str:
        """A new directory that the ranks of a node share; collective."""
        node = self._world.node()
        made = together(self._world, lambda: self._make(name) if node.rank == 0 else "", f"a directory for {name}")
        return broadcast_object(node, made, 0)

    def own_directory(self, name: str) -> str:
        """A new directory of this rank."""
        return self._make(name)

    def _make(self, name: str) -> str:
        path = tempfile.mkdtemp(prefix=f"pympr-{name}-")
        self._made.append(path)
        return path

    def remove(self) -> None:
        """Remove what this rank made."""
        while self._made:
            shutil.rmtree(self._made.pop(), ignore_errors=True)
        # A program that opens many sessions would else keep them all until its end.
        atexit.unregister(self.remove)


def size_of(path: str) -> int:
    """The bytes of a file, -1 where there is none.

    >>> size_of("/nonexistent")
    -1
    """
    try:
        return os.stat(path).st_size
    except OSError:
        return -1

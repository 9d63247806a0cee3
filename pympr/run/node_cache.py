"""Hadoop's distributed cache: what every task may read, one copy a node."""

import mmap
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.objects import pack, unpack
from pympr.collectives.world import World
from pympr.config import Config
from pympr.run.jobdir import job_directory
from pympr.run.together import together

_OBJECTS = ".objects"


class NodeCache:
    """Objects and files of rank 0 on all ranks; made and freed collectively.

    `objects` are unpickled on every rank, but large buffers in them (those of NumPy
    arrays) are read-only views of memory that the ranks of a node share: a file that
    is mapped and has no name, so that it lasts as long as any view of it. `files`
    {name: path} lie under their names in `folder`, which the ranks of a node share.
    FileNotFoundError on all ranks for a file that is not there.
    """

    def __init__(self, world: World, config: Config, objects: dict[str, Any], files: dict[str, str]) -> None:
        self._world, self._node = world, world.node()
        self._leaders: World | None = None
        self.objects: dict[str, Any] = {}
        self.folder = ""
        try:
            self._open(config)
            if objects:
                self._copy(_OBJECTS, lambda: (pack(objects), 0o600), "sharing objects")
                self.objects = together(world, self._unpack, "sharing objects")
            for name, path in files.items():
                self._copy(name, partial(_read, path), f"sharing file {path}")
        except BaseException:
            self.free()
            raise

    def _open(self, config: Config) -> None:
        if self._node.size < self._world.size:
            self._leaders = self._world.split(0 if self._node.rank == 0 else None)
        base = config.run_dir or None
        if not self._world.is_solo:
            base = str(job_directory(self._world, config.run_dir).path)
        made = self._lead(lambda: tempfile.mkdtemp("", "cache-", base), "making the folder of shared files")
        self.folder = broadcast_object(self._node, made, 0)

    def _lead(self, work: Callable[[], Any], task: str) -> Any:
        """The result of `work` by the first rank of every node; None on the others."""
        return together(self._world, work if self._node.rank == 0 else lambda: None, task)

    def _copy(self, name: str, read: Callable[[], tuple[np.ndarray, int]], task: str) -> None:
        """From rank 0 to the nodes' first ranks, which write it down."""
        found: Any = together(self._world, read if self._world.rank == 0 else lambda: None, task)
        if self._leaders is not None:
            found = broadcast_object(self._leaders, found, 0)
        self._lead(lambda: _write(os.path.join(self.folder, name), *found), task)

    def _unpack(self) -> dict[str, Any]:
        with open(os.path.join(self.folder, _OBJECTS), "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        return unpack(np.frombuffer(mapped, np.uint8))

    def free(self) -> None:
        """Remove the files (collective); objects last until nothing refers to them."""
        self.objects = {}
        if self.folder and self._node.rank == 0:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._leaders is not None:
            self._leaders.free()
        self.folder, self._leaders = "", None


def _read(path: str) -> tuple[np.ndarray, int]:
    """The bytes of a file and its permissions, with those to read and run it: programs are shared so, as in Hadoop."""
    with open(path, "rb") as file:
        data = np.frombuffer(file.read(), np.uint8)
    return data, stat.S_IMODE(os.stat(path).st_mode) | 0o500


def _write(path: str, data: np.ndarray, mode: int) -> None:
    with open(path, "xb") as file:
        file.write(data.data)
    os.chmod(path, mode)

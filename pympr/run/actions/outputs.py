"""Places for the files of an action: all of them come to be seen, or none."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress

from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.world import World
from pympr.data.block import Block
from pympr.errors import OutputExistsError
from pympr.run.actions.leftovers import hidden_name, hold, remove, sweep
from pympr.run.agreement import agree_on_folder, call_site
from pympr.run.stores import is_remote, open_store
from pympr.run.together import together

Write = Callable[[str, int, Iterator[Block]], None]

# Stores where a key appears when all its bytes are there; elsewhere folders are renamed.
_OBJECT_STORES = frozenset("s3 s3a gs gcs az abfs abfss adl oci oss obs cos tos".split())


def refuse_existing(world: World, path: str, *unused: object) -> None:
    """OutputExistsError on all ranks when the output is there already; collective."""
    plain = plain_path(path)
    if not is_remote(plain):
        agree_on_folder(world, plain, call_site())
    together(world, lambda: _look(plain) if world.rank == 0 else None, f"saving to {plain}")


def _look(path: str) -> None:
    if not is_remote(path):
        if os.path.lexists(path):
            raise OutputExistsError(f"output directory {path} already exists: remove it or name another")
        return
    store, name = open_store(path)
    store.invalidate_cache()
    if store.exists(name):
        what = "already exists" if store.exists(f"{name}/_SUCCESS") else "has files but no _SUCCESS: a job was ended"
        raise OutputExistsError(f"output directory {path} {what}: remove it or name another")


def plain_path(path: str | os.PathLike[str]) -> str:
    """A path without file:// and without a slash at its end."""
    plain = os.fspath(path).removeprefix("file://").rstrip("/")
    if not plain:
        raise ValueError(f"expected the path of a new directory, got {path!r}")
    return plain


def output_at(world: World, path: str | os.PathLike[str]) -> "Folder | Bucket":
    """The output at a path that `refuse_existing` let pass; collective."""
    plain = plain_path(path)
    return Bucket(world, plain) if is_remote(plain) else Folder(world, plain)


class Folder:
    """A directory of this file system: written beside its place and renamed in the end."""

    def __init__(self, world: World, path: str) -> None:
        self._world, self.path = world, path
        self._hidden = broadcast_object(world, hidden_name(path), 0)
        self._lock = -1
        together(world, lambda: self._make() if world.rank == 0 else None, f"saving to {path}")

    def _make(self) -> None:
        sweep(self.path)
        os.makedirs(self._hidden)
        self._lock = hold(self._hidden)

    def part(self, write: Write, index: int, blocks: Iterator[Block]) -> None:
        """Have the files of a partition written by `write(folder, index, blocks)`."""
        write(self._hidden, index, blocks)

    def commit(self) -> None:
        """Make all of it seen; for rank 0, after all parts."""
        with open(os.path.join(self._hidden, "_SUCCESS"), "x"):
            pass
        if os.path.lexists(self.path):
            raise OutputExistsError(f"output directory {self.path} came into being while it was written")
        os.rename(self._hidden, self.path)

    def abandon(self) -> list[str]:
        """Remove what is there of it, for all ranks; gives what could not be removed."""
        if self._world.rank == 0:
            with suppress(OSError):
                remove(self._hidden)
            return [self._hidden] if os.path.lexists(self._hidden) else []
        return []

    def close(self) -> None:
        """Let go of it; for all ranks."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


class Bucket:
    """A directory of a remote store: files are written here first and sent when they are complete, _SUCCESS last.

    Object stores show each file when all its bytes are there. Elsewhere the files
    go into a folder beside the place, which is renamed before _SUCCESS is written.
    """

    def __init__(self, world: World, path: str) -> None:
        self._world, self.path = world, path
        self._store, self._name = together(world, lambda: open_store(path), f"saving to {path}")
        self._is_renamed = path.partition(":")[0].lower() not in _OBJECT_STORES
        self._target = broadcast_object(world, hidden_name(self._name) if self._is_renamed else self._name, 0)
        self._sent: list[str] = []
        if self._is_renamed:
            together(world, lambda: self._make() if world.rank == 0 else None, f"saving to {path}")

    def _make(self) -> None:
        self._store.makedirs(self._target)

    def part(self, write: Write, index: int, blocks: Iterator[Block]) -> None:
        """Have the files of a partition written by `write(folder, index, blocks)`, and send them."""
        with tempfile.TemporaryDirectory(prefix="pympr-part-") as folder:
            write(folder, index, blocks)
            for name in sorted(os.listdir(folder)):
                self._sent.append(f"{self._target}/{name}")
                self._store.put_file(os.path.join(folder, name), self._sent[-1])

    def commit(self) -> None:
        """Make all of it seen; for rank 0, after all parts."""
        if self._is_renamed:
            self._store.invalidate_cache()
            if self._store.exists(self._name):
                raise OutputExistsError(f"output directory {self.path} came into being while it was written")
            self._store.mv(self._target, self._name, recursive=True)
        self._store.pipe_file(f"{self._name}/_SUCCESS", b"")

    def abandon(self) -> list[str]:
        """Remove what is there of it, for all ranks; gives what could not be removed. It has no _SUCCESS beside it."""
        if self._is_renamed:
            return [self._target] if self._world.rank == 0 and not self._is_removed(self._target) else []
        return [key for key in self._sent if not self._is_removed(key)]

    def _is_removed(self, name: str) -> bool:
        try:
            self._store.invalidate_cache()
            self._store.rm(name, recursive=True)
        except FileNotFoundError:  # its sending was what failed
            return True
        except Exception:
            return False
        return True

    def close(self) -> None:
        """Nothing is held."""

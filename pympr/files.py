"""Files that the script gives to its functions on every node."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, ClassVar

from pympr.errors import NotSupportedError
from pympr.run.session import session


class SparkFiles:
    """Where the files are that `SparkContext.addFile` gave."""

    _root: ClassVar[str | None] = None

    @classmethod
    def get(cls, filename: str) -> str:
        """The path of a file on this node."""
        return os.path.join(cls.getRootDirectory(), filename)

    @classmethod
    def getRootDirectory(cls) -> str:
        """The directory of the files on this node; RuntimeError before the first `addFile`."""
        if cls._root is None:
            raise RuntimeError("no file was added: call SparkContext.addFile first")
        return cls._root


class SharedFiles:
    """The words of SparkContext that bring files to every node: rank 0 reads, one rank a node writes."""

    def addFile(self, path: str, recursive: bool = False) -> None:
        """Bring a file, or with `recursive` a directory, to every node; all ranks call it.

        `path` is one that rank 0 can read, or an http, https or ftp address. What was
        added before under the same name is replaced.
        """
        self._files.append(self._bring(path, recursive))

    def addPyFile(self, path: str) -> None:
        """Bring a .py, .zip or .egg file to every node and let `import` find what is in it."""
        self.addFile(path)
        place = SparkFiles.get(_name_of(path))
        for folder in (SparkFiles.getRootDirectory(), *([place] if place.endswith((".zip", ".egg", ".jar")) else [])):
            if folder not in sys.path:
                sys.path.insert(1, folder)
        importlib.invalidate_caches()

    def addArchive(self, path: str) -> None:
        """Bring an archive (zip, tar, tar.gz, ...) to every node and unpack it.

        Its directory has the archive's name, or the one after "#" in `path`.
        """
        source, _, alias = path.partition("#")
        self._bring(source, False, unpack_as=alias or _name_of(source))
        self._archives.append(_address(source) + (f"#{alias}" if alias else ""))

    @property
    def listFiles(self) -> list[str]:
        """The addresses of the files that were added."""
        return list(dict.fromkeys(self._files))

    @property
    def listArchives(self) -> list[str]:
        """The addresses of the archives that were added."""
        return list(dict.fromkeys(self._archives))

    def _bring(self, path: str, recursive: bool, unpack_as: str = "") -> str:
        engine = session()
        engine.agree("addFile", path=str(path))
        SparkFiles._root = SparkFiles._root or engine.node_directory("files")
        content = engine.made_by_rank_0(lambda: _read(path, recursive), f"reading {path}")
        name = _name_of(path)
        engine.once_a_node(lambda: _write(SparkFiles.getRootDirectory(), name, content, unpack_as), f"adding {path}")
        return _address(path)

    if TYPE_CHECKING:  # what SparkContext has
        _files: list[str]
        _archives: list[str]


def _name_of(path: str) -> str:
    return os.path.basename(path.rstrip("/"))


def _address(path: str) -> str:
    return path if "://" in path else f"file:{os.path.abspath(path.removeprefix('file:'))}"


def _read(path: str, recursive: bool) -> dict[str, bytes]:
    """The bytes of a file under the name "", or of a directory's files under theirs."""
    if path.startswith(("http://", "https://", "ftp://")):
        from urllib.request import urlopen

        with urlopen(path) as answer:
            return {"": answer.read()}
    if "://" in path and not path.startswith("file://"):
        raise NotSupportedError(f"SparkContext.addFile: {path}: copy it to a path that rank 0 can read first")
    path = path.removeprefix("file://").removeprefix("file:")
    if not os.path.isdir(path):
        with open(path, "rb") as file:
            return {"": file.read()}
    if not recursive:
        raise ValueError(f"{path} is a directory: pass recursive=True to add it")
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            place = os.path.join(folder, name)
            with open(place, "rb") as file:
                found[os.path.relpath(place, path)] = file.read()
    return found


def _write(root: str, name: str, content: dict[str, bytes], unpack_as: str) -> None:
    for below, data in content.items() if not unpack_as else ():
        place = os.path.join(root, name, below) if below else os.path.join(root, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)
    if not unpack_as:
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = os.path.join(folder, name)
        with open(archive, "wb") as file:
            file.write(content[""])
        shutil.unpack_archive(archive, os.path.join(folder, "unpacked"))
        shutil.copytree(os.path.join(folder, "unpacked"), os.path.join(root, unpack_as), dirs_exist_ok=True)

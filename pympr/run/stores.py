"""Files that are not in this node's file system: found, read in ranges or as a stream, through fsspec."""

import re
from dataclasses import dataclass
from typing import Any

from pympr.errors import InputError

_REMOTE = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]*(://|::)")
_WEB = ("http", "https")
# A compressed answer has no byte ranges of the file itself.
_PLAIN_ANSWER = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Found:
    """A file and its size; `in_ranges` is False where its server gives the whole file only (size 0: not told)."""

    path: str
    size: int
    in_ranges: bool = True


def is_remote(path: str) -> bool:
    """Whether fsspec is asked for a path.

    >>> is_remote("s3://bucket/key"), is_remote("file:///tmp/a"), is_remote("/tmp/a:b")
    (True, False, False)
    """
    return _REMOTE.match(path) is not None


def open_store(path: str, **options: Any) -> tuple[Any, str]:
    """The file system of a path and the path within it.

    Raises ImportError when fsspec, or what it needs for the protocol, is absent;
    InputError for a protocol that fsspec does not know.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise ImportError(f"{path}: such paths need the package fsspec: pip install 'fsspec[http]'") from None
    try:
        return url_to_fs(path, **options)
    except ImportError as error:
        raise ImportError(f"{path}: fsspec misses a package for this protocol: {error}") from error
    except ValueError as error:
        raise InputError(f"{path} cannot be opened: {error}") from error


def find(pattern: str) -> list[Found]:
    """The files a remote path names: a file, a directory's files, or a glob; without hidden ones and empty markers.

    Raises FileNotFoundError when nothing is there.
    """
    store, path = open_store(pattern)
    store.invalidate_cache()  # other jobs write there too
    if _is_web(pattern) and "*" not in path and not path.endswith("/"):
        return [_probe(store, pattern)]
    entries = _entries(store, path, pattern)
    found = [entry for entry in entries if entry["type"] == "file" and not _is_hidden(entry["name"])]
    if not found:
        raise FileNotFoundError(f"input directory holds no files: {pattern}")
    names = [_full_name(store, pattern, path, entry["name"]) for entry in found]
    if _is_web(pattern):
        return [_probe(store, name) for name in names]
    return [Found(name, _size(name, entry)) for name, entry in zip(names, found)]


def _full_name(store: Any, pattern: str, path: str, name: str) -> str:
    """A path that is opened as `pattern` was, with the host and all that stands before its own path."""
    head, chain, rest = pattern.partition("::")
    head = head.rstrip("/")
    if path and head.endswith(path):
        return head.removesuffix(path) + name + chain + rest
    return store.unstrip_protocol(name)


def _entries(store: Any, path: str, pattern: str) -> list[dict[str, Any]]:
    if any(letter in path for letter in "*?["):
        matches = store.glob(path, detail=True)
        if not matches:
            raise FileNotFoundError(f"input path does not exist: {pattern}")
        entries = [matches[name] for name in sorted(matches) if not _is_hidden(name)]
        return [inner for entry in entries for inner in (_inside(store, entry["name"], entry))]
    try:
        # A web server's folder is told by its slash: to itself its index page is a file.
        return _inside(store, path, {"type": "directory"} if _is_web(path) else store.info(path))
    except FileNotFoundError:
        raise FileNotFoundError(f"input path does not exist: {pattern}") from None


def _inside(store: Any, path: str, entry: dict[str, Any]) -> list[dict[str, Any]]:
    if entry["type"] != "directory":
        return [entry]
    inner = sorted(store.ls(path, detail=True), key=lambda item: item["name"])
    return [item for item in inner if item["name"].rstrip("/") != path.rstrip("/")]


def _is_hidden(name: str) -> bool:
    return name.rstrip("/").rpartition("/")[2].startswith((".", "_"))


def _is_web(path: str) -> bool:
    return path.partition("://")[0].lower() in _WEB


def _size(name: str, entry: dict[str, Any]) -> int:
    if entry.get("size") is None:
        raise InputError(f"{name}: its file system does not tell its size")
    return int(entry["size"])


def _probe(store: Any, url: str) -> Found:
    """What a web server says of a file when it is asked for its first byte only."""
    from fsspec.asyn import sync

    async def ask() -> Found:
        session = await store.set_session()
        headers = {**store.kwargs.get("headers", {}), **_PLAIN_ANSWER, "Range": "bytes=0-0"}
        options = {name: value for name, value in store.kwargs.items() if name != "headers"}
        async with session.get(store.encode_url(url), headers=headers, **options) as answer:
            total = answer.headers.get("Content-Range", "").rpartition("/")[2]
            if answer.status == 416 and total == "0":
                return Found(url, 0)
            if answer.status in (404, 410):
                raise FileNotFoundError(f"input path does not exist: {url}")
            answer.raise_for_status()
            if answer.status == 206 and total.isdigit():
                return Found(url, int(total))
            return Found(url, int(answer.headers.get("Content-Length", 0)), in_ranges=False)

    return sync(store.loop, ask)


class RemoteFile:
    """A file to be read by this rank; `has_threads` tells whether several threads may read it at once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._store, self._name = open_store(path)
        self.has_threads = bool(getattr(self._store, "async_impl", False))
        if not self.has_threads:  # it may be one connection, which another reader must not use
            self._store, self._name = open_store(path, skip_instance_cache=True)
        self._extra: dict[str, Any] = {}
        if _is_web(path):
            self._extra["headers"] = {**self._store.kwargs.get("headers", {}), **_PLAIN_ANSWER}

    def fetch(self, begin: int, end: int) -> bytes:
        """Bytes `begin` to `end` in one request; InputError when it gives another number of bytes."""
        data = self._store.cat_file(self._name, start=begin, end=end, **self._extra)
        if len(data) != end - begin:
            raise InputError(
                f"{self._path} gave {len(data)} bytes for the range {begin} to {end}: it changed since it was listed"
            )
        return data

    def open(self) -> Any:
        """The file to be read from its start, for servers that give no ranges."""
        block = {"block_size": 0} if _is_web(self._path) else {}
        return self._store.open(self._name, "rb", **block, **self._extra)

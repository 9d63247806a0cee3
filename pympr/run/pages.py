"""The page of shared memory in which a rank says what it is doing: its layout, writing and reading."""

import mmap
import os
import struct
import time
from pathlib import Path
from typing import Any, NamedTuple

PAGE_BYTES = 4096
_MAGIC = b"pympr-1\n"
# magic, version of the content (odd while it is being written), time of the last sign of life
_HEAD = struct.Struct("=8sQd")
_VERSION = struct.Struct("=Q")
_VERSION_AT = 8
_BEAT = struct.Struct("=d")
_BEAT_AT = 16
# rank, size, pid, pid namespace, steps begun, waits, has ended, began at, rows, bytes, done, total, changed at
_BODY = struct.Struct("=iiqQQ??d4Qd")
_BODY_AT = 64
# host, operation, place in the script, stage
_TEXTS = struct.Struct("=64s256s256s512s")
_TEXTS_AT = 256


class Page(NamedTuple):
    """One rank's page; times are seconds of the node's monotonic clock."""

    rank: int
    size: int
    pid: int
    pid_namespace: int
    steps: int
    waits: bool
    has_ended: bool
    since: float
    rows: int
    bytes: int
    done: int
    total: int
    changed: float
    host: str
    operation: str
    where: str
    stage: str
    heartbeat: float


class PageWriter:
    """One rank's own page, in the file `path` or, without one, in memory that nobody else sees."""

    def __init__(self, path: Path | None):
        self._memory = mmap.mmap(-1, PAGE_BYTES) if path is None else _map_new(path)
        self._version = 0
        self._memory[: len(_MAGIC)] = _MAGIC

    def beat(self, now: float) -> None:
        """Note a sign of life; may run in another thread than `write`."""
        _BEAT.pack_into(self._memory, _BEAT_AT, now)

    def write(self, body: tuple[Any, ...], texts: tuple[str, ...] | None) -> None:
        """Write the fields of Page from `rank` to `changed` and, unless None, those from `host` to `stage`."""
        # Interrupted in between it stays odd, until the next write has ended.
        self._set_version(self._version | 1)
        _BODY.pack_into(self._memory, _BODY_AT, *body)
        if texts is not None:
            _TEXTS.pack_into(self._memory, _TEXTS_AT, *(text.encode("utf-8", "replace") for text in texts))
        self._set_version(self._version + 1)

    def read(self) -> Page:
        """The page as others see it."""
        return _decode(bytes(self._memory))

    def _set_version(self, version: int) -> None:
        self._version = version
        _VERSION.pack_into(self._memory, _VERSION_AT, version)


def page_path(directory: Path, rank: int) -> Path:
    """Where the page of `rank` lies."""
    return directory / f"rank.{rank}"


def read_page(path: Path) -> Page | None:
    """The page in `path` as it stood at one moment, or None when there is none or it does not come to rest."""
    for attempt in range(8):
        # A rank that was descheduled while it wrote needs the processor to go on.
        time.sleep(attempt * 1e-3)
        first, second = _read(path), _read(path)
        if first is None or second is None:
            return None
        version = _HEAD.unpack_from(first)[1]
        if version % 2 == 0 and version == _HEAD.unpack_from(second)[1]:
            return _decode(first)
    return None


def read_pages(directory: Path) -> list[Page]:
    """The pages in `directory`, by rank."""
    pages = [read_page(path) for path in directory.glob("rank.*")]
    return sorted(page for page in pages if page is not None)


def _read(path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if len(data) == PAGE_BYTES and data.startswith(_MAGIC) else None


def _decode(data: bytes) -> Page:
    heartbeat = _HEAD.unpack_from(data)[2]
    body = _BODY.unpack_from(data, _BODY_AT)
    texts = (text.rstrip(b"\0").decode("utf-8", "replace") for text in _TEXTS.unpack_from(data, _TEXTS_AT))
    return Page._make((*body, *texts, heartbeat))


def _map_new(path: Path) -> mmap.mmap:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, PAGE_BYTES)
        return mmap.mmap(descriptor, PAGE_BYTES)
    finally:
        os.close(descriptor)


def _read_pid_namespace() -> int:
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


_pid_namespace = _read_pid_namespace()


def pid_namespace() -> int:
    """The namespace in which this process's pid means something, 0 where the system does not say."""
    return _pid_namespace

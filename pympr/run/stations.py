"""What every rank is doing, in a page of shared memory that the others on its node and `pympr run` can read."""

import mmap
import os
import struct
import time
from pathlib import Path
from typing import NamedTuple

PAGE_BYTES = 4096
_MAGIC = b"pympr-1\n"
# magic, version of the content (odd while it is written), time of the last sign of life
_HEAD = struct.Struct("=8sQd")
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


class Step(NamedTuple):
    """One thing a rank is doing; `waits` when it cannot go on without other ranks."""

    operation: str
    where: str
    stage: str
    waits: bool
    since: float


class Station:
    """Publishes what this rank does, in the page `path` or, without one, to itself only.

    Only the main thread changes it; a daemon thread gives signs of life.

    >>> station = Station(0, 1, "host")
    >>> with station.doing("map", where="script.py:12", stage="stage 2"):
    ...     station.progress(rows=1000, done=1, total=8)
    ...     station.step().operation
    'map'
    """

    def __init__(self, rank: int, size: int, host: str, path: Path | None = None):
        self.rank, self.size, self.host = rank, size, host
        self._memory = mmap.mmap(-1, PAGE_BYTES) if path is None else _map_new(path)
        self._pid = os.getpid()
        self._version = 0
        self._steps = 0
        self._stack = [Step("the script", "", "", False, time.monotonic())]
        self._counters = [0, 0, 0, 0]
        self._changed = time.monotonic()
        self._has_ended = False
        self.beat()
        self._publish()
        self._memory[:8] = _MAGIC

    def doing(self, operation: str, where: str = "", stage: str = "", waits: bool = False) -> "_Doing":
        """A `with` block during which this rank does `operation`; place and stage are taken over from the block around it."""
        return _Doing(self, operation, where, stage, waits)

    def progress(self, rows: int = 0, bytes: int = 0, done: int = 0, total: int | None = None) -> None:
        """Add to the rows, bytes and finished parts of the stage; `total` sets how many parts there are."""
        counters = self._counters
        counters[0] += rows
        counters[1] += bytes
        counters[2] += done
        if total is not None:
            counters[3] = total
        self._changed = time.monotonic()
        self._publish(has_texts=False)

    def step(self) -> Step:
        """What this rank is doing now."""
        return self._stack[-1]

    def beat(self) -> None:
        """Give a sign of life."""
        _BEAT.pack_into(self._memory, _BEAT_AT, time.monotonic())

    @property
    def has_ended(self) -> bool:
        """Whether the rank has ended its script."""
        return self._has_ended

    def close(self) -> None:
        """Say that this rank has ended its script."""
        self._has_ended = True
        self._publish()

    def _enter(self, operation, where, stage, waits):
        around = self._stack[-1]
        if stage and stage != around.stage:
            self._counters = [0, 0, 0, 0]
        step = Step(operation, where or around.where, stage or around.stage, waits, time.monotonic())
        self._stack.append(step)
        self._steps += 1
        self._changed = step.since
        self._publish()

    def _leave(self):
        self._stack.pop()
        self._changed = time.monotonic()
        self._publish()

    def _publish(self, has_texts: bool = True) -> None:
        step = self._stack[-1]
        self._write_version()
        body = (self.rank, self.size, self._pid, _pid_namespace, self._steps, step.waits, self._has_ended, step.since)
        _BODY.pack_into(self._memory, _BODY_AT, *body, *self._counters, self._changed)
        if has_texts:
            texts = (self.host, step.operation, step.where, step.stage)
            _TEXTS.pack_into(self._memory, _TEXTS_AT, *(text.encode("utf-8", "replace") for text in texts))
        self._write_version()

    def _write_version(self):
        self._version += 1
        struct.pack_into("=Q", self._memory, _VERSION_AT, self._version)


class _Doing:
    """The `with` block of a step; a class, because it is entered for every stage and every agreement."""

    __slots__ = ("_station", "_step")

    def __init__(self, station, *step):
        self._station = station
        self._step = step

    def __enter__(self):
        self._station._enter(*self._step)
        return self._station

    def __exit__(self, *_):
        self._station._leave()


class _Nothing:
    """The `with` block of a rank without a station."""

    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


_nothing = _Nothing()
_current: Station | None = None


def current() -> Station | None:
    """This process's station, None before `set_current` and in a forked child."""
    return _current


def set_current(station: Station | None) -> None:
    """Make `station` the one that `waiting` speaks for."""
    global _current
    _current = station


def waiting(operation: str, where: str = "") -> _Doing | _Nothing:
    """A `with` block during which this rank waits for others in `operation`.

    >>> with waiting("count", "script.py:31"):
    ...     pass
    """
    if _current is None:
        return _nothing
    return _current.doing(operation, where, waits=True)


def page_path(directory: Path, rank: int) -> Path:
    """Where the page of `rank` lies."""
    return directory / f"rank.{rank}"


def read_page(path: Path) -> Page | None:
    """The page in `path` as it stood at one moment, or None when there is none or it does not come to rest."""
    for _ in range(8):
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
    return Page(*body, *texts, heartbeat)


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


os.register_at_fork(after_in_child=lambda: set_current(None))

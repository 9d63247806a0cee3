"""A watchdog on every rank: says who waits for whom, and ends a job that hangs or has lost a rank."""

import faulthandler
import os
import signal
import threading
import time
from pathlib import Path

from pympr.collectives.world import World
from pympr.config import Config
from pympr.run import guard, meeting, solo, stations, waiting
from pympr.run.difference import fold
from pympr.run.guard import LOST
from pympr.run.jobdir import VARIABLE, job_directory
from pympr.run.pages import Page, page_path, read_page, read_pages
from pympr.run.processes import state_of
from pympr.run.stations import Station

HUNG = 124
_BEAT_SECONDS = 0.5
_NEIGHBOUR_SECONDS = 1.0
# Launchers end a job that lost a rank within this time by themselves.
_LAUNCHER_SECONDS = 2.0
_STACK_SECONDS = 0.5


def open(world: World, config: Config | None = None) -> Station:
    """Open this rank's station and start its watchdog (collective; further calls give the same station).

    Also installs the guard. A world of one rank has a station that nobody watches,
    with a page only under `pympr run`, and only its tracebacks are pympr's.
    """
    station = stations.current()
    if station is None:
        config = config or Config()
        station = _open_solo(world) if world.is_solo else _open_watched(world, config)
        stations.set_current(station)
    return station


def _open_solo(world: World) -> Station:
    solo.install()
    given = os.environ.get(VARIABLE, "")
    path = page_path(Path(given), 0) if given and Path(given).is_dir() else None
    return Station(0, 1, world.hostname, path)


def _open_watched(world: World, config: Config) -> Station:
    guard.install(world, config)
    directory = job_directory(world, config.run_dir).path
    _register_stack(directory, world.rank)
    station = Station(world.rank, world.size, world.hostname, page_path(directory, world.rank))
    is_whole = world.node().size == world.size
    _Watchdog(station, directory, is_whole, config).start()
    return station


def _register_stack(directory: Path, rank: int) -> None:
    """On SIGUSR2 write the Python stack to a file; in C, so that it works in any call. A user's handler stays."""
    if signal.getsignal(signal.SIGUSR2) != signal.SIG_DFL:
        return
    descriptor = os.open(_stack_path(directory, rank), os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
    faulthandler.register(signal.SIGUSR2, descriptor, all_threads=False)


def _stack_path(directory: Path, rank: int) -> Path:
    return directory / f"stack.{rank}"


class _Watchdog(threading.Thread):
    """Gives signs of life and looks around; sleeps otherwise."""

    def __init__(self, station: Station, directory: Path, is_whole: bool, config: Config):
        super().__init__(name="pympr-watchdog", daemon=True)
        self._station = station
        self._directory = directory
        self._is_whole = is_whole
        self._warn_seconds = config.warn_seconds or float("inf")
        self._hang_seconds = config.hang_seconds or float("inf")
        self._warned_of = 0.0
        self._neighbour_seen_at = 0.0
        self._gone_since: dict[int, float] = {}

    def run(self) -> None:
        pause_seconds = max(0.05, min(_BEAT_SECONDS, self._warn_seconds / 4, self._hang_seconds / 4))
        awake = waiting.Wakefulness(time.monotonic())
        while not self._station.has_ended and guard.guard() is not None:
            self._station.beat()
            self._look(awake.seconds(time.monotonic()))
            time.sleep(pause_seconds)

    def _look(self, awake_seconds: float) -> None:
        if time.monotonic() - self._neighbour_seen_at > _NEIGHBOUR_SECONDS:
            self._neighbour_seen_at = time.monotonic()
            self._look_for_lost_neighbour()
        step = self._station.step()
        waited_seconds = min(awake_seconds, time.monotonic() - step.since) if step.waits else 0.0
        if waited_seconds > self._warn_seconds and self._warned_of != step.since:
            self._warn(step.since)
        if waited_seconds > self._hang_seconds:
            self._end_hang()

    def _warn(self, since: float) -> None:
        now = time.monotonic()
        stall = waiting.find_stall(self._pages(), now, self._warn_seconds)
        if stall is not None and self._is_mine(stall):
            self._warned_of = since
            guard.tell(waiting.describe_stall(stall, now, state_of))

    def _end_hang(self) -> None:
        now = time.monotonic()
        stall = waiting.find_stall(self._pages(), now, self._hang_seconds)
        if stall is None or not self._is_mine(stall):
            return
        if waiting.is_hanging(stall, now, self._hang_seconds, state_of):
            details = f"{waiting.describe_stall(stall, now, state_of)}\n{self._collect_stacks(stall)}"
            guard.end_all(HUNG, f"no progress for {self._hang_seconds:g} s", details)

    def _is_mine(self, stall: waiting.Stall) -> bool:
        """The lowest waiting rank speaks, if anybody is missing."""
        is_known = bool(stall.missing) or not self._is_whole
        return is_known and stall.waiters[0].rank == self._station.rank

    def _pages(self) -> list[Page]:
        pages = read_pages(self._directory)
        return [page for page in pages if page.host == self._station.host and not page.has_ended]

    def _look_for_lost_neighbour(self) -> None:
        """Every rank looks after the next one of its node, so that somebody looks after everyone."""
        neighbour = self._neighbour()
        if neighbour is None or state_of(neighbour):
            self._gone_since.clear()
            return
        since = self._gone_since.setdefault(neighbour.rank, time.monotonic())
        if time.monotonic() - since > _LAUNCHER_SECONDS:
            guard.end_all(
                LOST, f"rank {neighbour.rank} (pid {neighbour.pid}, {neighbour.host}) is gone: killed or crashed"
            )

    def _neighbour(self) -> Page | None:
        rank, size = self._station.rank, self._station.size
        for step in range(1, size):
            page = read_page(page_path(self._directory, (rank + step) % size))
            if page is not None and page.host == self._station.host:
                return None if page.has_ended else page
        return None

    def _collect_stacks(self, stall: waiting.Stall) -> str:
        """The Python stacks of the ranks, equal ones once."""
        pages = [page for page in (*stall.waiters, *stall.missing) if self._can_dump(page)]
        for page in pages:
            os.kill(page.pid, signal.SIGUSR2)
        time.sleep(_STACK_SECONDS)
        ranks: dict[str, list[int]] = {}
        for page in pages:
            ranks.setdefault(_read_stack(_stack_path(self._directory, page.rank)), []).append(page.rank)
        return "\n".join(f"{fold(group)}: {text}" for text, group in ranks.items() if text)

    def _can_dump(self, page: Page) -> bool:
        is_registered = _stack_path(self._directory, page.rank).exists()
        return is_registered and state_of(page) not in ("", "T", "?")


def _read_stack(path: Path) -> str:
    """The stack without the lines of the waiting loop, in which ranks differ by chance."""
    try:
        lines = path.read_text(errors="replace").splitlines(keepends=True)
    except OSError:
        return ""
    return "".join(line for line in lines if not line.startswith(f'  File "{meeting.__file__}"'))

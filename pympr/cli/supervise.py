"""Start a job in a session of its own, pass on what it says and what it is told, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pympr.cli.relay import Relay
from pympr.cli.verdict import Ending
from pympr.run import waiting
from pympr.run.jobdir import VARIABLE
from pympr.run.pages import Page, read_pages
from pympr.run.processes import state_of

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
# How long a job may take to end by itself once it is known to have failed or was asked to end.
_GRACE_SECONDS = 5.0
# By how much a job's own watchdog is ahead of this one, which sees what no rank can say.
_BEHIND_SECONDS = 5.0
_TICK_SECONDS = 0.1
_LOOK_SECONDS = 1.0
_BAR_SECONDS = 0.25


class Supervisor:
    """One job: `run` returns how it ended."""

    def __init__(self, folder: Path, relay: Relay, timeout_seconds: float, hang_seconds: float):
        self._folder = folder
        self._relay = relay
        self._deadline = time.monotonic() + timeout_seconds
        self._timeout_seconds = timeout_seconds
        self._hang_seconds = hang_seconds or float("inf")
        self._signal = 0
        self._signalled_at = float("inf")
        self._failed_at = float("inf")
        self._looked_at = 0.0
        self._awake = waiting.Wakefulness(time.monotonic())
        self._process: subprocess.Popen | None = None

    def run(self, command: list[str], environment: dict[str, str]) -> Ending:
        """Start `command` and wait for its end; kills what is left of a job that did not end well."""
        handlers = {number: signal.signal(number, self._forward) for number in _FORWARDED}
        try:
            process = self._process = self._start(command, environment)
            cut_by = self._wait(process)
            if cut_by is not None or process.returncode != 0:
                self._kill(process)
            self._relay.drain()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return Ending(process.wait(), cut_by, self._signal)

    def _start(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen:
        # In a session of its own the job has no terminal: reading from it would fail, not wait.
        stdin = subprocess.DEVNULL if sys.stdin is None or sys.stdin.isatty() else None
        out, err = self._relay.targets()
        process = subprocess.Popen(
            command, env=os.environ | environment, stdin=stdin, stdout=out, stderr=err, start_new_session=True
        )
        self._relay.started(process)
        return process

    def _wait(self, process: subprocess.Popen) -> str | None:
        """Until the job ends (None) or must be cut (why)."""
        while True:
            self._relay.pump(_TICK_SECONDS, process)
            if process.poll() is not None:
                return None
            reason = self._reason_to_cut(time.monotonic())
            if reason is not None:
                return reason

    def _reason_to_cut(self, now: float) -> str | None:
        if now > self._deadline:
            return f"not finished after {self._timeout_seconds:g} s (--timeout)"
        if now - self._signalled_at > _GRACE_SECONDS:
            return f"did not end within {_GRACE_SECONDS:g} s of the signal"
        if now - self._looked_at < (_BAR_SECONDS if self._relay.has_bar else _LOOK_SECONDS):
            return None
        self._looked_at = now
        pages = read_pages(self._folder)
        self._relay.show(pages)
        if self._failed_at == float("inf") and (self._folder / "failure").exists():
            self._failed_at = now
        if now - self._failed_at > _GRACE_SECONDS:
            return f"did not end within {_GRACE_SECONDS:g} s of the failure"
        return self._find_hang(pages, now)

    def _find_hang(self, pages: list[Page], now: float) -> str | None:
        limit_seconds = self._hang_seconds + _BEHIND_SECONDS
        living = [page for page in pages if not page.has_ended]
        if self._awake.seconds(now) < limit_seconds or not living:
            return None
        if all(now - page.heartbeat > limit_seconds for page in living):
            return f"no sign of life from any rank for {limit_seconds:g} s"
        stall = waiting.find_stall(living, now, limit_seconds)
        if stall is None or not waiting.is_hanging(stall, now, limit_seconds, state_of):
            return None
        return f"no progress for {limit_seconds:g} s\n{waiting.describe_stall(stall, now, state_of)}"

    def _forward(self, number: int, frame: object) -> None:
        """Pass a signal on; one that asks to end is given a grace, a second one ends at once."""
        if self._process is None or self._process.poll() is not None:
            return
        if number != signal.SIGUSR1:
            if self._signal:
                self._kill(self._process)
            self._signal, self._signalled_at = self._signal or number, time.monotonic()
        self._process.send_signal(number)

    def _kill(self, process: subprocess.Popen) -> None:
        """End the session of the launcher and every process that carries this job's variable."""
        end_group(process.pid)
        mark = f"{VARIABLE}={self._folder}".encode()
        for pid in _find_processes(mark):
            if pid != os.getpid():
                _send(os.kill, pid)


def end_group(pid: int) -> None:
    """Kill the process group that `pid` leads."""
    _send(os.killpg, pid)


def _send(kill: Callable[[int, int], None], pid: int) -> None:
    try:
        kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # gone already, or never ours


def _find_processes(mark: bytes) -> list[int]:
    """The processes whose environment holds `mark` as one of its variables."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in variables:
            found.append(int(path.parent.name))
    return found

"""What the job prints on its way to the user, and the line of progress that makes room for it."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pympr.cli import progress
from pympr.run.pages import Page

_LINE_SECONDS = 30.0
_CLEAR = b"\r\x1b[K"
_CHUNK_BYTES = 1 << 16
_OUT, _ERR = 1, 2


class _Source:
    """One pipe of the job: where it goes, and what stands before each of its lines."""

    def __init__(self, descriptor: int, target: int, tag: bytes = b""):
        self.descriptor = descriptor
        self.target = target
        self._tag = tag
        self._begun = b""

    def read(self) -> bytes | None:
        """What may be shown now, None at the end of the pipe; with a tag, whole lines only."""
        data = os.read(self.descriptor, _CHUNK_BYTES)
        if not self._tag:
            return data or None
        if not data:
            return None
        lines = (self._begun + data).split(b"\n")
        self._begun = lines.pop()
        return b"".join(self._tag + line + b"\n" for line in lines)

    def rest(self) -> bytes:
        """A last line without an end."""
        begun, self._begun = self._begun, b""
        return self._tag + begun + b"\n" if begun else b""


class Relay:
    """Passes the job's output on.

    At a terminal the output goes through here, so that the bar can be wiped before
    and drawn after it; without one the job writes by itself, and progress is a
    whole line at most every 30 s.
    """

    def __init__(self, has_bar: bool | None = None):
        self.has_bar = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" if has_bar is None else has_bar
        self._selector = selectors.DefaultSelector()
        self._begun = time.monotonic()
        self._said_at = self._begun
        self._bar = b""

    def add_tagged(self, folder: Path, size: int) -> None:
        """Make two pipes for each of `size` ranks in `folder`; their lines are shown after "[rank] "."""
        for rank in range(size):
            for name, target in (("out", _OUT), ("err", _ERR)):
                path = folder / f"{name}.{rank}"
                os.mkfifo(path, 0o600)
                self._add(_Source(os.open(path, os.O_RDONLY | os.O_NONBLOCK), target, f"[{rank}] ".encode()))

    def targets(self) -> tuple[int | None, int | None]:
        """Where the job's standard output and error are to go: into pipes or straight on."""
        return (subprocess.PIPE, subprocess.PIPE) if self.has_bar else (None, None)

    def started(self, process: subprocess.Popen) -> None:
        """Take over the job's pipes."""
        for pipe, target in ((process.stdout, _OUT), (process.stderr, _ERR)):
            if pipe is not None:
                self._add(_Source(pipe.fileno(), target))

    def pump(self, seconds: float, process: subprocess.Popen) -> None:
        """Pass on what there is within `seconds`; returns early when the job ends."""
        if not self._selector.get_map():
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
            return
        for key, _ in self._selector.select(seconds):
            self._pass(key.data)

    def drain(self) -> None:
        """Pass on the rest, as far as it is there: a process left behind may hold a pipe for ever."""
        while events := self._selector.select(0):
            for key, _ in events:
                self._pass(key.data)
        for key in list(self._selector.get_map().values()):
            self._show(key.data.target, key.data.rest())
        self._draw(b"")

    def show(self, pages: Sequence[Page]) -> None:
        """Draw the bar, or print a line when it is time for one."""
        now = time.monotonic()
        if self.has_bar:
            self._draw(progress.line(pages, now - self._begun)[: _columns() - 1].encode())
        elif now - self._said_at >= _LINE_SECONDS and pages:
            self._said_at = now
            _write(_ERR, f"pympr: {progress.line(pages, now - self._begun)}\n".encode())

    def _add(self, source: _Source) -> None:
        self._selector.register(source.descriptor, selectors.EVENT_READ, source)

    def _pass(self, source: _Source) -> None:
        data = source.read()
        if data is None:
            self._selector.unregister(source.descriptor)
        self._show(source.target, source.rest() if data is None else data)

    def _show(self, target: int, data: bytes) -> None:
        if not data:
            return
        bar = self._bar
        self._draw(b"")
        _write(target, data)
        if data.endswith(b"\n"):
            self._draw(bar)

    def _draw(self, bar: bytes) -> None:
        if bar != self._bar:
            _write(_ERR, _CLEAR + bar)
            self._bar = bar


def _columns() -> int:
    """The terminal's width; some say 0."""
    return (os.get_terminal_size(_ERR).columns if os.isatty(_ERR) else 0) or 80


def _write(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BrokenPipeError:
            return

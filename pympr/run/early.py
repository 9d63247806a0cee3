"""The guard before there is a world: a rank that ends before MPI has started would leave the others in its start."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from pympr.collectives.launcher import Launch, find_launch, needs_mpi
from pympr.collectives.world import world
from pympr.run import exit_status, guard
from pympr.run.ending import meet_at_end
from pympr.run.failure import exit_code, format_error
from pympr.run.jobdir import VARIABLE, JobDirectory

# While MPI starts, Python does not run: another process has to say what is wrong and end this one.
_LIMIT_SECONDS = 3.5
_LAST_RESORT = """
sleep "$1" </dev/null >/dev/null 2>&1
kill -0 "$2" || exit 0
[ -z "$5" ] || printf '%s' "$3 $4" >"$5/failure"
[ -z "$4" ] || printf 'pympr: %s\\n' "$4" >&2
sleep 0.2 </dev/null >/dev/null 2>&1
kill -KILL "$2"
"""

# Processes that a rank starts inherit the launcher's variables, yet are no ranks.
_OWNER = "PYMPR_RANK_PID"

_early: "EarlyGuard | None" = None


def prepare() -> None:
    """Hook in when a launcher started this process as one of several; starts nothing. For the import of a face."""
    global _early
    launch = find_launch(os.environ)
    if _early is not None or launch is None or launch.size == 1 or not needs_mpi(os.environ, False):
        return
    if os.environ.setdefault(_OWNER, str(os.getpid())) == str(os.getpid()):
        _early = EarlyGuard(launch)


class EarlyGuard:
    """Stands in until `guard.install` takes over."""

    def __init__(self, launch: Launch):
        self._launch = launch
        self._pid = os.getpid()
        self._excepthook = sys.excepthook
        exit_status.watch()
        sys.excepthook = self.on_exception
        threading._register_atexit(self.on_end)  # type: ignore[attr-defined]

    def on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """An exception escaped the script: report it, start MPI where it has not been, and end all ranks."""
        if not self._is_needed():
            self._excepthook(kind, error, trace)
            return
        if getattr(error, "failing_rank", None) not in (None, self._launch.rank):
            time.sleep(guard.PATIENCE_SECONDS)
        code = exit_code(error)
        with self._last_resort(code, ""):
            self._end_all(code, "an exception ended the script", format_error(error))

    def on_end(self) -> None:
        """The script has ended before the first action: meet the others, which may be in the start of MPI."""
        if not self._is_needed():
            return
        code = exit_status.status()
        with self._last_resort(code, self._ending(code)):
            try:
                ranks = world()
            except Exception:
                return  # without a working MPI no rank waits for this one
            if not ranks.is_solo:
                meet_at_end(ranks, code, self._end_all)

    def _end_all(self, code: int, reason: str, details: str) -> None:
        if self._is_reporter():
            guard.report(f"{self._name()}: {reason}; all ranks end with code {code}\n{details}")
        from mpi4py import MPI

        time.sleep(guard.FORWARDING_SECONDS)
        MPI.COMM_WORLD.Abort(code)

    def _is_reporter(self) -> bool:
        """Under `pympr run` the first to fail; without its directory ranks that fail alike all report."""
        given = os.environ.get(VARIABLE, "")
        return not given or JobDirectory(Path(given), is_kept=True).claim("report")

    def _is_needed(self) -> bool:
        is_over = "mpi4py.MPI" in sys.modules and sys.modules["mpi4py.MPI"].Is_finalized()
        return os.getpid() == self._pid and not guard.is_installed() and not is_over

    @contextmanager
    def _last_resort(self, code: int, text: str) -> Iterator[None]:
        """Should the block take too long, `text` is printed and this process killed, which every launcher notices."""
        if not code:
            yield
            return
        values = (str(_LIMIT_SECONDS), str(self._pid), str(code), text, os.environ.get(VARIABLE, ""))
        killer = subprocess.Popen(["/bin/sh", "-c", _LAST_RESORT, "pympr-end", *values], stdin=subprocess.DEVNULL)
        try:
            yield
        finally:
            killer.kill()
            killer.wait()

    def _ending(self, code: int) -> str:
        where = exit_status.place() or os.path.basename(sys.argv[0])
        place = f"rank {self._launch.rank} of {self._launch.size}, pid {self._pid}"
        return f"{place}: the script ended with exit code {code} at {where} before the others; all ranks end"

    def _name(self) -> str:
        size = "" if self._launch.size is None else f" of {self._launch.size}"
        return f"pympr: rank {self._launch.rank}{size} (pid {self._pid})"

"""No rank ends alone: whatever ends one rank ends all, within seconds, with one report and a code."""

import atexit
import faulthandler
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from pympr.collectives.world import World
from pympr.config import Config
from pympr.run import agreement, exit_status, stations
from pympr.run.ending import meet_at_end
from pympr.run.failure import INTERRUPTED, exit_code, format_error
from pympr.run.jobdir import JobDirectory, job_directory
from pympr.run.meeting import channel

LOST = 69
# How long a rank that only heard of a failure leaves the report to the rank that failed.
PATIENCE_SECONDS = 3.0
# How long a rank waits to be ended by the one that reports.
_REPORTING_SECONDS = 2.0
# How long launchers need to pass a report on: an abort at once can lose it.
FORWARDING_SECONDS = 0.2

_guard: "Guard | None" = None


def install(world: World, config: Config | None = None) -> None:
    """Guard this process (collective, once, before the first action); does nothing in a world of one rank."""
    global _guard
    if _guard is None and not world.is_solo:
        # A rank that ended its script before this is in its last meeting: the first collective has to be one, too.
        agreement.agree_on(world, {"action": "the start"})
        _guard = Guard(world, job_directory(world, (config or Config()).run_dir))
        _guard.hook_in()


def guard() -> "Guard | None":
    """The guard of this process, None before `install`, in a world of one rank and in a forked child."""
    return _guard if _guard is not None and _guard.is_ours() else None


def is_installed() -> bool:
    """Whether `install` has taken over in this process or the one it was forked from."""
    return _guard is not None


def tell(text: str) -> None:
    """Print a remark about the running job with this rank's name."""
    if (found := guard()) is not None:
        report(f"{found.name()}: {text}\n")


def end_all(code: int, reason: str, details: str = "") -> None:
    """End all ranks as `Guard.end_all` does; nothing in a world of one rank or when this rank has ended."""
    if (found := guard()) is not None:
        found.end_all(code, reason, details)


class Guard:
    """The hooks of one process and what they share."""

    def __init__(self, world: World, directory: JobDirectory):
        self.world = world
        self.directory = directory
        self._pid = os.getpid()
        self._has_ended = False
        self._excepthook = sys.excepthook
        self._thread_hook = threading.excepthook
        self._leave = os._exit
        self._closers: list[Callable[[], None]] = []
        channel(world)

    def hook_in(self) -> None:
        """Take the places through which a rank can end."""
        # Executors join their threads in a callback too; imported first, theirs runs after ours.
        import concurrent.futures.thread  # noqa: F401

        exit_status.watch()
        if self.world.rank == 0 and self.directory.is_kept:
            self.directory.write("started", "")
        sys.excepthook = self.on_exception
        threading.excepthook = self.on_thread_exception
        threading._register_atexit(self.on_end)  # type: ignore[attr-defined]
        atexit.register(self.on_exit)
        os._exit = self.on_leave  # type: ignore[assignment]
        _enable_faulthandler()

    def is_ours(self) -> bool:
        """Whether this is the guarded process and it can still speak to the others (a forked child cannot)."""
        return os.getpid() == self._pid and not self._has_ended and not _is_mpi_over()

    def on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """An exception escaped the script: report it and end all ranks."""
        if not self.is_ours():
            self._excepthook(kind, error, trace)
            return
        if getattr(error, "failing_rank", None) not in (None, self.world.rank):
            time.sleep(PATIENCE_SECONDS)
        self.end_all(exit_code(error), "an exception ended the script", format_error(error))

    def on_thread_exception(self, args: Any) -> None:
        """An exception ended a thread: report it; the rank goes on unless its main thread has ended."""
        if not self.is_ours() or args.exc_type is SystemExit:
            self._thread_hook(args)
            return
        name = args.thread.name if args.thread is not None else "a thread"
        if not threading.main_thread().is_alive():
            self.end_all(1, f"an exception ended thread {name} after the script", format_error(args.exc_value))
        report(f"{self.name()}: an exception ended thread {name}; the script goes on\n{format_error(args.exc_value)}")

    def on_leave(self, status: int) -> None:
        """`os._exit` would look like success to some launchers."""
        if self.is_ours():
            self.end_all(
                status & 0xFF or LOST,
                f"os._exit({status}) was called",
                "".join(traceback.format_stack(sys._getframe(1), 3)),
            )
        self._leave(status)

    def on_end(self) -> None:
        """The script has ended on this rank: see that it has on the others, before MPI is shut down."""
        if not self.is_ours():
            return
        try:
            meet_at_end(self.world, exit_status.status(), self.end_all)
        except BaseException as error:
            self.end_all(
                INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1,
                "the end of the script failed",
                format_error(error),
            )
        for close in self._closers:
            close()
        self._has_ended = True
        self._close()

    def before_end(self, close: Callable[[], None]) -> None:
        """Call `close` when all ranks have ended their script and MPI still works; it may be collective."""
        self._closers.append(close)

    def on_exit(self) -> None:
        """The interpreter is about to end: a forked child must not shut down the MPI of its parent."""
        if os.getpid() != self._pid:
            _flush(sys.stdout)
            _flush(sys.stderr)
            self._leave(exit_status.status())

    def end_all(self, code: int, reason: str, details: str = "") -> None:
        """Report, unless another rank of the node did, and end all ranks with `code`; does not return."""
        _flush(sys.stdout)
        if self.directory.claim("report"):
            report(f"{self.name()}: {reason}; all ranks end with code {code}\n{details}")
            self._record(code, reason)
            time.sleep(FORWARDING_SECONDS)
        else:
            time.sleep(_REPORTING_SECONDS)
        from mpi4py import MPI

        self.directory.free()
        MPI.COMM_WORLD.Abort(code)

    def _close(self) -> None:
        station = stations.current()
        if station is not None:
            station.close()
        if self.world.rank == 0 and self.directory.is_kept:
            self.directory.write("complete", "")
        if self.world.node().rank == 0:
            self.directory.free()

    def _record(self, code: int, reason: str) -> None:
        try:
            self.directory.write("failure", f"{code} {self.world.rank} {reason}")
        except OSError:
            pass  # the report has been printed; only `pympr run` reads the record

    def name(self) -> str:
        """How this rank signs what it prints."""
        return f"pympr: rank {self.world.rank} of {self.world.size} ({self.world.hostname}, pid {self._pid})"


def _is_mpi_over() -> bool:
    from mpi4py import MPI

    return MPI.Is_finalized()


def _enable_faulthandler() -> None:
    if faulthandler.is_enabled():
        return
    try:
        faulthandler.enable(all_threads=False)
    except (OSError, ValueError, AttributeError, RuntimeError):
        pass  # standard error has no file behind it


def report(text: str) -> None:
    """Print to standard error in one write, so that ranks and threads do not mix within a report."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except Exception:
        os.write(2, text.encode("utf-8", "backslashreplace"))


def _flush(stream: Any) -> None:
    try:
        stream.flush()
    except Exception:
        pass  # closed or broken: what it held is lost either way

"""pytest on ranks: every rank runs every test, and no failure hangs the run.

Two kinds of tests. Those marked `mpi` run under mpirun, on all ranks together, at
1, 2, 3 and 4 ranks and at those `@pytest.mark.ranks(5, 8)` adds. All others run
once, in one process in which mpi4py.MPI cannot be imported. `tests/run.py` starts both. A file
may hold both kinds if it imports mpi4py.MPI inside its tests.

After every phase of a test (setup, call, teardown) the ranks meet, on a
communicator that no test sees, and agree on the outcome: a test that failed
on one rank has failed on all. A rank that failed while others are stuck in a
collective waits a grace period, asks them for their stacks and aborts the job.
A test that no rank leaves is ended by pytest-timeout's method "thread" (the
method "signal" cannot interrupt a blocking MPI call).

pytest-mpi gives the markers, their skips and `mpi_tmp_path`. It has no part in ending a
run: with it alone, a raise before a collective hangs.
"""

import collections
import faulthandler
import json
import os
import pathlib
import signal
import sys
import time

import pytest
from hypothesis import HealthCheck, settings

FOLDER = os.environ.get("PYMPR_TEST_FOLDER")
IS_NIGHTLY = os.environ.get("PYMPR_TEST_NIGHTLY") == "1"
# Which of the plain tests: "slow" and "faults" those marked so, "quick" the others, "" all.
PART = os.environ.get("PYMPR_TEST_PART", "")
# Run one test in this many: a sample.
EVERY = int(os.environ.get("PYMPR_TEST_EVERY", "1"))
GRACE_SECONDS = float(os.environ.get("PYMPR_TEST_GRACE_SECONDS", "10"))
# Faulthandler's C handler writes the stacks even where Python code cannot run.
STACKS_SIGNAL = signal.SIGRTMAX - 1

# Machines may be shared and slow: no test fails because an example took long to make or to run.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("plain", max_examples=300 if IS_NIGHTLY else 100, **PATIENT)
settings.register_profile("quick", max_examples=8, derandomize=True, **PATIENT)
# Ranks must draw the same examples, or their collectives would not match.
settings.register_profile(
    "ranks",
    deadline=None,
    max_examples=100 if IS_NIGHTLY else 20,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


class Record:
    """What happened, a line each, flushed: the runner reads what a dead rank was doing."""

    def __init__(self, folder: pathlib.Path, rank: int):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"rank{rank}"
        self.lines = self.open(".record")
        self.stacks = self.open(".stacks")
        self.outcomes: dict[str, str] = {}
        self.write(pid=os.getpid())
        faulthandler.enable(file=self.stacks, all_threads=True)
        faulthandler.register(STACKS_SIGNAL, file=self.stacks, all_threads=True)

    def open(self, suffix: str):
        return open(self.path.with_suffix(suffix), "w", buffering=1)

    def write(self, **fields):
        self.lines.write(json.dumps(fields) + "\n")

    def pytest_collectstart(self, collector):
        self.write(start=collector.nodeid)

    def pytest_collectreport(self, report):
        if report.failed:
            self.write(test=report.nodeid, outcome="failed")

    def pytest_runtest_logstart(self, nodeid):
        self.write(start=nodeid)
        self.outcomes[nodeid] = "passed"

    def pytest_runtest_logreport(self, report):
        worst = max("passed skipped failed".split().index(text) for text in self._pair(report))
        self.outcomes[report.nodeid] = ["passed", "skipped", "failed"][worst]

    def _pair(self, report):
        return self.outcomes.get(report.nodeid, "passed"), report.outcome

    def pytest_runtest_logfinish(self, nodeid):
        self.write(test=nodeid, outcome=self.outcomes.pop(nodeid))

    @pytest.hookimpl(wrapper=True)
    def pytest_timeout_set_timer(self, item, settings):
        # Shortly before pytest-timeout ends the process, so that all ranks tell where they stand.
        faulthandler.dump_traceback_later(0.9 * settings.timeout, file=self.stacks)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_timeout_cancel_timer(self, item):
        faulthandler.cancel_dump_traceback_later()
        return (yield)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus):
        self.write(finished=int(exitstatus))
        self.path.with_suffix(".finished").touch()


class Plain:
    """One process: what is marked mpi stays out, and for the rest there is no MPI."""

    def __init__(self, files: list[str]):
        self.files = set(files)
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        if name == "mpi4py.MPI":
            raise ImportError("tests without the mpi marker run without MPI; mark the test, import mpi4py.MPI inside")

    def pytest_ignore_collect(self, collection_path):
        # Files of mpi tests only are not imported: at their top they may import MPI and ask for their rank.
        return True if collection_path.is_file() and str(collection_path) not in self.files else None

    def pytest_collection_modifyitems(self, config, items):
        keep(config, items, lambda item: item.get_closest_marker("mpi") is None and is_due(item))
        if PART:
            keep(config, items, lambda item: part_of(item) == PART)


class Ranks:
    """Many processes that run the same tests and agree on every outcome."""

    def __init__(self, world, record: Record):
        self.world, self.record = world, record
        self.comm = world.Dup()
        self.pids = self.comm.allgather(os.getpid())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session):
        for plugin in session.config.pluginmanager.get_plugins():
            if type(plugin).__name__ == "MPIPlugin":
                plugin._is_testing_mpi = False  # silences its page about MPI at the end; nothing else reads it
        if self.world.rank:
            session.config.get_terminal_writer()._file = self.record.open(".log")

    def pytest_collection_modifyitems(self, config, items):
        usual = os.environ["PYMPR_TEST_USUAL_SIZE"] == "1"
        keep(config, items, lambda item: runs_at(item, self.world.size, usual))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        self.meet("collection", [item.nodeid for item in session.items], GRACE_SECONDS * 6)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        text = report.longreprtext if report.failed else ""
        if report.failed:
            self.tell(f"{item.nodeid} failed in {call.when}:\n{text}")
        patience = GRACE_SECONDS if report.failed else None
        self.agree(report, self.meet(f"{item.nodeid} ({call.when})", (report.outcome, text), patience))
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self):
        self.meet("session", None, GRACE_SECONDS)
        return (yield)

    def meet(self, place: str, value, patience_seconds: float | None) -> list:
        """Every rank's value, or the end of the job where the ranks do not all come here."""
        request = self.comm.Ibarrier()
        end = time.monotonic() + (patience_seconds or float("inf"))
        while not request.Test():
            if time.monotonic() > end:
                self.give_up(f"waited {patience_seconds:g} s for the other ranks at the end of {place}")
            time.sleep(0.0002)
        places, values = zip(*self.comm.allgather((place, value)))
        if len(set(places)) > 1 or (place == "collection" and any(item != value for item in values)):
            self.give_up(f"the ranks are not at the same place or run other tests: {places}")
        return list(values)

    def agree(self, report, values: list) -> None:
        """Make `report` the same on all ranks: failed where one failed or they differ."""
        failed = [rank for rank, (outcome, _) in enumerate(values) if outcome == "failed"]
        if failed and not report.failed:
            report.longrepr = "\n".join(f"rank {rank} failed:\n{values[rank][1]}" for rank in failed)
        elif failed:
            report.sections += [(f"rank {rank} failed", values[rank][1]) for rank in failed if rank != self.world.rank]
        elif len({outcome for outcome, _ in values}) > 1:
            report.longrepr = f"the ranks' outcomes differ: {[outcome for outcome, _ in values]}"
        else:
            return
        report.outcome = "failed"

    def tell(self, text: str) -> None:
        self.record.stacks.write(text + "\n")

    def give_up(self, why: str) -> None:
        self.tell(why)
        for pid in self.pids:
            if pid != os.getpid():
                os.kill(pid, STACKS_SIGNAL)
        time.sleep(1)
        self.world.Abort(13)


def runs_at(item, size: int, usual: bool) -> bool:
    """Whether an item is for this number of ranks; `usual` where all mpi tests are."""
    if item.get_closest_marker("mpi") is None or not is_due(item):
        return False
    return usual or size in sizes_added(item)


def is_due(item) -> bool:
    """Whether an item is for this run: what takes too long for every change is for nightly ones."""
    return IS_NIGHTLY or item.get_closest_marker("nightly") is None


def part_of(item) -> str:
    """Which part of the plain tests an item belongs to."""
    return next((name for name in ("faults", "slow") if item.get_closest_marker(name)), "quick")


def sizes_added(item) -> set[int]:
    """The numbers of ranks at which an mpi test runs beside the usual ones."""
    return {size for mark in item.iter_markers("ranks") for size in mark.args if is_due_at(mark)}


def is_due_at(mark) -> bool:
    return IS_NIGHTLY or not mark.kwargs.get("nightly", False)


def keep(config, items: list, wanted) -> None:
    dropped = [item for item in items if not wanted(item)]
    items[:] = [item for item in items if wanted(item)]
    config.hook.pytest_deselected(items=dropped)


class Sample:
    """One test in `EVERY`, whatever else is chosen."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        kept = set(items[::EVERY])
        keep(config, items, lambda item: item in kept)


class Listing:
    """What the runner has to start: files with plain tests, the number of mpi tests, the sizes they add."""

    def __init__(self):
        self.broken: set[str] = set()

    def pytest_collectreport(self, report):
        if report.failed and report.fspath:
            self.broken.add(report.fspath)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        due = [item for item in session.items if is_due(item)]
        on_ranks = [item for item in due if item.get_closest_marker("mpi")]
        off_ranks = [item for item in due if not item.get_closest_marker("mpi")]
        plain = {str(item.path) for item in off_ranks}
        broken = {str(session.config.rootpath / path) for path in self.broken}
        sizes = {size for item in on_ranks for size in sizes_added(item)}
        found = {
            "plain": sorted(plain | broken),
            "parts": collections.Counter(map(part_of, off_ranks)),
            "mpi": len(on_ranks),
            "broken": len(broken),
            "sizes": sorted(sizes),
        }
        pathlib.Path(FOLDER, "listing.json").write_text(json.dumps(found))


def pytest_configure(config):
    if not config.getoption("--with-mpi"):
        configure_plain(config)
    elif FOLDER is None:
        raise pytest.UsageError("tests on ranks are started by 'python tests/run.py -n 1,2 [pytest arguments]'")
    else:
        configure_ranks(config)


def configure_plain(config) -> None:
    settings.load_profile(os.environ.get("PYMPR_TEST_PROFILE", "plain"))
    if EVERY > 1:
        config.pluginmanager.register(Sample())
    if FOLDER is None:
        return
    if config.getoption("--collect-only"):
        config.pluginmanager.register(Listing())
        return
    folder = pathlib.Path(FOLDER, f"n0{PART}")
    config.pluginmanager.register(Record(folder, 0))
    config.pluginmanager.register(Plain(json.loads(pathlib.Path(FOLDER, "listing.json").read_text())["plain"]))
    config.option.basetemp = config.option.basetemp or str(folder / "tmp")


def configure_ranks(config) -> None:
    from mpi4py import MPI

    world = MPI.COMM_WORLD
    folder = pathlib.Path(FOLDER, f"n{world.size}")
    settings.load_profile("ranks")
    record = Record(folder, world.rank)
    config.pluginmanager.register(record)
    config.pluginmanager.register(Ranks(world, record))
    config.option.basetemp = str(folder / f"tmp{world.rank}")

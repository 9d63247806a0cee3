"""Who waits for whom is said once, by name; a job that hangs or lost a rank is ended."""

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from launching import allowed, mpirun, python

from pympr.collectives.world import World
from pympr.run import processes, stations, waiting, watch
from pympr.run.pages import PAGE_BYTES, Page, page_path, read_page, read_pages
from pympr.run.stations import Station

pytestmark = pytest.mark.faults

WARN_SECONDS, HANG_SECONDS = "0.5", "2"


def launch(stall: str, tmp_path, size: int = 3, **settings):
    settings = {"PYMPR_WARN_SECONDS": WARN_SECONDS, "PYMPR_HANG_SECONDS": HANG_SECONDS} | settings
    return mpirun(python("stalls.py", stall), size, PYMPR_RUN_DIR=str(tmp_path), **settings)


@pytest.mark.parametrize(
    ("stall", "words"),
    [
        ("stop", ["rank 1 (pid ", "which has been in the script", "stopped by a signal, no sign of life for"]),
        (
            "endless-map",
            ["which has been in map (stage 2) at user.py:12", "1,000 rows, 1 of 4 parts", "in endless_map"],
        ),
        ("other-collective", ["which waits in exchange at user.py:20", "in other_collective"]),
    ],
)
def test_rank_that_keeps_others_waiting_is_named_and_the_job_ended(stall, words, tmp_path):
    outcome = launch(stall, tmp_path)
    assert outcome.code == 124, outcome.err
    assert outcome.seconds < allowed(float(HANG_SECONDS) + 5)
    assert outcome.reports() == 1, outcome.err
    warning, report = outcome.err.split("no progress for 2 s", 1)
    assert "ranks 0, 2 wait in collect at stalls.py:" in warning
    assert "ranks 0, 2 wait in collect at stalls.py:" in report
    assert "in agree_on" in report and "in main" in report
    assert [word for word in words if word not in report] == []
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("stall", "words"),
    [
        ("stop-for-a-while", "stopped by a signal"),
        ("slow-map", "which has been in map (stage 2) at user.py:12"),
        ("late-end", "ranks 0, 2 wait in the end of the script"),
    ],
)
def test_rank_that_comes_late_costs_one_warning(stall, words, tmp_path):
    hang_seconds = "10" if stall == "stop-for-a-while" else "1.5"
    outcome = launch(stall, tmp_path, PYMPR_HANG_SECONDS=hang_seconds)
    assert (outcome.code, outcome.reports()) == (0, 0), outcome.err
    assert outcome.err.count("wait in") == 1, outcome.err
    assert words in outcome.err
    assert os.listdir(tmp_path) == []


def test_job_that_was_suspended_as_a_whole_goes_on(tmp_path):
    outcome = launch("all-stopped", tmp_path, PYMPR_WARN_SECONDS="0")
    assert (outcome.code, outcome.reports()) == (0, 0), outcome.err
    assert outcome.seconds > 4


def test_quiet_while_nobody_waits_long(tmp_path):
    outcome = launch("nothing", tmp_path, PYMPR_WARN_SECONDS="30")
    assert (outcome.code, outcome.err.count("pympr:")) == (0, 0), outcome.err


def test_limits_of_zero_switch_the_watchdog_off(tmp_path):
    outcome = launch("slow-map", tmp_path, PYMPR_WARN_SECONDS="0", PYMPR_HANG_SECONDS="0")
    assert (outcome.code, outcome.err.count("pympr:")) == (0, 0), outcome.err


def test_lost_rank_is_named_where_the_launcher_does_not_see_it(tmp_path):
    # The launcher's own child is a shell, which lives on.
    keeper = (
        "import subprocess, sys, time; subprocess.run([sys.executable, *sys.argv[1:]], close_fds=False); time.sleep(60)"
    )
    outcome = mpirun(["-c", keeper, *python("stalls.py", "kill")], 3, PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.reports() == 1, outcome.err
    assert "rank 1 (pid " in outcome.err and "is gone: killed or crashed; all ranks end with code 69" in outcome.err
    assert outcome.code == 69
    assert outcome.seconds < allowed(6)


def page(rank: int, operation: str = "count", waits: bool = True, age: float = 60.0, **fields) -> Page:
    """A page as of time 1,000 that has not changed for `age` seconds."""
    since = 1000 - age
    values = Page(
        rank, 4, 100 + rank, 1, 1, waits, False, since, 0, 0, 0, 0, since, "node", operation, "a.py:31", "", 1000.0
    )
    return values._replace(**fields)


def test_no_stall_while_nobody_has_waited_long():
    pages = [page(0, age=5), page(1, "map", waits=False)]
    assert waiting.find_stall(pages, 1000, 30) is None


def test_stall_is_around_the_lowest_waiting_rank():
    pages = [page(0, "map", waits=False), page(1), page(2, "exchange"), page(3)]
    stall = waiting.find_stall(pages, 1000, 30)
    assert [each.rank for each in stall.waiters] == [1, 3]
    assert [each.rank for each in stall.missing] == [0, 2]


def test_rank_just_below_the_limit_is_part_of_the_stall():
    stall = waiting.find_stall([page(0, age=29), page(1, "exchange", age=31)], 1000, 30)
    assert [each.rank for each in stall.waiters] == [0]
    assert [each.rank for each in stall.missing] == [1]


def test_progress_of_the_missing_rank_is_no_hang():
    busy = waiting.Stall([page(0)], [page(1, "map", waits=False, changed=999.0)])
    stuck = waiting.Stall([page(0)], [page(1, "map", waits=False)])
    assert not waiting.is_hanging(busy, 1000, 30, lambda page: "R")
    assert waiting.is_hanging(stuck, 1000, 30, lambda page: "R")


@pytest.mark.parametrize(("state", "hangs"), [("R", False), ("S", False), ("?", False), ("T", True), ("", True)])
def test_work_after_the_last_action_is_no_hang(state, hangs):
    stall = waiting.Stall([page(0, waiting.END)], [page(1, "the script", waits=False)])
    assert waiting.is_hanging(stall, 1000, 30, lambda page: state) is hangs


def test_stall_names_places_states_and_progress():
    missing = [
        page(1, "map", waits=False, stage="stage 2", rows=5000, done=1, total=8, heartbeat=988.0),
        page(2, "the script", waits=False, where=""),
    ]
    text = waiting.describe_stall(
        waiting.Stall([page(0), page(3)], missing), 1000, lambda page: "T" if page.rank == 1 else ""
    )
    assert text == (
        "ranks 0, 3 wait in count at a.py:31 (60 s) for\n"
        "  rank 1 (pid 101, node), which has been in map (stage 2) at a.py:31 for 60 s, 5,000 rows, 1 of 8 parts, "
        "last progress 60 s ago: stopped by a signal, no sign of life for 12 s; `kill -CONT` wakes it\n"
        "  rank 2 (pid 102, node), which has been in the script for 60 s: the process is gone"
    )


def test_many_missing_ranks_are_folded():
    missing = [page(rank, "map", waits=False) for rank in range(1, 101)]
    text = waiting.describe_stall(waiting.Stall([page(0)], missing), 1000, lambda page: "R")
    assert len(text.splitlines()) == 10
    assert text.splitlines()[-1] == "  and ranks 9-100"


def test_missing_rank_of_another_node_is_said():
    text = waiting.describe_stall(waiting.Stall([page(0), page(1)], []), 1000, lambda page: "R")
    assert text.endswith("a rank on another node is missing")


def test_station_shows_nested_steps_and_counts(tmp_path):
    path = page_path(tmp_path, 3)
    station = Station(3, 4, "node", path)
    assert read_page(path).operation == "the script"
    with station.doing("map", where="a.py:7", stage="stage 1"):
        station.progress(rows=10, bytes=80, done=1, total=4)
        station.progress(rows=5)
        with station.doing("exchange", waits=True):
            found = read_page(path)
    assert (found.rank, found.size, found.pid, found.host) == (3, 4, os.getpid(), "node")
    assert (found.operation, found.where, found.stage, found.waits) == ("exchange", "a.py:7", "stage 1", True)
    assert (found.rows, found.bytes, found.done, found.total) == (15, 80, 1, 4)
    assert read_page(path).operation == "the script"
    station.close()
    assert read_page(path).has_ended


def test_counters_start_again_with_a_stage(tmp_path):
    path = page_path(tmp_path, 0)
    station = Station(0, 1, "node", path)
    with station.doing("map", stage="stage 1"):
        station.progress(rows=10)
    with station.doing("map", stage="stage 2"):
        assert read_page(path).rows == 0


@given(st.text(max_size=100), st.text(max_size=300), st.text(max_size=300))
def test_page_holds_any_text(host, operation, where):
    station = Station(0, 1, host)
    with station.doing(operation, where):
        found = station.page()
    for text, kept in ((host, found.host), (operation, found.operation), (where, found.where)):
        encoded = text.encode("utf-8", "replace").rstrip(b"\0")
        assert encoded.startswith(kept.rstrip("\ufffd").encode("utf-8", "replace"))


def test_page_that_is_no_page_is_not_read(tmp_path):
    (tmp_path / "rank.0").write_bytes(b"")
    (tmp_path / "rank.1").write_bytes(b"x" * PAGE_BYTES)
    assert read_pages(tmp_path) == []
    assert read_page(tmp_path / "rank.2") is None


def test_station_of_a_forked_child_is_silent(tmp_path):
    stations.set_current(Station(0, 1, "node", page_path(tmp_path, 0)))
    try:
        pid = os.fork()
        if pid == 0:
            os._exit(0 if stations.current() is None else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert stations.current() is not None
    finally:
        stations.set_current(None)


def test_solo_world_has_a_station_without_a_thread():
    import threading

    try:
        station = watch.open(World(None))
        assert watch.open(World(None)) is station
        with station.doing("map", stage="stage 1"):
            station.progress(rows=1)
        assert "pympr-watchdog" not in [thread.name for thread in threading.enumerate()]
    finally:
        stations.set_current(None)


def test_state_of_processes():
    import signal
    import subprocess
    import sys

    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert processes.state(child.pid) in "RSD"
    child.send_signal(signal.SIGSTOP)
    until = time.monotonic() + 60
    while processes.state(child.pid) != "T" and time.monotonic() < until:
        time.sleep(0.01)
    assert processes.state(child.pid) == "T"
    child.kill()
    while processes.state(child.pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert processes.state(child.pid) == ""
    child.wait()
    assert processes.state(child.pid) == ""

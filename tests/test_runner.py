"""The runner itself: whatever one rank does, the run ends, fails and says where the ranks stood."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

TESTS = pathlib.Path(__file__).parent
pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

HEADER = """
import os, signal, sys, time
import pytest
from mpi4py import MPI
COMM = MPI.COMM_WORLD
RANK = COMM.rank

@pytest.mark.mpi
def test_before():
    assert COMM.allreduce(1) == COMM.size
"""

AFTER = """
@pytest.mark.mpi
def test_after():
    assert COMM.allreduce(1) == COMM.size
"""


def one_rank_does(statement: str) -> str:
    return (
        HEADER
        + f"""
@pytest.mark.mpi
def test_middle():
    if RANK == COMM.size - 1:
        {statement}
    COMM.Barrier()
"""
        + AFTER
    )


@pytest.fixture
def run(tmp_path):
    """Run a generated test file under the runner; its exit status, closing line, output and seconds."""
    for name in ("run.py", "conftest.py"):
        shutil.copy(TESTS / name, tmp_path / name)
    shutil.copy(TESTS.parent / "pyproject.toml", tmp_path / "pyproject.toml")

    def start(text: str, *arguments: str, test_timeout: float = 20):
        (tmp_path / "test_generated.py").write_text(text)
        environment = dict(os.environ, PYMPR_TEST_GRACE_SECONDS="2")
        begin = time.monotonic()
        done = subprocess.run(
            [sys.executable, "run.py", f"--test-timeout={test_timeout}", *arguments, "test_generated.py"],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=200,
        )
        return Result(done, time.monotonic() - begin)

    start.folder = tmp_path
    return start


class Result:
    def __init__(self, done: subprocess.CompletedProcess, seconds: float):
        self.status, self.seconds = done.returncode, seconds
        self.output, self.stderr = done.stdout, done.stderr
        self.closing = done.stdout.splitlines()[-1]

    def __repr__(self):
        return f"status {self.status}, {self.seconds:.1f} s\n{self.output}\n{self.stderr}"


def test_all_pass_and_sizes_add_up(run):
    text = "import pytest\n@pytest.mark.mpi\ndef test_any(): pass\n"
    text += "@pytest.mark.mpi(min_size=2)\ndef test_two(): pass\ndef test_plain(): pass\n"
    result = run(text, "-n", "0,1,3")
    assert result.closing == "4 passed, 0 failed, 1 skipped", result
    assert result.status == 0


def test_default_sizes_and_those_a_marker_adds(run):
    text = HEADER + "@pytest.mark.mpi\n@pytest.mark.ranks(5)\ndef test_five(): assert COMM.allreduce(1) == COMM.size\n"
    result = run(text)
    assert re.findall(r"== (\d) rank.*?: (\d) passed", result.output) == [
        ("1", "2"), ("2", "2"), ("3", "2"), ("4", "2"), ("5", "1"),
    ]  # fmt: skip
    assert result.closing == "9 passed, 0 failed, 0 skipped", result


@pytest.mark.parametrize("size", [1, 3])
def test_failed_assertion_fails_on_all_and_the_run_goes_on(run, size):
    result = run(one_rank_does("COMM.Barrier(); assert RANK == 77"), "-n", str(size))
    assert "assert RANK == 77" in result.output, result
    if size == 1:
        assert result.closing == "2 passed, 1 failed, 0 skipped", result
    assert result.status == 1


def test_failure_after_the_last_collective_is_agreed_on(run):
    middle = "@pytest.mark.mpi\ndef test_middle():\n    COMM.Barrier()\n    assert RANK != 1, 'only here'\n"
    text = HEADER + middle + AFTER
    result = run(text, "-n", "3")
    assert result.closing == "2 passed, 1 failed, 0 skipped", result
    assert "rank 1 failed" in result.output and "only here" in result.output
    assert result.status == 1


def test_failed_setup_on_one_rank_keeps_the_others_out_of_the_test(run):
    fixture = "@pytest.fixture\ndef broken():\n    assert RANK != 1, 'no set-up here'\n"
    text = HEADER + fixture + "@pytest.mark.mpi\ndef test_middle(broken):\n    COMM.Barrier()\n" + AFTER
    result = run(text, "-n", "2")
    assert result.closing == "2 passed, 1 failed, 0 skipped", result
    assert "no set-up here" in result.output and result.seconds < 60


ONE_RANK = {
    "raises": "raise RuntimeError('alone here')",
    "exits": "sys.exit(0)",
    "os._exit": "os._exit(0)",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "hangs": "time.sleep(1000)",
    "hangs holding the interpreter": "import ctypes; ctypes.PyDLL(None).pause()",
}


@pytest.mark.parametrize("what, size", [*((what, 2) for what in ONE_RANK), ("raises", 3), ("hangs", 3)])
def test_one_rank_of_many(run, what, size):
    result = run(one_rank_does(ONE_RANK[what]), "-n", str(size), test_timeout=5)
    assert result.status == 1, result
    assert re.fullmatch(r"1 passed, [12] failed, 0 skipped", result.closing), result
    assert result.seconds < 100
    assert f"rank 0 of {size} did not finish, stood in test_generated.py::test_middle" in result.stderr, result
    if what not in ("os._exit", "killed"):  # these leave no time for a stack
        assert "in test_middle" in result.stderr, result


def test_hanging_ranks_show_their_stacks(run):
    text = HEADER + "def deep_inside(): COMM.Barrier()\n@pytest.mark.mpi\ndef test_middle():\n"
    text += "    if RANK == 1: raise RuntimeError('alone here')\n    deep_inside()\n"
    result = run(text, "-n", "3")
    assert result.status == 1
    assert result.stderr.count("in deep_inside") >= 2, result
    assert "alone here" in result.stderr


def test_test_that_no_rank_leaves(run):
    text = HEADER + "@pytest.mark.mpi\ndef test_middle():\n    COMM.recv(source=0, tag=12345)\n"
    result = run(text, "-n", "2", test_timeout=5)
    assert result.status == 1 and result.seconds < 60, result
    assert result.stderr.count("in test_middle") >= 2, result


def test_limit_ends_what_no_timeout_covers(run):
    text = HEADER + "if RANK == 1: time.sleep(1000)\n"
    result = run(text, "-n", "2", "--limit", "10")
    assert result.status == 1 and result.seconds < 60, result
    assert result.closing == "0 passed, 1 failed, 0 skipped"
    assert "test_generated.py" in result.stderr


def test_ranks_that_collect_other_tests(run):
    text = HEADER + "@pytest.mark.mpi\n@pytest.mark.parametrize('x', [RANK])\ndef test_middle(x): pass\n"
    result = run(text, "-n", "2")
    assert result.status == 1 and result.seconds < 60, result
    assert "run other tests" in result.stderr


def test_plain_test_finds_no_mpi(run):
    text = "def test_quiet(): pass\ndef test_plain():\n    from mpi4py import MPI\n"
    result = run(text, "-n", "0")
    assert "tests without the mpi marker run without MPI" in result.output, result
    assert result.closing == "1 passed, 1 failed, 0 skipped", result
    assert result.status == 1


def test_file_of_both_kinds_must_not_import_mpi_at_its_top(run):
    result = run(HEADER + "def test_plain(): pass\n", "-n", "0")
    assert result.status == 1, result
    assert "tests without the mpi marker run without MPI" in result.output, result


@pytest.mark.parametrize("size", [0, 2])
def test_file_that_cannot_be_collected(run, size):
    result = run("import nothing_of_this_name\n", "-n", str(size))
    assert result.status == 1 and "nothing_of_this_name" in result.output, result
    assert result.closing == "0 passed, 1 failed, 0 skipped"


def test_nothing_left_running(run):
    result = run(one_rank_does("time.sleep(4321)"), "-n", "2", "--limit", "8", test_timeout=1000)
    assert result.status == 1, result
    assert running(run.folder) == []


def test_terminated_runner_ends_its_ranks(run):
    (run.folder / "test_generated.py").write_text(HEADER + "@pytest.mark.mpi\ndef test_middle(): time.sleep(1000)\n")
    runner = subprocess.Popen([sys.executable, "run.py", "-n", "2", "test_generated.py"], cwd=run.folder)
    deadline = time.monotonic() + 60
    while len(running(run.folder)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(running(run.folder)) >= 2
    runner.terminate()
    assert runner.wait(30) == 128 + signal.SIGTERM
    assert running(run.folder) == []


def running(folder: pathlib.Path) -> list[int]:
    """The ranks that run in `folder`."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            is_rank = b"--with-mpi" in (process / "cmdline").read_bytes()
            if is_rank and (process / "cwd").resolve() == folder.resolve():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_no_test_selected_is_a_failure(run):
    result = run(HEADER, "-n", "0", "-k", "nothing_of_this_name")
    assert result.closing == "0 passed, 0 failed, 0 skipped", result
    assert result.status == 1

"""`pympr run`: codes that can be trusted, output as asked, nothing left behind."""

import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import time

import pytest
from launching import HERE, allowed, clean_environment, mpirun, pympr, python

from pympr.cli.library import find_library
from pympr.run.pages import read_pages

pytestmark = pytest.mark.faults

SIZE = 3
VENDOR = getattr(find_library()[0], "vendor", "")


def left_behind(folder: pathlib.Path) -> list[int]:
    """Processes of jobs whose directory lay in `folder`."""
    mark, found = f"PYMPR_JOB_DIR={folder}/".encode(), []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            found += [int(path.parent.name)] if mark in path.read_bytes() else []
        except OSError:
            continue
    return found


def start(program: str, *arguments: str, folder, size: int = SIZE, options: tuple[str, ...] = (), **environment: str):
    return pympr(
        "run", "-n", str(size), *options, *python(program, *arguments), PYMPR_RUN_DIR=str(folder), **environment
    )


@pytest.mark.parametrize(
    ("fault", "code", "reports", "words"),
    [
        ("nothing", 0, 0, ""),
        ("raise", 1, 1, "ZeroDivisionError"),
        ("all-exit-3", 3, 0, ""),
        ("other-action", 76, 1, "rank 2: collect at faults.py"),
        ("kill", 69, 0, "a rank was lost before the script ended"),
        ("leave-0", 69, 1, "os._exit(0)"),
        ("interrupt", 130, 1, "KeyboardInterrupt"),
    ],
)
def test_exit_codes(fault, code, reports, words, tmp_path):
    outcome = start("faults.py", fault, folder=tmp_path)
    assert (outcome.code, outcome.reports()) == (code, reports), outcome.err
    assert words in outcome.err
    assert outcome.seconds < allowed(5)
    assert os.listdir(tmp_path) == []
    assert left_behind(tmp_path) == []


def test_hang_has_code_124(tmp_path):
    outcome = start("stalls.py", "stop", folder=tmp_path, PYMPR_WARN_SECONDS="0.5", PYMPR_HANG_SECONDS="2")
    assert (outcome.code, outcome.reports()) == (124, 1), outcome.err
    assert "stopped by a signal" in outcome.err
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(("hang_seconds", "code"), [("1", 124), ("0", 143)])
def test_ranks_that_are_all_stopped_end(hang_seconds, code, tmp_path):
    """No rank's watchdog runs, but the supervisor's does, and a signal gets through."""
    job = launch_in_background(tmp_path, "60", PYMPR_HANG_SECONDS=hang_seconds)
    for pid in wait_for_ranks(job, tmp_path):
        os.kill(pid, signal.SIGSTOP)
    if code == 143:
        job.send_signal(signal.SIGTERM)
    assert job.wait(60) == code
    assert ("no sign of life from any rank" in job.stderr.read()) is (code == 124)
    assert left_behind(tmp_path) == []


def launch_in_background(folder, seconds: str, **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "pympr.cli.main", "run", "-n", "2", *python("work.py", seconds)]
    variables = clean_environment() | {"PYMPR_RUN_DIR": str(folder)} | environment
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_ranks(job: subprocess.Popen, folder: pathlib.Path) -> list[int]:
    """The pids of the ranks, once both are at work."""
    assert job.stdout.readline() == "at work\n", job.stderr.read()
    (directory,) = folder.iterdir()
    until = time.monotonic() + 30
    # A page that its rank is writing at the moment is not read.
    while len(pages := read_pages(directory)) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(pages) == 2
    return [page.pid for page in pages]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_the_job(number, code, tmp_path):
    job = launch_in_background(tmp_path, "60")
    wait_for_ranks(job, tmp_path)
    begin = time.monotonic()
    job.send_signal(number)
    assert job.wait(60) == code
    assert time.monotonic() - begin < allowed(8)
    assert left_behind(tmp_path) == []
    assert os.listdir(tmp_path) == []


def test_second_interrupt_ends_at_once(tmp_path):
    job = launch_in_background(tmp_path, "60")
    for pid in wait_for_ranks(job, tmp_path):
        os.kill(pid, signal.SIGSTOP)
    job.send_signal(signal.SIGINT)
    time.sleep(0.2)
    begin = time.monotonic()
    job.send_signal(signal.SIGINT)
    assert job.wait(60) == 130
    assert time.monotonic() - begin < allowed(4)
    assert left_behind(tmp_path) == []


def test_user_signal_reaches_the_ranks(tmp_path):
    job = launch_in_background(tmp_path, "1.5")
    wait_for_ranks(job, tmp_path)
    job.send_signal(signal.SIGUSR1)
    out, err = job.communicate(timeout=60)
    assert job.returncode == 0, err
    assert "rank 0 got SIGUSR1" in out


def test_timeout_ends_the_job(tmp_path):
    outcome = start("work.py", "60", folder=tmp_path, options=("--timeout", "2"))
    assert outcome.code == 124, outcome.err
    assert "not finished after 2 s (--timeout)" in outcome.err
    assert left_behind(tmp_path) == []


def test_output_of_rank_0_is_the_default(tmp_path):
    outcome = start("talk.py", "-n", "9", folder=tmp_path)
    assert outcome.code == 0, outcome.err
    assert outcome.out == "hello from rank 0 of 3 -n 9\n"
    assert all(f"a word of rank {rank}\n" in outcome.err for rank in range(SIZE))


def test_output_of_all(tmp_path):
    outcome = start("talk.py", folder=tmp_path, options=("--output", "all"))
    assert sorted(outcome.out.splitlines()) == [f"hello from rank {rank} of 3" for rank in range(SIZE)]


def test_tagged_output_has_the_rank_before_every_line(tmp_path):
    outcome = start("talk.py", folder=tmp_path, options=("--output", "tagged"), PYTHONUNBUFFERED="1")
    assert outcome.code == 0, outcome.err
    assert sorted(outcome.out.splitlines()) == [f"[{rank}] hello from rank {rank} of 3" for rank in range(SIZE)]
    assert all(f"[{rank}] a word of rank {rank}\n" in outcome.err for rank in range(SIZE))


def test_output_in_a_file_of_each_rank(tmp_path):
    folder = tmp_path / "out put"
    outcome = start("talk.py", folder=tmp_path, options=("--output", f"files:{folder}"))
    assert (outcome.code, outcome.out) == (0, ""), outcome.err
    assert str(folder) in outcome.err
    found = {path.name: path.read_text() for path in folder.iterdir()}
    assert found == {f"rank.{rank}.txt": f"hello from rank {rank} of 3\n" for rank in range(SIZE)}


def test_more_ranks_than_cores_are_remarked(tmp_path):
    size = len(os.sched_getaffinity(0)) + 1
    outcome = start("talk.py", "threads", folder=tmp_path, size=size)
    assert re.search(rf"pympr: {size} ranks share \d+ core", outcome.err), outcome.err
    assert "OMP_NUM_THREADS=1" in outcome.out


def test_one_rank_needs_no_launcher(tmp_path):
    outcome = start("talk.py", folder=tmp_path, size=1, PATH="/nonexistent", MPI4PY_LIBMPI="/nonexistent/libmpi.so")
    assert (outcome.code, outcome.out) == (0, "hello from rank 0 of 1\n"), outcome.err


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1/0", 1),
        ("import sys; sys.exit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", 69),
        ("import os; os._exit(4)", 4),
    ],
)
def test_exit_codes_of_one_rank(code, expected, tmp_path):
    outcome = pympr("run", "-n", "1", "-c", code, PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.code == expected, outcome.err


def test_without_a_library_one_rank_is_the_default(tmp_path):
    broken = {"MPI4PY_LIBMPI": "/nonexistent/libmpi.so", "PYMPR_RUN_DIR": str(tmp_path)}
    outcome = pympr("run", *python("talk.py"), **broken)
    assert outcome.code == 0, outcome.err
    assert outcome.out == "hello from rank 0 of 1\n"
    cores = len(os.sched_getaffinity(0))
    assert "no MPI library found: running on 1 rank" in outcome.err or cores == 1
    outcome = pympr("run", "-n", "2", *python("talk.py"), **broken)
    assert outcome.code == 2
    assert "2 ranks need an MPI library" in outcome.err and "pip install mpich" in outcome.err


def test_module_and_code_are_run(tmp_path):
    outcome = pympr("run", "-n", "2", "-m", "talk", "a", "-n", "5", PYTHONPATH=str(HERE), PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.out == "hello from rank 0 of 2 a -n 5\n", outcome.err
    outcome = pympr("run", "-n", "2", "-c", "import sys; print(sys.argv)", "b", PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.out == "['-c', 'b']\n", outcome.err


def test_program_that_does_not_know_pympr(tmp_path):
    code = "from mpi4py import MPI; print(MPI.COMM_WORLD.size)"
    outcome = pympr("run", "-n", "2", "-c", code, PYMPR_RUN_DIR=str(tmp_path))
    assert (outcome.code, outcome.out) == (0, "2\n"), outcome.err


def test_inside_a_launch_it_becomes_the_program(tmp_path):
    outcome = mpirun(["-m", "pympr.cli.main", "run", "-n", "7", *python("talk.py")], 2, PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.code == 0, outcome.err
    assert sorted(outcome.out.splitlines()) == ["hello from rank 0 of 2", "hello from rank 1 of 2"]


@pytest.mark.skipif(VENDOR == "Open MPI", reason="Open MPI 5's mpirun does not pass on the end of its standard input")
def test_standard_input_goes_to_rank_0(tmp_path):
    command = [sys.executable, "-m", "pympr.cli.main", "run", "-n", "2", *python("talk.py", "stdin")]
    environment = clean_environment() | {"PYMPR_RUN_DIR": str(tmp_path)}
    done = subprocess.run(command, input="some text", capture_output=True, text=True, timeout=60, env=environment)
    assert "stdin: 'some text'" in done.stdout, done.stderr


def test_launcher_that_lies_is_not_believed(tmp_path):
    """A launcher that says 0 although rank 0 never ended its script."""
    liar = tmp_path / "bin" / "mpiexec"
    liar.parent.mkdir()
    banner = "mpiexec (Open MPI) 5" if VENDOR == "Open MPI" else "HYDRA build details:"
    liar.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo "{banner}"; else touch "$PYMPR_JOB_DIR/started"; fi\n'
    )
    liar.chmod(0o755)
    (tmp_path / "x.py").touch()
    code = (
        "import sys; from pympr.cli import library, main;"
        "library._candidates = lambda *_: [sys.argv.pop(1)];"
        "sys.exit(main.main(['run', '-n', '2', 'x.py']))"
    )
    command = [sys.executable, "-c", code, str(liar)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 69, done.stderr
    assert "a rank was lost before the script ended (the launcher said 0)" in done.stderr


def test_bar_at_a_terminal_and_output_beside_it(tmp_path):
    seen = []

    def read(descriptor):
        seen.append(os.read(descriptor, 4096))
        return seen[-1]

    command = [sys.executable, "-m", "pympr.cli.main", "run", "-n", "2", *python("work.py", "2")]
    sink = os.open("/dev/null", os.O_WRONLY)
    code = in_terminal(command, read, clean_environment() | {"PYMPR_RUN_DIR": str(tmp_path), "TERM": "xterm"}, sink)
    text = b"".join(seen).decode()
    assert code == 0, text
    bars = re.findall(r"\r\x1b\[K\d:\d\d  stage 1: map  \[[#.]{20}\] (\d+) of 20 parts", text)
    assert len(bars) >= 3 and bars == sorted(bars, key=int)
    assert "\x1b[Khalf way\r\n" in text
    assert text.endswith("\r\x1b[K")


def in_terminal(command, read, environment, sink) -> int:
    """Run `command` in a terminal of its own, as `script` does."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)
    while True:
        try:
            data = read(descriptor)
        except OSError:
            break
        if not data:
            break
        os.write(sink, data)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


BEFORE_THE_IMPORT = """
import os, sys
rank = os.environ.get("PMI_RANK", os.environ.get("OMPI_COMM_WORLD_RANK"))
if rank == "1":
    raise ValueError("no pympr yet")
from pympr import SparkContext
SparkContext().range(3).sum()
"""


def test_a_rank_that_fails_before_it_imports_pympr(tmp_path):
    script = tmp_path / "before.py"
    script.write_text(BEFORE_THE_IMPORT)
    for program in ((str(script),), ("-c", BEFORE_THE_IMPORT)):
        ended = pympr("run", "-n", str(SIZE), *program, PYMPR_RUN_DIR=str(tmp_path))
        assert ended.code == 1, ended
        assert "ValueError: no pympr yet" in ended.err
        assert "runpy" not in ended.err and "frames of pympr" not in ended.err


SAYS_WHAT_IT_IS = """
import sys, json, pickle
class Mine: pass
assert pickle.loads(pickle.dumps(Mine)) is Mine
main = sys.modules["__main__"]
print(json.dumps([__name__, main.__dict__ is globals(), sys.argv[1:], sys.path[0]]))
"""


def test_the_program_is_the_main_module(tmp_path):
    script = tmp_path / "says.py"
    script.write_text(SAYS_WHAT_IT_IS)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text("import sys; print(__name__, sys.argv[1:])")
    for program, first in (((str(script),), str(tmp_path)), (("-c", SAYS_WHAT_IT_IS), "")):
        ended = pympr("run", "-n", "2", *program, "-n", "7", PYMPR_RUN_DIR=str(tmp_path))
        assert json.loads(ended.out) == ["__main__", True, ["-n", "7"], first]
    ended = pympr("run", "-n", "2", str(tmp_path / "package"), "x", PYMPR_RUN_DIR=str(tmp_path))
    assert ended.out.split() == ["__main__", "['x']"]


def test_a_script_that_is_missing(tmp_path):
    ended = pympr("run", "-n", "2", str(tmp_path / "none.py"), PYMPR_RUN_DIR=str(tmp_path))
    assert ended.code == 2
    assert ended.err == f"pympr: no such file: {tmp_path / 'none.py'}\n"

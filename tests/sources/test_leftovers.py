"""What a killed job left beside its output is swept by the next job of this host, and nothing else is."""

import fcntl
import os
import subprocess
import sys

import pytest

from pympr.run.actions.leftovers import hidden_name, hold, sweep

KILLED = """
import os, signal, sys
from pympr import SparkContext
def stop(x):
    os.kill(os.getpid(), signal.SIGKILL)
SparkContext().parallelize([1, 2], 2).map(stop).saveAsTextFile(sys.argv[1])
"""
WRITES = """
import sys
from pympr import SparkContext
with SparkContext() as sc:
    sc.range(4).saveAsTextFile(sys.argv[1])
"""


def run(program, path):
    return subprocess.run([sys.executable, "-c", program, str(path)], timeout=60, capture_output=True).returncode


def test_a_killed_job(tmp_path):
    path = tmp_path / "out"
    assert run(KILLED, path) == -9
    (left,) = os.listdir(tmp_path)
    assert left.startswith("_out.pympr-temporary-") and not path.exists()
    assert run(WRITES, path) == 0
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("is_folder", [True, False])
def test_only_what_nobody_holds_and_this_host_made(tmp_path, is_folder):
    path = str(tmp_path / "out")
    dead, live, other_output = hidden_name(path), hidden_name(path), hidden_name(path + "put")
    elsewhere = str(tmp_path / "_out.pympr-temporary-00000000-00000000")
    for name in (dead, live, other_output, elsewhere):
        os.mkdir(name) if is_folder else open(name, "x").close()
    lock = hold(live)
    assert sweep(path) == [dead]
    assert not os.path.exists(dead) and all(map(os.path.exists, (live, other_output, elsewhere)))
    os.close(lock)
    assert sweep(path) == [live]


def test_what_was_swept_cannot_be_held(tmp_path):
    hidden = hidden_name(str(tmp_path / "out"))
    os.mkdir(hidden)
    sweeper = os.open(hidden, os.O_RDONLY)
    fcntl.flock(sweeper, fcntl.LOCK_SH)
    os.rmdir(hidden)
    os.close(sweeper)
    with pytest.raises(FileNotFoundError):
        hold(hidden)


def test_an_output_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir(hidden_name("out"))
    assert len(sweep("out")) == 1 and os.listdir() == []

"""A rank that ends before MPI has started ends all, as later; a script that ends well does so without an action."""

import os

import pytest
from launching import allowed, mpirun, pympr, python

pytestmark = pytest.mark.faults

LIMIT_SECONDS = 5.0


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ("raise", 1, ["rank 2 of 3", "ZeroDivisionError", "all ranks end with code 1"]),
        ("exit-3", 3, ["rank 2 of 3", "exit code 3 at early.py:", "ranks 0-1: the start"]),
        (
            "exit-0",
            76,
            ["DivergenceError", "ranks 0-1: settings at early.py:", "rank 2: the end of the script at early.py:"],
        ),
    ],
)
def test_rank_that_ends_before_mpi_ends_all(fault, code, words, tmp_path):
    outcome = mpirun(python("early.py", fault), 3, PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.code == code, outcome.err
    assert outcome.seconds < allowed(LIMIT_SECONDS)
    assert [word for word in words if word not in outcome.err] == []
    assert outcome.err.count("all ranks end") == 1, outcome.err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("fault", "words"), [("raise-others-busy", "ZeroDivisionError"), ("exit-3-others-busy", "exit code 3 at early.py:")]
)
def test_ranks_that_never_come_to_mpi_are_ended(fault, words, tmp_path):
    outcome = mpirun(python("early.py", fault), 3, PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.code not in (0, -1), outcome.err
    assert outcome.seconds < allowed(LIMIT_SECONDS)
    assert outcome.err.count(words) == 1, outcome.err
    assert outcome.err.count("all ranks end") == 1, outcome.err


@pytest.mark.parametrize(("fault", "code"), [("raise-others-busy", 1), ("exit-3-others-busy", 3)])
def test_supervised_job_keeps_the_code(fault, code, tmp_path):
    outcome = pympr("run", "-n", "3", *python("early.py", fault), PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.code == code, outcome.err
    assert outcome.seconds < allowed(LIMIT_SECONDS)


@pytest.mark.parametrize(
    ("fault", "code", "out"),
    [("nothing", 0, "counted\n"), ("child", 0, "counted\n"), ("all-end", 0, ""), ("all-exit-2", 2, "")],
)
def test_scripts_that_end_together_say_nothing(fault, code, out, tmp_path):
    outcome = mpirun(python("early.py", fault), 3, PYMPR_RUN_DIR=str(tmp_path))
    assert (outcome.code, outcome.out) == (code, out), outcome.err
    assert "pympr:" not in outcome.err
    assert os.listdir(tmp_path) == []


def test_process_of_its_own_is_left_alone(monkeypatch):
    import sys

    from pympr.run import early

    monkeypatch.setattr(early, "find_launch", lambda environment: None)
    hook = sys.excepthook
    early.prepare()
    assert sys.excepthook is hook


def test_supervised_ranks_that_fail_alike_report_once(tmp_path):
    outcome = pympr("run", "-n", "3", *python("early.py", "all-raise"), PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.code == 1, outcome.err
    assert outcome.err.count("ImportError: no such module on any rank") == 1, outcome.err


@pytest.mark.parametrize("fault", ["raise", "exit-3"])
def test_importing_a_face_is_enough(fault, tmp_path):
    outcome = mpirun(python("early_face.py", fault), 3, PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.code not in (0, -1), outcome.err
    assert outcome.err.count("all ranks end") == 1, outcome.err

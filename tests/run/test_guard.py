"""Whatever ends one rank ends all: within 5 s, with one report, with the right code, under plain mpirun."""

import os

import pytest
from launching import allowed, mpirun, python

from pympr.cli.library import find_library

pytestmark = pytest.mark.faults

LIMIT_SECONDS = 5.0
SIZE = 3


def end(fault: str, tmp_path, size: int = SIZE):
    outcome = mpirun(python("faults.py", fault), size, PYMPR_RUN_DIR=str(tmp_path))
    assert outcome.seconds < allowed(LIMIT_SECONDS), f"{fault} took {outcome.seconds:.1f} s\n{outcome.err}"
    return outcome


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ("raise", 1, ["ZeroDivisionError: division by zero", "rank 2 of 3"]),
        ("raise-live-thread", 1, ["ZeroDivisionError", "rank 2 of 3"]),
        ("exit-3", 3, ["rank 2 of 3", "exit code 3", "ranks 0-1: count at faults.py"]),
        ("raise-exit-3", 3, ["rank 2 of 3", "exit code 3"]),
        ("exit-text", 1, ["no input", "exit code 1"]),
        ("exit-256", 1, ["exit code 1"]),
        ("exit-3-live-thread", 3, ["exit code 3"]),
        ("exit-3-busy-executor", 3, ["exit code 3"]),
        (
            "exit-0",
            76,
            ["DivergenceError", "ranks 0-1: count at faults.py", "rank 2: the end of the script at faults.py"],
        ),
        ("leave-0", 69, ["os._exit(0) was called", "faults.py"]),
        ("leave-5", 5, ["os._exit(5) was called"]),
        ("interrupt", 130, ["KeyboardInterrupt", "rank 2 of 3"]),
        ("other-action", 76, ["action differs", "ranks 0-1: count at faults.py", "rank 2: collect at faults.py"]),
        ("all-raise", 1, ["ValueError: on every rank"]),
        ("others-work", 4, ["exit code 4", "the other ranks are still at work"]),
        ("others-in-barrier", 1, ["ZeroDivisionError", "rank 2 of 3"]),
        ("exit-others-in-barrier", 4, ["exit code 4", "rank 2 of 3"]),
        ("stage-raises", 1, ["KeyError: 'x'", "rank 2 of 3", "pympr: partition 3, record 7"]),
        ("stage-exits", 9, ["rank 2 of 3", "exit code 9"]),
        ("stage-unprintable", 1, ["Unprintable", "rank 2 of 3"]),
        ("stage-unpicklable", 1, ["ValueError: <function", "rank 2 of 3"]),
        ("stage-huge", 1, ["characters left out", "rank 2 of 3"]),
    ],
)
def test_fault_on_one_rank_ends_all_with_one_report(fault, code, words, tmp_path):
    outcome = end(fault, tmp_path)
    assert outcome.code == code, outcome.err
    assert outcome.reports() == 1, outcome.err
    assert [word for word in words if word not in outcome.err] == []
    assert len(outcome.err) < 100_000
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("fault", ["kill", "segfault"])
def test_rank_that_cannot_speak_ends_all(fault, tmp_path):
    outcome = end(fault, tmp_path)
    assert outcome.code not in (0, -1), outcome.err
    assert outcome.reports() == 0


@pytest.mark.parametrize("fault", ["nothing", "caught-exit", "child-exits", "late-end", "finalize"])
def test_script_that_ends_well_says_nothing(fault, tmp_path):
    outcome = end(fault, tmp_path)
    assert (outcome.code, outcome.reports()) == (0, 0), outcome.err
    assert os.listdir(tmp_path) == [] or fault == "finalize"


def test_exit_code_of_all_ranks_needs_no_report(tmp_path):
    outcome = end("all-exit-3", tmp_path)
    assert (outcome.code, outcome.reports()) == (3, 0), outcome.err


def test_exception_in_a_thread_is_reported_and_the_script_goes_on(tmp_path):
    outcome = end("thread-raises", tmp_path)
    assert (outcome.code, outcome.reports()) == (0, 0), outcome.err
    assert "an exception ended thread worker; the script goes on" in outcome.err
    assert "ZeroDivisionError" in outcome.err


def test_world_of_two_is_guarded(tmp_path):
    outcome = end("exit-3", tmp_path, size=2)
    assert (outcome.code, outcome.reports()) == (3, 1), outcome.err


def test_solo_world_is_left_alone():
    import sys

    from pympr.collectives.world import World
    from pympr.run import guard

    hooks = sys.excepthook, os._exit
    guard.install(World(None))
    assert (sys.excepthook, os._exit) == hooks
    assert guard.guard() is None


def test_ranks_with_other_hash_seeds_agree(tmp_path):
    library, _ = find_library()
    rank = "$OMPI_COMM_WORLD_RANK" if library.vendor == "Open MPI" else "$PMI_RANK"
    script, outcomes = python("hash_seeds.py"), []
    for first in (1, 50):
        code = f"import os; os.environ['PYTHONHASHSEED'] = str({first} + int(os.path.expandvars('{rank}')))"
        code += f"; import sys; os.execv(sys.executable, [sys.executable, {script[0]!r}])"
        outcomes.append(mpirun(["-c", code], SIZE, PYMPR_RUN_DIR=str(tmp_path)))
    assert [outcome.code for outcome in outcomes] == [0, 0], outcomes[0].err
    assert outcomes[0].out == outcomes[1].out != ""

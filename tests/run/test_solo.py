"""On one rank, too, a traceback shows the user's frames; the engine's are counted."""

import subprocess
import sys

import pytest

PROGRAM = """
from pympr import SparkContext
rdd = SparkContext("local[1]").parallelize(range(3))
{setup}
{action}
"""


def errors_of(action: str, setup: str = "") -> str:
    program = PROGRAM.format(setup=setup, action=action)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("rdd.map(lambda x: 1 // x).collect()", ["in <lambda>", "frames of pympr", "ZeroDivisionError", "record 0"]),
        ("rdd.ctx.textFile('acess.log').count()", ["frames of pympr", "input path does not exist: acess.log"]),
    ],
)
def test_engine_frames_are_counted(action, words):
    text = errors_of(action)
    assert [word for word in words if word not in text] == []
    assert "executor.py" not in text


HOOK = """
import sys
sys.excepthook = lambda kind, *rest: print("mine", kind.__name__, file=sys.stderr)
"""


def test_other_hooks_and_errors_stay():
    assert "mine ZeroDivisionError" in errors_of("rdd.map(lambda x: 1 // x).collect()", HOOK)
    plain = errors_of("int('x')")
    assert "frames of pympr" not in plain and "ValueError: invalid literal" in plain

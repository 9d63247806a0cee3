"""Functions are read alike from the bytecode of every Python: here, and by the CPythons that pyodide's packages hold.

`PYMPR_PYODIDE` names folders, separated by colons, in each of which `npm install pyodide@VERSION` was run:
0.27 holds Python 3.12, 0.29 Python 3.13, 314 Python 3.14.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
FOLDERS = [folder for folder in os.environ.get("PYMPR_PYODIDE", "").split(":") if folder]


def test_functions_are_read_by_this_python():
    command = [sys.executable, "tests/programs/read_functions.py", "1000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS or [pytest.param("", marks=pytest.mark.skip("PYMPR_PYODIDE is not set"))])
def test_functions_are_read_by_other_pythons(folder):
    if shutil.which("node") is None:
        pytest.skip("there is no node")
    command = [
        "node",
        "tests/programs/run_in_pyodide.mjs",
        folder,
        str(ROOT),
        "tests/programs/read_functions.py",
        "1000",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr

"""What importing pympr costs and what it must not start."""

import subprocess
import sys

import pytest

HEAVY = ("mpi4py", "mpi4py.MPI", "numpy", "pyarrow", "cffi", "pympr.native.library")


def loaded(statement: str) -> str:
    """Which heavy modules a fresh Python holds after `statement`."""
    program = f"import sys\n{statement}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("statement", ["import pympr", "import pympr.collectives, pympr.rma", "import pympr.errors"])
def test_import_starts_nothing(statement):
    assert loaded(statement) == "[]"


def test_what_is_loaded_would_be_seen():
    assert "numpy" in loaded("import numpy")


@pytest.mark.parametrize("statement", ["from pympr import SparkContext, RDD", "import pympr.mapreduce, pympr.cli.main"])
def test_faces_start_no_mpi(statement):
    assert "mpi4py" not in loaded(statement) and "pyarrow" not in loaded(statement)


def test_kernels_of_another_state_are_told():
    program = """
import sys, types
from pympr.native._kernels import ffi
class Older:
    def __getattr__(self, name):
        raise AttributeError(f"cffi library has no function named '{name}'")
older = types.ModuleType("pympr.native._kernels")
older.ffi, older.lib = ffi, Older()
sys.modules[older.__name__] = older
from pympr import SparkContext
SparkContext().range(100000).map(lambda x: x + 1).sum()
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=60)
    assert "does not fit its compiled kernels (cffi library has no function named" in done.stderr

"""How many threads the kernels take before anybody tells them."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{cores}])
from pympr.native.library import lib
print(lib.pympr_has_openmp(), lib.pympr_get_threads())
"""


@pytest.mark.parametrize(
    ("cores", "environment", "threads"),
    [(1, {}, 1), (1, {"OMP_NUM_THREADS": "4"}, 1), (2, {"OMP_NUM_THREADS": "1"}, 1)],
)
def test_the_mask_and_the_environment_bound_them(cores, environment, threads):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    program = [sys.executable, "-c", PROGRAM.format(cores=cores)]
    done = subprocess.run(program, env=kept | environment, capture_output=True, text=True, check=True)
    assert done.stdout.split()[1] == str(threads)

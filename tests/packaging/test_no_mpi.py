"""One rank needs no MPI library, only mpi4py's files."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# A library that the system has somewhere is hidden as well.
HIDDEN = {"MPI4PY_LIBMPI": "/nonexistent/libmpi.so"}

IMPORT_MPI = """
try:
    from mpi4py import MPI
    print("there is an MPI library")
except (ImportError, RuntimeError):
    print("no MPI library")
"""

COLLECTIVES = """
import sys
import numpy as np
from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.reduce import allreduce
from pympr.collectives.world import world
print(world().size, allreduce(world(), np.arange(3), "sum").tolist(), broadcast_object(world(), "x"))
assert "mpi4py.MPI" not in sys.modules
"""


def test_the_environment_has_no_mpi(installed):
    assert installed.run(IMPORT_MPI, **HIDDEN) == "no MPI library"


def test_collectives_on_one_rank(installed):
    assert installed.run(COLLECTIVES, **HIDDEN) == "1 [0, 1, 2] x"


PROGRAM = """
from operator import add
from pympr import SparkContext
sc = SparkContext("local[2]", "no MPI")
lines = sc.textFile("text.txt")
counts = lines.flatMap(lambda line: line.split()).map(lambda word: (word, 1)).reduceByKey(add)
print(counts.sortByKey().collect())
print(sc.parallelize(range(100), 3).map(lambda x: (x % 3, x)).groupByKey().mapValues(sum).sortByKey().collect())
print(lines.keyBy(len).join(lines.keyBy(len)).count())
"""


def test_program_of_the_rdd_face(installed):
    (installed.folder / "text.txt").write_text("to be or not\nto be\n")
    lines = installed.run(PROGRAM, **HIDDEN).splitlines()
    assert lines == [
        "[('be', 2), ('not', 1), ('or', 1), ('to', 2)]",
        "[(0, 1683), (1, 1617), (2, 1650)]",
        "2",
    ]

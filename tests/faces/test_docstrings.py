"""Every example in the RDD face's docstrings gives what it says, at every rank count."""

import doctest
import importlib
import pkgutil
from importlib.util import find_spec

import pytest

import pympr
import pympr.rdd

FACES = (
    "accumulators",
    "broadcast",
    "conf",
    "context",
    "files",
    "job_properties",
    "readers",
    "statcounter",
    "status",
    "storagelevel",
    "taskcontext",
)
NAMES = [f"pympr.{name}" for name in FACES if find_spec(f"pympr.{name}")] + [
    f"pympr.rdd.{found.name}" for found in pkgutil.iter_modules(pympr.rdd.__path__)
]
MODULES = [importlib.import_module(name) for name in NAMES]
# These show this rank's part, so their output is that of one rank.
LOCAL = ("toNumpy", "fromNumpy")


def examples():
    finder = doctest.DocTestFinder(recurse=True)
    return [test for module in MODULES for test in finder.find(module, module.__name__) if test.examples]


@pytest.mark.mpi
@pytest.mark.parametrize("test", examples(), ids=lambda test: test.name)
def test_example(sc, test):
    if sc._session.world.size > 1 and test.name.endswith(LOCAL):
        pytest.skip("shows one rank's arrays")
    said = []
    test.globs["sc"] = sc
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    failed = runner.run(test, out=said.append, clear_globs=False).failed
    assert not failed, "".join(said)

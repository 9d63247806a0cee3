"""Every example in the RDD face's docstrings gives what it says, at every rank count."""

import doctest

import pytest

import pympr.context
import pympr.rdd.actions
import pympr.rdd.narrow
import pympr.rdd.pairs
import pympr.rdd.rdd
import pympr.readers

MODULES = (pympr.context, pympr.rdd.actions, pympr.rdd.narrow, pympr.rdd.pairs, pympr.rdd.rdd, pympr.readers)
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

"""Every example in a docstring gives what it says (those of the faces run in tests/faces, on ranks)."""

import doctest
import importlib
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent
FOLDERS = {"pympr": "pympr", "collectives": "pympr.collectives", "rma": "pympr.rma", "jobs": "pympr.jobs"}
# Their examples run actions.
ON_RANKS = (
    "pympr.accumulators",
    "pympr.broadcast",
    "pympr.context",
    "pympr.job_properties",
    "pympr.mapreduce",
    "pympr.rdd",
    "pympr.status",
    "pympr.taskcontext",
)


def modules():
    names = []
    for folder, package in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            name = ".".join([package, *parts]).removesuffix(".__init__")
            if ">>>" in path.read_text() and not name.startswith(ON_RANKS):
                names.append(name)
    return names


@pytest.mark.parametrize("name", modules())
def test_examples_of_module(name):
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried and not failed

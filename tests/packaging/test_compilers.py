"""A compiler without OpenMP still builds, and both the build and the library say what is lost."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ASK = """
from pympr.native.library import lib
import numpy as np
from pympr.native.hash import hash_fixed
lib.pympr_set_threads(4)
print(lib.pympr_has_openmp(), lib.pympr_get_threads(), len(hash_fixed(np.arange(100_000), 7)))
"""
WARNING = "warning: pympr's kernels are built without OpenMP: every rank uses one core"
FAKE = """#!/bin/sh
for argument; do
    if [ "$argument" = -fopenmp ]; then
        echo "unsupported option '-fopenmp'" >&2
        exit 1
    fi
done
exec cc "$@"
"""


@pytest.fixture
def fake_compiler(tmp_path) -> str:
    path = tmp_path / "fake-cc"
    path.write_text(FAKE)
    path.chmod(0o755)
    return str(path)


def test_compiler_without_openmp(fake_compiler, new_tree, new_environment):
    environment = new_environment()
    # Without --verbose pip shows no output of a build that succeeds; hence also pympr_has_openmp.
    said = environment.pip_install("--verbose", str(new_tree()), PYMPR_CFLAGS="-O0", CC=fake_compiler)
    assert WARNING in said
    assert environment.run(ASK) == "0 1 100000"


def test_usual_build_has_openmp(installed):
    assert installed.run(ASK) == "1 4 100000"


def test_other_flags_rebuild_the_kernels_of_an_editable_install(new_tree, new_environment):
    tree, environment = new_tree(), new_environment()
    said = environment.pip_install("--verbose", "--editable", str(tree), PYMPR_CFLAGS="-O0")
    assert WARNING not in said
    assert environment.run(ASK) == "1 4 100000"
    said = environment.pip_install("--verbose", "--editable", str(tree), PYMPR_CFLAGS="-O0", PYMPR_OPENMP="0")
    assert WARNING in said
    assert environment.run(ASK) == "0 1 100000"

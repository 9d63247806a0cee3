"""The source distribution, the wheel made from it and the two ways to install the tree."""

import pathlib
import re
import subprocess
import sys
import tarfile
import zipfile

import pytest

import pympr

ROOT = pathlib.Path(__file__).parents[2]
TOPS = ("pympr", "collectives", "rma", "jobs")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CALL_A_KERNEL = """
import numpy as np, pympr, pympr.collectives.layout as layout
from pympr.native.hash import hash_fixed
print(pympr.__version__, pympr.__file__, layout.__file__, hash_fixed(np.arange(3), 7).tolist())
"""


def installed_names() -> set[str]:
    """Every module of the tree under its installed name."""
    names = set()
    for top in TOPS:
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            parts = parts if top == "pympr" else ("pympr", *parts)
            names.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def test_source_distribution_holds_the_whole_tree(sdist):
    with tarfile.open(sdist) as archive:
        names = {pathlib.Path(*pathlib.Path(name).parts[1:]).as_posix() for name in archive.getnames()}
    for top in (*TOPS, "csrc", "tests", "docs"):
        wanted = [path for path in (ROOT / top).rglob("*") if path.suffix in (".py", ".pyi", ".c", ".h", ".md")]
        missing = {path.relative_to(ROOT).as_posix() for path in wanted if path.name != "_kernels.c"} - names
        assert missing == set()
    assert {"LICENSE", "README.md", "pyproject.toml", "setup.py", "Makefile", "pympr/py.typed"} <= names
    assert not [name for name in names if name.endswith((".so", ".o", ".pyc"))]


def test_wheel_serves_every_python_from_3_11_and_claims_one_name(installed):
    assert re.fullmatch(rf"pympr-{re.escape(pympr.__version__)}-cp311-abi3-linux_\w+\.whl", installed.wheel.name)
    with zipfile.ZipFile(installed.wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"pympr"}
    assert "pympr/native/_kernels.abi3.so" in names and "pympr/py.typed" in names
    assert not [name for name in names if name.startswith("pympr/csrc") or name.endswith("_kernels.c")]


def test_wheel_from_source_distribution_runs_elsewhere(installed):
    version, package, module, *hashes = installed.run(CALL_A_KERNEL).split(maxsplit=3)
    assert version == pympr.__version__
    assert package.startswith(str(installed.folder)) and module.startswith(str(installed.folder))
    assert hashes == [reference_hashes()]


def reference_hashes() -> str:
    """The reference's answer, from this environment."""
    from pympr.native.reference.hash import hash_number

    return str([hash_number(value, 7) for value in range(3)])


def test_wheel_holds_every_module(installed):
    """All of them also import without any MPI library in sight."""
    names = sorted(installed_names())
    program = f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
    program += "print('mpi4py.MPI' in sys.modules)"
    assert installed.run(program) == "False"


def test_command_is_installed(installed):
    command = installed.folder / "bin" / "pympr"
    done = subprocess.run([command, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "pympr" in done.stdout, done.stderr


def test_editable_install_runs_the_tree(new_tree, new_environment):
    tree, environment = new_tree(), new_environment()
    environment.pip_install("--editable", str(tree), PYMPR_CFLAGS="-O0")
    _, package, module, *hashes = environment.run(CALL_A_KERNEL).split(maxsplit=3)
    assert package == str(tree / "pympr" / "__init__.py") and module == str(tree / "collectives" / "layout.py")
    assert hashes == [reference_hashes()]
    (tree / "collectives" / "added_later.py").write_text("VALUE = 42\n")
    assert environment.run("from pympr.collectives.added_later import VALUE; print(VALUE)") == "42"


def test_deleted_module_is_not_shipped_by_the_next_build(new_tree):
    tree = new_tree()
    module = tree / "collectives" / "soon_deleted.py"
    module.touch()
    assert built(tree, "soon_deleted.py") and built(tree, "world.py")
    module.unlink()
    assert not built(tree, "soon_deleted.py") and built(tree, "world.py")


def built(tree: pathlib.Path, name: str) -> list:
    """Where a file of this name lies in the build folder after the step of a build that copies modules."""
    subprocess.run([sys.executable, "setup.py", "-q", "build_py"], cwd=tree, check=True, timeout=60)
    return list((tree / "build").rglob(name))


def test_the_tree_under_version_control_holds_no_build_results():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    assert not [name for name in tracked.stdout.splitlines() if name.endswith((".so", ".o", ".pyc"))]

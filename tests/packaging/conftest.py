"""Fresh environments to install into: they share this one's dependencies by links, but not its pympr nor its MPI."""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution

import pytest

ROOT = pathlib.Path(__file__).parents[2]
DEPENDENCIES = ("numpy", "mpi4py", "cffi", "pycparser", "cloudpickle", "setuptools", "packaging")
RESULTS = shutil.ignore_patterns("*.so", "*.o", "*.egg-info", "__pycache__", "_kernels.c")
RESULTS_AT_TOP = shutil.ignore_patterns(".*", "build", "dist", "data", "pympr-runs")


def not_source(folder: str, names: list[str]) -> set[str]:
    """What copies of the tree leave out: what builds, tests and runs have put there."""
    at_top = RESULTS_AT_TOP(folder, names) if pathlib.Path(folder) == ROOT else set()
    return RESULTS(folder, names) | at_top


class Environment:
    """A virtual environment without pip, with links to the dependencies of pympr and without an MPI library."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.python = folder / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        paths = {"base": str(folder), "platbase": str(folder)}
        self.site = pathlib.Path(sysconfig.get_path("purelib", "venv", paths))
        for name in DEPENDENCIES:
            link(name, self.site)

    def pip_install(self, *arguments: str, **variables: str) -> str:
        """The output of an install from local files only, with the build in this environment."""
        command = [sys.executable, "-m", "pip", "--python", str(self.python), "install"]
        return run([*command, "--no-index", "--no-build-isolation", *arguments], cwd=self.folder, **variables).stdout

    def run(self, program: str, **variables: str) -> str:
        """What `program` prints when it runs in this environment, from a folder that is not the source tree."""
        return run([str(self.python), "-c", program], cwd=self.folder, **variables).stdout.strip()


def link(name: str, site: pathlib.Path) -> None:
    """Link every top-level file and folder of an installed distribution into `site`."""
    installed = distribution(name)
    for top in {path.parts[0] for path in installed.files or ()}:
        if top not in ("..", "__pycache__") and not (site / top).exists():
            (site / top).symlink_to(pathlib.Path(str(installed.locate_file(top))).resolve())


def run(command: list[str], cwd: pathlib.Path, **variables: str) -> subprocess.CompletedProcess:
    """A command that must succeed, without what the caller's environment says about Python, pip and compilers."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "PYMPR_"))}
    for name in ("CC", "CFLAGS", "LDFLAGS", "VIRTUAL_ENV"):
        clean.pop(name, None)
    done = subprocess.run(
        command, cwd=cwd, env=clean | variables, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done


@pytest.fixture
def new_environment(tmp_path):
    """Makes a fresh environment at each call."""
    return lambda name="environment": Environment(tmp_path / name)


@pytest.fixture
def new_tree(tmp_path):
    """Makes a copy of the source tree at each call, without what builds left in it."""

    def copy(name: str = "tree") -> pathlib.Path:
        return pathlib.Path(shutil.copytree(ROOT, tmp_path / name, ignore=not_source))

    return copy


@pytest.fixture(scope="session")
def sdist(tmp_path_factory) -> pathlib.Path:
    """The source distribution of this tree."""
    folder = tmp_path_factory.mktemp("sdist")
    tree = shutil.copytree(ROOT, folder / "tree", ignore=not_source)
    program = f"import setuptools.build_meta as backend; backend.build_sdist({str(folder)!r})"
    run([sys.executable, "-c", program], cwd=tree)
    (path,) = folder.glob("*.tar.gz")
    return path


@pytest.fixture(scope="session")
def installed(sdist, tmp_path_factory) -> Environment:
    """An environment with pympr from a wheel from the source distribution."""
    folder = tmp_path_factory.mktemp("installed")
    environment = Environment(folder / "environment")
    environment.wheels = folder / "wheels"
    command = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation"]
    run([*command, "--wheel-dir", str(environment.wheels), str(sdist)], cwd=folder)
    (environment.wheel,) = environment.wheels.glob("*.whl")
    environment.pip_install(str(environment.wheel))
    return environment

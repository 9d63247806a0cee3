"""The MPI library that mpi4py would load, and the launcher that belongs to it; nothing here starts MPI."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pympr.errors import LaunchError

_PROBE = """
import json, mpi4py
mpi4py.rc(initialize=False, finalize=False)
from mpi4py import MPI
vendor, version = MPI.get_vendor()
with open("/proc/self/maps") as maps:
    files = {line.split(None, 5)[5].strip() for line in maps if "/" in line}
path = sorted(file for file in files if file.rpartition("/")[2].startswith("libmpi"))
print(json.dumps([vendor, list(version), path[0] if path else ""]))
"""
_NAMES = ("mpiexec", "mpirun", "mpiexec.hydra", "mpirun.openmpi", "mpirun.mpich")
_PROBE_SECONDS = 60


class Library(NamedTuple):
    """An MPI library: its vendor as mpi4py says it, its version, its file ("" when the system does not say)."""

    vendor: str
    version: tuple[int, ...]
    path: str

    def __str__(self) -> str:
        return f"{self.vendor} {'.'.join(map(str, self.version))}"


class Launcher(NamedTuple):
    """A program that starts ranks, and whose it is."""

    path: str
    vendor: str


def find_library(python: str = sys.executable) -> tuple[Library | None, str]:
    """The library that `python` loads; without one, None and the reason."""
    done = subprocess.run([python, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_SECONDS)
    if done.returncode != 0:
        return None, _reason(done.stderr)
    vendor, version, path = json.loads(done.stdout.splitlines()[-1])
    return Library(vendor, tuple(version), path), ""


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line]
    return (errors or lines or ["it did not say why"])[-1]


def find_launcher(library: Library, environment: Mapping[str, str] = os.environ) -> Launcher:
    """The launcher of `library`: the one installed with it, else the first of the same vendor on PATH.

    Raises LaunchError that names what was tried.
    """
    tried = []
    for path in _candidates(library, environment):
        vendor = vendor_of(_banner(path))
        if belongs(vendor, library.vendor):
            return Launcher(path, vendor)
        tried.append(f"{path} ({vendor or 'of an unknown vendor'})")
    found = f"found {', '.join(tried)}" if tried else "found none"
    raise LaunchError(
        f"no launcher of {library} ({library.path}) beside the library or on PATH: {found}; "
        f"install the one of {library.vendor}, or start under srun"
    )


def _candidates(library: Library, environment: Mapping[str, str]) -> Iterator[str]:
    folders = [Path(library.path).resolve().parent.parent / "bin"] if library.path else []
    # A wheel links its library into the environment, beside whose programs its launcher lies.
    folders += [Path(library.path).parent.parent / "bin"] if library.path else []
    folders += [Path(folder) for folder in environment.get("PATH", os.defpath).split(os.pathsep) if folder]
    seen = set()
    for folder in folders:
        for name in _NAMES:
            path = str(folder / name)
            if path not in seen and os.access(path, os.X_OK):
                seen.add(path)
                yield path


def _banner(launcher: str) -> str:
    try:
        done = subprocess.run(
            [launcher, "--version"], capture_output=True, text=True, timeout=_PROBE_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def vendor_of(banner: str) -> str:
    """Whose launcher says this about its version.

    >>> vendor_of("mpiexec (Open MPI) 5.0.11"), vendor_of("HYDRA build details:"), vendor_of("?")
    ('Open MPI', 'MPICH', '')
    """
    for sign, vendor in (
        ("Intel(R) MPI", "Intel MPI"),
        ("Open MPI", "Open MPI"),
        ("OpenRTE", "Open MPI"),
        ("HYDRA", "MPICH"),
    ):
        if sign in banner:
            return vendor
    return ""


def belongs(launcher_vendor: str, library_vendor: str) -> bool:
    """Whether such a launcher starts ranks of such a library; Hydra starts all that descend from MPICH.

    >>> belongs("MPICH", "MVAPICH"), belongs("Open MPI", "MPICH")
    (True, False)
    """
    if launcher_vendor in ("Open MPI", "Intel MPI") or library_vendor in ("Open MPI", "Intel MPI"):
        return launcher_vendor == library_vendor
    return launcher_vendor == "MPICH"

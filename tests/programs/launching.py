"""Start the programs of this folder as a user does, and say what came of it."""

import functools
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from pympr.cli import command, library, machine

HERE = pathlib.Path(__file__).parent
_FAULT = re.compile(r"^fault at ([\d.]+)$", re.MULTILINE)


class Outcome(NamedTuple):
    """Exit code, output, and the seconds from the fault (else the start) to the end."""

    code: int
    out: str
    err: str
    seconds: float

    def reports(self) -> int:
        """How many ranks reported the end of the job; launchers may put what another rank wrote on the same line."""
        return len(re.findall(r"pympr: rank \d+ of \d+ [^\n]*?all ranks end with code \d+", self.err))


def python(name: str, *arguments: str) -> list[str]:
    """The arguments of an interpreter that runs a program of this folder."""
    return [str(HERE / name), *arguments]


@functools.cache
def installed() -> tuple[library.Library, library.Launcher]:
    """The MPI library of this environment and its launcher."""
    found, reason = library.find_library()
    assert found is not None, reason
    return found, library.find_launcher(found)


def mpirun(program: list[str], size: int, flags: tuple[str, ...] = (), **environment: str) -> Outcome:
    """The program under the plain launcher of the installed MPI."""
    found, launcher = installed()
    wish = command.Wish(program, size, "all", "", machine.usable_cores())
    start = command.launched(sys.executable, wish, "", launcher, found, os.environ)
    variables = {name: text for name, text in start.environment.items() if text}
    with tempfile.TemporaryDirectory() as folder:
        # Open MPI's launcher fails where one that was killed and had its pid has left a session.
        variables["PRTE_MCA_prte_local_tmpdir_base"] = folder
        return run([start.command[0], *flags, *start.command[1:]], **variables | environment)


def pympr(*arguments: str, limit_seconds: float = 60, **environment: str) -> Outcome:
    """The command `pympr`."""
    return run([sys.executable, "-m", "pympr.cli.main", *arguments], limit_seconds, **environment)


def run(arguments: list[str], limit_seconds: float = 60, **environment: str) -> Outcome:
    """Run to the end, at most `limit_seconds`; a job that takes longer is killed and has code -1."""
    begin = time.time()
    process = subprocess.Popen(
        arguments,
        env=clean_environment() | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=limit_seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        code = -1
    fault = _FAULT.search(err)
    return Outcome(code, out, err, time.time() - (float(fault[1]) if fault else begin))


def allowed(seconds: float) -> float:
    """By when a thing that takes up to `seconds` is done for sure: later where others use the machine's cores too."""
    waiting = max(os.getloadavg()[0], float(pathlib.Path("/proc/loadavg").read_text().split()[3].split("/")[0]))
    return seconds * max(1.0, 2 * waiting / machine.usable_cores())


def clean_environment() -> dict[str, str]:
    """This process's environment without the settings under test."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYMPR_") or "TEST" in name}
    return kept | {"PYTHONUNBUFFERED": ""}

"""`pympr run`: start a Python program on ranks, watch over it, and end with a code that can be trusted.

exit codes: 0 success, 1 an exception, the script's own code for sys.exit, 2 wrong
usage, 69 a rank was lost, 76 the ranks diverged, 124 a hang or --timeout, 130 Ctrl-C
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from pympr.cli import command, library, machine
from pympr.cli.relay import Relay
from pympr.cli.supervise import Supervisor
from pympr.cli.verdict import judge
from pympr.collectives.launcher import find_launch
from pympr.config import Config
from pympr.errors import LaunchError
from pympr.run.pages import read_pages

_FOLDER = "pympr-output"


def main(arguments: list[str]) -> int:
    """Run `pympr run` with these arguments and return the exit code."""
    options = parse(arguments)
    program = program_of(options)
    if options.script and options.script[0] != "-" and not os.path.exists(options.script[0]):
        raise LaunchError(f"no such file: {options.script[0]}")
    if find_launch(os.environ) is not None:
        # Already one rank of a launch: become the program.
        os.execv(sys.executable, [sys.executable, *program])
    folder = Path(tempfile.mkdtemp(prefix=f"pympr-{os.geteuid()}-", dir=Config().run_dir or None))
    try:
        return _supervise(options, program, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of `pympr run`; everything after the script, module or code is the program's."""
    parser = argparse.ArgumentParser(
        prog="pympr run",
        usage="pympr run [-n N] [--output WHOSE] [--timeout S] (FILE | -m MODULE | -c CODE) [ARGUMENT ...]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "-n",
        type=_positive,
        dest="size",
        metavar="N",
        help="ranks (default: the usable cores, or the tasks of the Slurm allocation)",
    )
    parser.add_argument(
        "--output",
        default="rank0",
        metavar="rank0|all|tagged|files[:FOLDER]",
        help="whose standard output is shown: rank 0's (default), everybody's, everybody's with the rank "
        f"before each line, or one file a rank in FOLDER (default {_FOLDER}); errors are always shown",
    )
    parser.add_argument("--timeout", type=float, default=float("inf"), metavar="S", help="end the job after S seconds")
    parser.add_argument("-m", dest="module", nargs=argparse.REMAINDER, help="run a module")
    parser.add_argument("-c", dest="code", nargs=argparse.REMAINDER, help="run code")
    parser.add_argument("script", nargs=argparse.REMAINDER, metavar="file args...", help="run a file")
    options = parser.parse_args(arguments)
    kind, _, options.folder = options.output.partition(":")
    if kind not in command.OUTPUTS or (options.folder and kind != "files"):
        parser.error(f"--output must be one of {', '.join(command.OUTPUTS)} or files:FOLDER, got {options.output!r}")
    options.output = kind
    if not any((options.script, options.module, options.code)):
        parser.error("expecting a script, -m module or -c code")
    return options


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expecting a number of ranks, got {text!r}") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"expecting at least 1 rank, got {number}")
    return number


def program_of(options: argparse.Namespace) -> list[str]:
    """What follows the interpreter.

    >>> program_of(parse(["-n", "2", "count.py", "-n", "5"]))
    ['count.py', '-n', '5']
    >>> program_of(parse(["-m", "pympr.jobs.wordcount", "--top", "3"]))
    ['-m', 'pympr.jobs.wordcount', '--top', '3']
    """
    if options.module:
        return ["-m", *options.module]
    return ["-c", *options.code] if options.code else options.script


def _supervise(options: argparse.Namespace, program: list[str], folder: Path) -> int:
    start, is_launched = _prepare(options, program, str(folder))
    for remark in start.remarks:
        _say(remark)
    relay = Relay()
    if options.output == "tagged":
        relay.add_tagged(folder, start.size)
    supervisor = Supervisor(folder, relay, options.timeout, Config().hang_seconds)
    ending = supervisor.run(start.command, start.environment)
    verdict = judge(ending, read_pages(folder), folder, is_launched)
    if verdict.message:
        _say(verdict.message)
    return verdict.code


def _prepare(options: argparse.Namespace, program: list[str], folder: str) -> tuple[command.Start, bool]:
    size = options.size or machine.default_ranks(os.environ)
    output_folder = folder if options.output == "tagged" else _output_folder(options)
    wish = command.Wish(program, size, options.output, output_folder, machine.usable_cores())
    if size == 1:
        return command.alone(sys.executable, wish, folder), False
    found, reason = library.find_library()
    if found is None:
        if options.size is not None:
            raise LaunchError(
                f"{size} ranks need an MPI library, but mpi4py finds none ({reason}); "
                "install one, such as pip install mpich, or load the site's module"
            )
        _say("no MPI library found: running on 1 rank (`pympr doctor` says more)")
        return command.alone(sys.executable, wish._replace(size=1), folder), False
    launcher = library.find_launcher(found)
    return command.launched(sys.executable, wish, folder, launcher, found, os.environ), True


def _output_folder(options: argparse.Namespace) -> str:
    if options.output != "files":
        return ""
    folder = os.path.abspath(options.folder or _FOLDER)
    os.makedirs(folder, exist_ok=True)
    _say(f"standard output goes to {folder}/rank.N.txt")
    return folder


def _say(text: str) -> None:
    print(f"pympr: {text}", file=sys.stderr, flush=True)

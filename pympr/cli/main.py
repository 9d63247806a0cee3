"""The command `pympr`: start programs on ranks, look at the machine, run the ready-made jobs."""

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path

from pympr import __version__
from pympr.errors import PymprError

USAGE = 2
_COMMANDS = {
    "run": "start a Python program on several ranks and watch over it",
    "doctor": "say what this machine has to offer, what is wrong and what to do",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line (without the program's name) and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name = arguments[0] if arguments else ""
    if name in _COMMANDS:
        return _run_command(name, arguments[1:])
    if name in jobs():
        return importlib.import_module(f"pympr.jobs.{name}").main(arguments[1:]) or 0
    parser = _make_parser()
    if not arguments:
        parser.print_help(sys.stderr)
        return USAGE
    parser.parse_args(arguments)
    return USAGE


def jobs() -> dict[str, str]:
    """The ready-made jobs and the first line of each one's docstring, found without importing them."""
    package = importlib.util.find_spec("pympr.jobs")
    folders = package.submodule_search_locations if package is not None else None
    files = sorted(file for folder in folders or () for file in Path(folder).glob("[a-z]*.py"))
    return {file.stem: _first_line(file) for file in files}


def _first_line(file: Path) -> str:
    with open(file, encoding="utf-8") as lines:
        first = lines.readline()
    return first.strip().removeprefix('"""').removesuffix('"""') if first.startswith('"""') else ""


def _run_command(name: str, arguments: list[str]) -> int:
    try:
        return importlib.import_module(f"pympr.cli.{name}").main(arguments)
    except PymprError as error:
        print(f"pympr: {error}", file=sys.stderr)
        return USAGE


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pympr", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"pympr {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands and jobs")
    for name, text in (_COMMANDS | jobs()).items():
        commands.add_parser(name, help=text, add_help=False)
    parser.epilog = "`pympr COMMAND --help` says more about each."
    return parser


if __name__ == "__main__":
    sys.exit(main())

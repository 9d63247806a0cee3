"""`pympr doctor`: what this machine has to offer, what is wrong and what to do. Does not start MPI unless asked.

exit codes: 0 nothing is wrong (there may be warnings), 1 something is, 2 wrong usage
"""

import argparse
import json
import sys
from typing import NamedTuple

_SIGNS = {"ok": "ok  ", "info": "    ", "warning": "WARN", "wrong": "FAIL"}


class Finding(NamedTuple):
    """One line of the report; `state` is "ok", "info", "warning" or "wrong", `remedy` says what to do."""

    subject: str
    state: str
    text: str
    remedy: str = ""


def main(arguments: list[str]) -> int:
    """Print the findings and return the exit code."""
    options = _parse(arguments)
    from pympr.cli import checks

    findings = checks.all_findings(has_probe=options.mpi)
    if options.json:
        print(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        print(report(findings))
    return int(any(finding.state == "wrong" for finding in findings))


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pympr doctor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mpi", action="store_true", help="also start 2 ranks and let them talk")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of text")
    return parser.parse_args(arguments)


def report(findings: list[Finding]) -> str:
    """The findings as text, one a line, with what to do below.

    >>> print(report([Finding("cores", "ok", "2"), Finding("MPI library", "wrong", "none", "pip install mpich")]))
    ok   cores: 2
    FAIL MPI library: none
         -> pip install mpich
    """
    lines = []
    for finding in findings:
        lines.append(f"{_SIGNS[finding.state]} {finding.subject}: {finding.text}")
        if finding.remedy:
            lines.append(f"     -> {finding.remedy}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

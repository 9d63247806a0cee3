"""One table of the exchange for several numbers of ranks and MPI libraries.

    python -m benchmarks.exchange_table [--ranks 2,4] [--python FOLDER/bin/python ...] [--seconds 1] [--kilobytes 1,64]

Each `--python` is the interpreter of an environment with pympr and one MPI library; without it, this one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.exchange_family import table

PROGRAM = Path(__file__).with_name("exchange.py")
LIMIT_SECONDS = 1200


def measure(python: str, ranks: int, rest: list[str]) -> dict:
    """What benchmarks/exchange.py finds in one environment; CalledProcessError when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "found.json")
        command = [python, "-m", "pympr.cli.main", "run", "-n", str(ranks), str(PROGRAM), "--json", str(found), *rest]
        path = os.pathsep.join([str(Path(python).parent), os.environ.get("PATH", "")])
        environment = dict(os.environ, OMP_NUM_THREADS="1", PATH=path)
        subprocess.run(command, check=True, timeout=LIMIT_SECONDS, env=environment, stdout=sys.stderr)
        return json.loads(found.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", default="2,4")
    parser.add_argument("--python", action="append")
    options, rest = parser.parse_known_args()
    for python in options.python or [sys.executable]:
        for ranks in map(int, options.ranks.split(",")):
            print(table(measure(python, ranks, rest)), flush=True)


if __name__ == "__main__":
    main()

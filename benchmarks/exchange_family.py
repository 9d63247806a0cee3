"""The exchange against the library's own Alltoallv, as a family of the tables: one record an MPI library."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

FAMILY = "exchange"
SECONDS = {"tiny": 0.1, "small": 0.5, "full": 2.0}
KILOBYTES = {"tiny": "1,64", "small": "1,64,1024", "full": "1,64,1024,65536"}
LIMIT_SECONDS = 600


def measure(scale: str, ranks: int, records: Path) -> bool:
    """Run benchmarks/exchange.py under this environment's launcher and keep its record; whether it succeeded."""
    records.mkdir(parents=True, exist_ok=True)
    program = Path(__file__).with_name("exchange.py")
    found = records / "exchange-new.json"
    command = [sys.executable, "-m", "pympr.cli.main", "run", "-n", str(ranks), str(program)]
    command += ["--kilobytes", KILOBYTES[scale], "--seconds", str(SECONDS[scale]), "--json", str(found)]
    done = subprocess.run(command, cwd=records, timeout=LIMIT_SECONDS, env=dict(os.environ, OMP_NUM_THREADS="1"))
    if done.returncode:
        return False
    name = json.loads(found.read_text())["library"].split()[0].lower()
    found.replace(records / f"{FAMILY}-{name}.json")
    return True


def section(records: Path) -> str:
    """The tables of all records, or nothing."""
    found = [json.loads(path.read_text()) for path in sorted(records.glob(f"{FAMILY}-*.json"))]
    if not found:
        return ""
    parts = [f"## {FAMILY}\n", EXPLANATION]
    return "\n".join(parts + [table(record) for record in found])


def table(record: dict[str, Any]) -> str:
    """One library: a line for every size."""
    lines = [
        f"### {record['library']}, {record['ranks']} ranks, {record['variant']}\n",
        "| kind | KiB a pair | Alltoallv us | exchange us | ratio | best Alltoallv us | best exchange us | best ratio"
        " | packing and Alltoallv us | memcpy us |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for line in record["lines"]:
        cells = [line["kind"], line["kilobytes_a_pair"]]
        for kind in ("median", "best"):
            cells += [line[f"{kind}_alltoallv_us"], line[f"{kind}_exchange_us"], line[f"{kind}_ratio"]]
        packed_us = line["median_packed_us"]
        cells += ["-" if packed_us is None else packed_us, line["median_memcpy_us"]]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


EXPLANATION = """Rows with random destinations: counting, laying out, packing and moving them, against mpi4py's
`Alltoallv` of the same bytes from buffers that are packed already, in turns; times of the slowest rank. Above 1 the
exchange is ahead. "Packing and Alltoallv" is what a NumPy program does to come so far; "memcpy" copies the same bytes
within a rank. Kinds: int64; strings of 4 to 20 bytes with their lengths; rows of int64, float64, int32. All cases:
`python -m benchmarks.exchange_table --ranks 2,4 --python MPICH/bin/python --python OPENMPI/bin/python`.
"""

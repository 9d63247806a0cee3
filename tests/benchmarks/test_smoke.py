"""Every family at the smallest scale: pympr and the installed peers run and agree; the tables come out."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("pympr.context")

ROOT = Path(__file__).parents[2]
FAST_PEERS = [name for name in ("numpy", "polars", "duckdb", "mpi4py") if importlib.util.find_spec(name)]
CASES = {
    "wordcount": "wordcount-zipf",
    "logcount": "logcount-agents",
    "sort": "sort-skewed",
    "terasort": "terasort-files",
    "reducebykey": "reducebykey-int-5e4-1e4",
    "join": "join-int",
    "iterative": "iterative-pagerank-numpy",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


def measure(family: str, data: Path, engines: list[str]) -> dict:
    output = data / f"{family}.md"
    command = [sys.executable, "-m", "benchmarks.run", family, "--scale", "tiny", "--only", CASES[family]]
    command += ["--engines", ",".join(engines), "--data", str(data), "--output", str(output)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert CASES[family].split("-", 1)[1] in output.read_text()
    return json.loads((data / "records" / "tiny" / f"{CASES[family]}.json").read_text())


@pytest.mark.timeout(150)
@pytest.mark.parametrize("family", CASES)
def test_a_family_runs_and_agrees(family, data):
    record = measure(family, data, ["pympr", *FAST_PEERS])
    assert not record["wrong"]
    assert not [engine["failure"] for engine in record["engines"].values() if "failure" in engine]
    assert len(record["engines"]["pympr"]["repetitions"]) == 2
    assert len(record["engines"]["pympr"]["repetitions"][0]["peak_rss_bytes"]) == 2


@pytest.mark.timeout(150)
def test_the_exchange_has_its_table(data):
    output = data / "exchange.md"
    command = [sys.executable, "-m", "benchmarks.run", "exchange", "--scale", "tiny", "--data", str(data)]
    done = subprocess.run([*command, "--output", str(output)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (record,) = (data / "records" / "tiny").glob("exchange-*.json")
    lines = json.loads(record.read_text())["lines"]
    assert [line["kilobytes_a_pair"] for line in lines] == [1, 64] * 3
    assert f"| int64 | 1 | {lines[0]['median_alltoallv_us']} |" in output.read_text()

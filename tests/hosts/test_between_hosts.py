"""The exchange between hosts in network namespaces: what leaves them is counted by their network devices."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from benchmarks import hosts as benchmark  # noqa: E402
from benchmarks.hosts_network import Hosts, obstacle  # noqa: E402

ROW_BYTES = 16


@pytest.fixture(autouse=True)
def needs_hosts():
    if why := obstacle():
        pytest.skip(f"no hosts here: {why}")


def check(records, ranks, rows, hosts):
    """Every variant sends what the rows for other hosts take, the grid more, merging less."""
    leaving = rows * ROW_BYTES * ranks * (hosts - 1) / hosts
    for record in records:
        least, most = (0.2, 0.9) if "merging" in record["case"] else (0.95, 2.3 if record["chosen"] == "grid" else 1.4)
        assert record["hosts"] == hosts
        assert least * leaving < record["sent_bytes"] < most * leaving


def test_two_hosts_and_keys_that_are_merged():
    with Hosts(2, 2) as hosts:
        records = benchmark.measure(hosts, ("flat", "two-level", "two-level+merging"), 4, 20_000, 1)
    check(records, 4, 20_000, 2)


@pytest.mark.nightly
def test_four_hosts_far_apart():
    with Hosts(4, 2, delay_seconds=1e-3) as hosts:
        records = benchmark.measure(hosts, benchmark.CASES, 8, 20_000, 2)
    check(records, 8, 20_000, 4)

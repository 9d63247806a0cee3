"""The exchange between four hosts of two ranks: flat against two-level, and what merging equal keys there saves.

    python benchmarks/hosts.py [--rows 200000] [--delay-milliseconds 1] [--rate 1gbit]      # as root

The hosts are network namespaces (`benchmarks.hosts_network`). Every rank has so many rows of a key and a
count, the keys drawn from as many. The bytes are what the hosts' network devices have sent, headers of
TCP and Ethernet included; times are of the slowest rank, the best of some.
"""

import argparse
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

CASES = ("flat", "grid", "two-level", "two-level+merging", "auto")
REPEATS = 3
LIMIT_SECONDS = 300


def work(cases: list[str], rows: int, repeats: int) -> None:
    """What a rank does: exchanges of every case; rank 0 prints their records."""
    import numpy as np

    from pympr.collectives.exchange import Part, exchange
    from pympr.collectives.world import world

    here = world()
    keys = np.random.default_rng(here.rank).integers(0, rows, rows)
    part = Part(here.rank, [keys, np.ones(rows, np.int64)], (keys % here.size).astype(np.uint32))
    exchange(here, [part], ("int64", "int64"), "auto")  # connects, and has the network measured
    records = []
    for case in cases:
        variant, _, merging = case.partition("+")
        combine = add_equal if merging else None
        record, received = best_of(
            here,
            repeats,
            lambda wish=variant, add=combine: exchange(here, [part], ("int64", "int64"), wish, combine=add),
        )
        assert here.comm.allreduce(int(received.columns[1].sum())) == rows * here.size
        records.append({"case": case, "hosts": here.size // here.node().size} | record)
    if here.rank == 0:
        print(json.dumps(records))


def best_of(here, repeats: int, call) -> tuple[dict, object]:
    """Seconds of the best call, and the bytes that a call made all hosts send."""
    from mpi4py import MPI

    seconds, before = [], sent_by_all(here)
    for _ in range(repeats):
        here.comm.Barrier()
        begin = time.perf_counter()
        received, counters = call()
        seconds.append(here.comm.allreduce(time.perf_counter() - begin, op=MPI.MAX))
    sent_bytes = (sent_by_all(here) - before) // repeats
    chosen = {"chosen": counters.variant, "predicted_seconds": counters.predicted.seconds}
    return chosen | {"seconds": min(seconds), "sent_bytes": sent_bytes}, received


def sent_by_all(here) -> int:
    """What the network devices of all hosts have sent until now."""
    here.comm.Barrier()
    mine = int(Path("/sys/class/net/eth0/statistics/tx_bytes").read_text()) if here.node().rank == 0 else 0
    return here.comm.allreduce(mine)


def add_equal(columns: list) -> list:
    """One row a key, the counts added."""
    import numpy as np

    keys, place = np.unique(columns[0], return_inverse=True)
    return [keys, np.bincount(place, columns[1]).astype(np.int64)]


def measure(hosts, cases, ranks: int, rows: int, repeats: int) -> list[dict]:
    """The records of all cases, from one start of the ranks."""
    arguments = [str(Path(__file__).resolve()), "--work", ",".join(cases)]
    arguments += ["--rows", str(rows), "--repeats", str(repeats)]
    return json.loads(hosts.mpirun(ranks, arguments, LIMIT_SECONDS).splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--delay-milliseconds", type=float, default=1.0)
    parser.add_argument("--rate", default="1gbit")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work.split(","), options.rows, options.repeats)
        return
    from benchmarks.hosts_network import Hosts, obstacle

    if why := obstacle():
        raise SystemExit(f"no hosts here: {why}")
    with Hosts(rate=options.rate, delay_seconds=options.delay_milliseconds / 1e3) as hosts:
        print(f"{'variant':>20} {'seconds':>9} {'predicted':>9} {'MB between hosts':>17}")
        for record in measure(hosts, CASES, 8, options.rows, options.repeats):
            name = f"auto ({record['chosen']})" if record["case"] == "auto" else record["case"]
            sent = record["sent_bytes"] / 1e6
            print(f"{name:>20} {record['seconds']:9.3f} {record['predicted_seconds']:9.3f} {sent:17.2f}")


if __name__ == "__main__":
    main()

"""The exchange of rows, packing included, against Alltoallv of the same bytes from ready-made buffers.

    pympr run -n 2 benchmarks/exchange.py [--kinds int64,strings,rows] [--kilobytes 1,64,1024,65536] [--json FILE]

`python -m benchmarks.exchange_table` runs it for several numbers of ranks and MPI libraries and prints one table.

Every rank has rows with random destinations, so many kilobytes a pair of ranks. The time of the exchange is that of
everything after the destination of every row is known: count, agree, lay out, scatter. Alltoallv knows its counts
and finds its bytes packed; "packed" is what a NumPy program does to come so far (argsort, take, Alltoall of the
counts) and the same Alltoallv; "memcpy" copies the same bytes within a rank. Times are of the slowest rank, the ways
measured in turn; all reuse their memory. Tables give the median, and the best call: what is left where other programs
use the machine.
"""

import argparse
import json
import platform
import statistics
import sys
import time

import numpy as np
from mpi4py import MPI

from pympr.collectives.choose import explain_exchange
from pympr.collectives.exchange import Part, exchange
from pympr.collectives.world import library_name, world

KINDS = {"int64": ("int64",), "strings": ("bytes",), "rows": ("int64", "float64", "int32")}
STRING_BYTES = 12  # on average; with its length a string is 20 bytes
ROW_BYTES = {"int64": 8, "strings": 8 + STRING_BYTES, "rows": 20}
PACKED_MOST_BYTES = 8 << 20  # a rank; above, NumPy's way of packing takes seconds and says nothing new
LINE = (
    "{kind:<8} {kilobytes_a_pair:>8} {median_alltoallv_us:>11} {median_exchange_us:>11} {median_ratio:>6}"
    " {best_alltoallv_us:>11} {best_exchange_us:>11} {best_ratio:>6} {median_packed_us:>11} {median_memcpy_us:>10}"
)


def measure(comm, works: dict, seconds: float) -> tuple[dict[str, list[float]], dict]:
    """The seconds of every call of each of `works` on the slowest rank, called in turn, and their last results."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(2000):
        results = {}  # the exchange's memory goes back to where it is reused
        for name, work in works.items():
            comm.Barrier()
            begin = time.perf_counter()
            results[name] = work()
            taken = comm.allreduce(time.perf_counter() - begin, op=MPI.MAX)
            if turn >= 2:
                times[name].append(taken)
        if comm.bcast(sum(map(sum, times.values())) > seconds and turn > 5, 0):
            break
    return times, results


def make_columns(kind: str, rows: int, random) -> list:
    """The columns of so many random rows."""
    if kind == "strings":
        lengths = random.integers(STRING_BYTES - 8, STRING_BYTES + 9, rows)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        return [(random.integers(97, 123, int(lengths.sum()), np.uint8), offsets[:-1], offsets[1:])]
    columns = [random.integers(-(2**62), 2**62, rows)]
    if kind == "rows":
        columns += [columns[0] / 3, columns[0].astype(np.int32)]
    return columns


def lanes_of(columns: list) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """What is packed row by row: fixed items, or (bytes, length of each row); of strings also the lengths."""
    lanes = []
    for column in columns:
        if isinstance(column, tuple):
            data, starts, ends = column
            lanes += [(data, ends - starts), (ends - starts, None)]
        else:
            lanes.append((column, None))
    return lanes


def pack(columns: list, buckets: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """One buffer of bytes by rank, in it lane by lane; and the bytes for every rank."""
    order = np.argsort(buckets, kind="stable")
    borders = np.concatenate([[0], np.cumsum(np.bincount(buckets, minlength=size))])
    pieces: list = [[] for _ in range(size)]
    for items, lengths in lanes_of(columns):
        ends = borders
        if lengths is not None:
            rows = np.repeat(np.arange(len(lengths)), lengths)
            items = items[np.argsort(np.argsort(order)[rows], kind="stable")]
            ends = np.concatenate([[0], np.cumsum(lengths[order])])[borders]
        else:
            items = items[order]
        for rank in range(size):
            pieces[rank].append(items[ends[rank] : ends[rank + 1]].view(np.uint8))
    messages = [np.concatenate(piece) for piece in pieces]
    return np.concatenate(messages), np.array([len(message) for message in messages])


def compare(here, kind: str, kilobytes: int, variant: str, seconds: float) -> dict:
    """All ways once, the exchange checked against the others."""
    rows = kilobytes * 1024 * here.size // ROW_BYTES[kind]
    random = np.random.default_rng([here.rank, kilobytes])
    columns = make_columns(kind, rows, random)
    buckets = random.integers(0, here.size, rows, np.uint32)
    packed, counts = pack(columns, buckets, here.size)
    coming = np.empty_like(counts)
    here.comm.Alltoall(counts, coming)
    received, copied = np.zeros(int(coming.sum()), np.uint8), np.zeros_like(packed)
    part = Part(here.rank, columns, buckets)

    def pack_and_send():
        ready, lengths = pack(columns, buckets, here.size)
        here.comm.Alltoall(lengths, coming)
        here.comm.Alltoallv([ready, lengths], [np.empty(int(coming.sum()), np.uint8), coming])

    works = {
        "alltoallv": lambda: here.comm.Alltoallv([packed, counts], [received, coming]),
        "exchange": lambda: exchange(here, [part], KINDS[kind], variant),
    }
    times, results = measure(here.comm, works, seconds)
    check(results["exchange"][0].columns, received, coming)
    del results
    times |= measure(here.comm, {"memcpy": lambda: np.copyto(copied, packed)}, seconds / 4)[0]
    if len(packed) <= PACKED_MOST_BYTES:
        times |= measure(here.comm, {"packed": pack_and_send}, seconds / 4)[0]
    nothing = {"median_packed_us": None}  # where that is not measured
    return {"kind": kind, "kilobytes_a_pair": kilobytes} | nothing | figures("median", times) | figures("best", times)


def check(columns: list, received: np.ndarray, coming: np.ndarray) -> None:
    """The exchange gives what Alltoallv brought, lane by lane of every message."""
    messages = np.split(received, np.cumsum(coming)[:-1])
    lanes = [lane.view(np.uint8) for lane, _ in lanes_of(columns)]
    assert sum(map(len, lanes)) == len(received)
    assert sum(int(lane.sum()) for lane in lanes) == int(received.sum())
    first = next((len(message) for message in messages if len(message)), 0)
    share = min(64, first // 32)
    assert np.array_equal(lanes[0][:share], received[:share])


def figures(name: str, times: dict[str, list[float]]) -> dict:
    choose = statistics.median if name == "median" else min
    found = {f"{name}_{way}_us": round(choose(taken) * 1e6, 1) for way, taken in times.items()}
    ratio = choose(times["alltoallv"]) / choose(times["exchange"])
    return found | {f"{name}_ratio": round(ratio, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default="int64,strings,rows")
    parser.add_argument("--kilobytes", default="1,64,1024,65536")
    parser.add_argument("--variant", default="auto")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--json")
    options = parser.parse_args()
    here = world()
    why = explain_exchange(here) if options.variant == "auto" else options.variant
    if here.rank == 0:
        print(f"{library_name()}, {here.size} ranks, {platform.processor() or platform.machine()}, variant {why}")
        print(
            f"{'kind':<8} {'KiB pair':>8} {'Alltoallv us':>11} {'exchange us':>11} {'ratio':>5}   best: the same"
            f"{'packed us':>28} {'memcpy us':>10}"
        )
    lines = []
    for kind in options.kinds.split(","):
        for kilobytes in map(int, options.kilobytes.split(",")):
            lines.append(compare(here, kind, kilobytes, options.variant, options.seconds))
            if here.rank == 0:
                print(LINE.format(**{name: "-" if value is None else value for name, value in lines[-1].items()}))
                sys.stdout.flush()
    if options.json and here.rank == 0:
        record = {"library": library_name(), "ranks": here.size, "variant": why, "lines": lines}
        with open(options.json, "w") as file:
            json.dump(record, file, indent=1)


if __name__ == "__main__":
    main()

"""Jobs of many times their memory, against Polars streaming, DuckDB and Dask told the same limit.

    python -m benchmarks.out_of_core [--memory 64m] [--times 10] [--ranks 2] [--engines pympr,polars,duckdb,dask]

Every engine gets the same rows of two int64 (.npy files for pympr, Parquet for the others), writes what it
sorts, and does one job in processes of its own. Seconds are those of the job, without start and imports. Memory is
what all its processes hold beyond what they held before (anonymous and shared pages, looked at every 20 ms): mapped
input is not counted. The limit is for an engine's processes together: `PYMPR_MEMORY_BYTES` of a rank is its share,
DuckDB's `memory_limit` the whole; Polars and Dask's threads have no such option. Results are compared.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import numpy as np

JOBS = ("sum by key", "sort", "join")
_TOKEN = "PYMPR_BENCHMARK_TOKEN"
_UNITS = {"k": 10, "m": 20, "g": 30}


def make_data(folder: pathlib.Path, rows: int) -> None:
    """Rows of (key, value), every key about twice, and a few keys with a number each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.Generator(np.random.Philox(7))
    columns = {"k": rng.integers(0, rows // 2, rows, np.int64), "v": rng.integers(-1000, 1000, rows, np.int64)}
    few = rng.permutation(np.arange(0, rows // 2, 4, dtype=np.int64))
    tables = {"all": columns, "few": {"k": few, "w": few % 1000}}
    for name, table in tables.items():
        for column, values in table.items():
            np.save(folder / f"{name}.{column}.npy", values)
        pq.write_table(pa.table(table), folder / f"{name}.parquet", row_group_size=1 << 18, compression="none")


def pympr_job(job: str, folder: str, out: str, limit: int) -> Any:
    from pympr import SparkContext

    sc = SparkContext.getOrCreate()
    pairs = sc.npy((f"{folder}/all.k.npy", f"{folder}/all.v.npy"), 4 * sc.size)
    yield "ready"
    if job == "sum by key":
        yield pairs.reduceByKey(lambda a, b: a + b).map(lambda kv: kv[0] ^ kv[1]).sum()
    elif job == "sort":
        pairs.sortByKey().saveAsNpy(out)
        yield 0
    else:
        few = sc.npy((f"{folder}/few.k.npy", f"{folder}/few.w.npy"), sc.size)
        yield pairs.join(few).map(lambda kv: kv[1][0] * kv[1][1]).sum()


def polars_job(job: str, folder: str, out: str, limit: int) -> Any:
    import polars as pl

    rows, few = pl.scan_parquet(f"{folder}/all.parquet"), pl.scan_parquet(f"{folder}/few.parquet")
    yield "ready"
    if job == "sort":
        rows.sort("k", maintain_order=True).sink_parquet(out, engine="streaming")
        yield 0
        return
    if job == "sum by key":
        query = rows.group_by("k").agg(pl.col("v").sum()).select((pl.col("k") ^ pl.col("v")).sum())
    else:
        query = rows.join(few, on="k").select((pl.col("v") * pl.col("w")).sum())
    yield query.collect(engine="streaming").item()


def duckdb_job(job: str, folder: str, out: str, limit: int) -> Any:
    import duckdb

    base = duckdb.connect()
    base.execute(f"SET memory_limit='{limit >> 20}MiB'; SET threads=2; SET temp_directory='{folder}/duckdb'")
    base.execute("SET preserve_insertion_order=false")
    rows, few = f"'{folder}/all.parquet'", f"'{folder}/few.parquet'"
    queries = {
        "sum by key": f"SELECT sum(xor(k, s)) FROM (SELECT k, sum(v)::BIGINT AS s FROM {rows} GROUP BY k)",
        "sort": f"COPY (SELECT * FROM {rows} ORDER BY k) TO '{out}' (FORMAT parquet)",
        "join": f"SELECT sum(v * w) FROM {rows} JOIN {few} USING (k)",
    }
    yield "ready"
    found = base.execute(queries[job]).fetchone()
    yield 0 if job == "sort" else int(found[0])


def dask_job(job: str, folder: str, out: str, limit: int) -> Any:
    import dask
    import dask.dataframe as dd

    dask.config.set(scheduler="threads", num_workers=2, temporary_directory=folder)
    blocks = max(16, limit >> 22)
    rows = dd.read_parquet(f"{folder}/all.parquet", split_row_groups=1).repartition(npartitions=blocks)
    few = dd.read_parquet(f"{folder}/few.parquet", split_row_groups=1)
    yield "ready"
    if job == "sum by key":
        sums = rows.groupby("k").v.sum(split_out=blocks).to_frame().reset_index()
        yield int((sums.k ^ sums.v).sum().compute())
    elif job == "sort":
        rows.sort_values("k").to_parquet(out)
        yield 0
    else:
        joined = rows.merge(few, on="k")
        yield int((joined.v * joined.w).sum().compute())


ENGINES = {"pympr": pympr_job, "polars": polars_job, "duckdb": duckdb_job, "dask": dask_job}


def work(engine: str, job: str, folder: str, out: str, limit: int) -> None:
    """Do one job in this process, and print when it began and ended and what came out."""
    steps = ENGINES[engine](job, folder, out, limit)
    next(steps)
    began, used = time.time(), sum(os.times()[:4])
    found = next(steps)
    line = {"began": began, "ended": time.time(), "cpu": sum(os.times()[:4]) - used, "found": found}
    next(steps, None)
    print("RESULT " + json.dumps(line), flush=True)


class Watch:
    """What all processes with a token in their environment hold, again and again."""

    def __init__(self, token: str) -> None:
        self._token, self._known = token.encode(), {}
        self.seen: list[tuple[float, int]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()
        self._thread.join()

    def peak_bytes(self, began: float, ended: float) -> int:
        """The most between two times, beyond what was held at the first."""
        before = [held for at, held in self.seen if at <= began]
        inside = [held for at, held in self.seen if began <= at <= ended]
        return max(inside, default=0) - (before[-1] if before else 0)

    def _look(self) -> None:
        while not self._is_over.wait(0.02):
            held = sum(map(self._held, filter(str.isdigit, os.listdir("/proc"))))
            self.seen.append((time.time(), held))

    def _held(self, pid: str) -> int:
        try:
            if pid not in self._known:
                self._known[pid] = self._token in pathlib.Path("/proc", pid, "environ").read_bytes()
            if not self._known[pid]:
                return 0
            lines = pathlib.Path("/proc", pid, "status").read_text().splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(("RssAnon", "RssShmem")))


def measure(engine: str, job: str, folder: pathlib.Path, limit: int, ranks: int, python: str) -> dict[str, Any]:
    """One engine's figures for one job, from processes of its own."""
    out, token = folder / "out", f"{engine}-{job}-{os.getpid()}".replace(" ", "-")
    shutil.rmtree(out, ignore_errors=True)
    out.unlink(missing_ok=True)
    command = [python, "-m", "benchmarks.out_of_core", "--work", engine, job, str(folder), str(out), str(limit)]
    environment = os.environ | {_TOKEN: token, "POLARS_MAX_THREADS": "2", "TMPDIR": str(folder)}
    if engine == "pympr":
        command = ["mpirun", "-n", str(ranks), sys.executable, *command[1:]]
        environment |= {"PYMPR_MEMORY_BYTES": str(limit // ranks), "OMP_NUM_THREADS": "1"}
    watch = Watch(token)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800)
    watch.stop()
    told = [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not told:
        last = (done.stderr.strip().splitlines() or ["nothing said"])[-1]
        return {"failed": last[:120]}
    began, ended = min(line["began"] for line in told), max(line["ended"] for line in told)
    peak = watch.peak_bytes(began, ended)
    return {"seconds": ended - began, "cpu": sum(line["cpu"] for line in told), "peak": peak, "found": told[0]["found"]}


def table(rows: int, limit: int, found: dict[tuple[str, str], dict[str, Any]]) -> str:
    """The figures as a table in Markdown."""
    share = f"{limit >> 20} MiB for {rows * 16 >> 20} MiB of rows"
    lines = [f"| {share} | engine | seconds | CPU seconds | peak MiB |", "|---|---|---|---|---|"]
    for (job, engine), figures in found.items():
        if "failed" in figures:
            lines.append(f"| {job} | {engine} | failed: {figures['failed']} | | |")
        else:
            told = f"{figures['seconds']:.1f} | {figures['cpu']:.1f} | {figures['peak'] >> 20}"
            lines.append(f"| {job} | {engine} | {told} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", default="64m", help="the limit for all processes of an engine")
    parser.add_argument("--times", type=float, default=10, help="how many times the limit the rows take")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--python", default=sys.executable, help="the Python of the other engines")
    parser.add_argument("--work", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(*arguments.work[:4], int(arguments.work[4]))
        return
    limit = int(arguments.memory[:-1]) << _UNITS[arguments.memory[-1].lower()]
    rows, found = int(limit * arguments.times) // 16, {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        program = f"import pathlib, benchmarks.out_of_core as o; o.make_data(pathlib.Path({name!r}), {rows})"
        subprocess.run([arguments.python, "-c", program], check=True)
        for job in JOBS:
            for engine in arguments.engines.split(","):
                found[job, engine] = measure(engine, job, folder, limit, arguments.ranks, arguments.python)
            results = {figures["found"] for (of, _), figures in found.items() if of == job and "found" in figures}
            if len(results) > 1:
                raise SystemExit(f"{job}: the engines differ: {results}")
    print(table(rows, limit, found))


if __name__ == "__main__":
    main()

"""Polars, 2 threads, in the fastest form found: the streaming engine; lines come through the CSV reader."""

import os

import numpy as np

from benchmarks import digests
from benchmarks.peers import record_files

THREADS = 2


def start() -> None:
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars  # noqa: F401


def versions() -> str:
    import polars

    return f"Polars {polars.__version__}"


def wordcount(text: str):
    import polars as pl

    lines = pl.scan_csv(text, has_header=False, separator="\x01", quote_char=None, schema={"line": pl.String})
    words = lines.select(pl.col("line").str.split(" ").list.explode().alias("word"))
    query = words.group_by("word").agg(pl.len())
    return (lambda: query.collect(engine="streaming")), (lambda frame: digests.of_counts(frame.iter_rows()))


def logcount(log: str):
    import polars as pl

    fields = dict.fromkeys(("request", "path", "sizes", "referrer", "space", "agent", "end"), pl.String)
    lines = pl.scan_csv(log, has_header=False, separator='"', quote_char=None, schema=fields)
    query = lines.group_by("agent").agg(pl.len())

    def run():
        frame = query.collect(engine="streaming")
        return frame, frame.filter(pl.col("agent").str.contains("Mobile", literal=True))["len"].sum()

    return run, lambda result: digests.of_counts(result[0].iter_rows()) + [result[1]]


def sort(keys: str):
    import polars as pl

    frame = pl.DataFrame({"key": np.load(keys)}).lazy().sort("key")
    return (lambda: frame.collect(engine="streaming")), (lambda result: digests.of_sequence(result["key"].to_numpy()))


def terasort(records: str, out: str):
    import polars as pl

    def order(high: np.ndarray, low: np.ndarray) -> np.ndarray:
        keys = pl.DataFrame({"high": high, "low": low})
        return keys.select(pl.arg_sort_by("high", "low")).to_series().to_numpy()

    return record_files.sorted_by(order, records, out)


def reduce_by_key(keys: str, values: str):
    import polars as pl

    pairs = pl.DataFrame({"key": series(keys), "value": np.load(values)}).lazy()
    query = pairs.group_by("key").agg(pl.col("value").sum())
    return (lambda: query.collect(engine="streaming")), digest_of_sums


def digest_of_sums(frame) -> list[int]:
    import polars as pl

    keys = frame["key"]
    if keys.dtype == pl.String:
        keys = keys.str.slice(2).cast(pl.Int64)
    return digests.of_columns(keys.to_numpy(), frame["value"].to_numpy())


def join(left: str, right: str, values: str):
    import polars as pl

    value = np.load(values)
    first = pl.DataFrame({"key": np.load(left), "value": value}).lazy()
    second = pl.DataFrame({"key": np.load(right), "other": value}).lazy()
    query = first.join(second, on="key", maintain_order="none")
    columns = ("key", "value", "other")
    return (
        lambda: query.collect(engine="streaming"),
        lambda frame: digests.of_columns(*(frame[name].to_numpy() for name in columns)),
    )


def series(path: str):
    """Load keys: int64 as they are, names as Polars strings."""
    import polars as pl

    keys = np.load(path)
    if keys.dtype.kind != "S":
        return pl.Series(keys)
    import pyarrow

    names = pyarrow.FixedSizeBinaryArray.from_buffers(pyarrow.binary(12), len(keys), [None, pyarrow.py_buffer(keys)])
    return pl.from_arrow(names).cast(pl.String)

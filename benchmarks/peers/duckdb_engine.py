"""DuckDB, 2 threads: tables in memory, results as Arrow tables; order of insertion given up, which is faster."""

import numpy as np

from benchmarks import digests
from benchmarks.peers import record_files

THREADS = 2


def start() -> None:
    import duckdb  # noqa: F401


def versions() -> str:
    import duckdb

    return f"DuckDB {duckdb.__version__}"


def connect():
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"set threads = {THREADS}")
    connection.execute("set preserve_insertion_order = false")
    return connection


def csv(path: str, delimiter: str, names: list[str]) -> str:
    """SQL that reads lines cut at a delimiter, without quotes and guesses."""
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    return (
        f"read_csv('{path}', header = false, delim = '{delimiter}', quote = '', escape = '', "
        f"columns = {{{columns}}}, auto_detect = false, max_line_size = 10000000)"
    )


def wordcount(text: str):
    connection = connect()
    words = f"select unnest(string_split(line, ' ')) as word from {csv(text, chr(1), ['line'])}"
    query = f"select word, count(*) as n from ({words}) group by word"

    def digest(table):
        return digests.of_counts(zip(table["word"].to_pylist(), table["n"].to_pylist()))

    return (lambda: connection.sql(query).to_arrow_table()), digest


def logcount(log: str):
    connection = connect()
    names = ["request", "path", "sizes", "referrer", "space", "agent", "tail"]
    query = f"select agent, count(*) as n from {csv(log, chr(34), names)} group by agent"

    def run():
        connection.execute(f"create or replace temp table agents as {query}")
        mobile = connection.execute("select sum(n)::bigint from agents where contains(agent, 'Mobile')").fetchone()[0]
        return connection.execute("select agent, n from agents").fetchall(), mobile

    return run, lambda result: digests.of_counts(result[0]) + [result[1]]


def sort(keys: str):
    connection = connect()
    load(connection, "pairs", key=np.load(keys))

    def run():
        return connection.sql("select key from pairs order by key").to_arrow_table()

    return run, lambda table: digests.of_sequence(table["key"].to_numpy())


def terasort(records: str, out: str):
    import pyarrow

    connection = connect()

    def order(high: np.ndarray, low: np.ndarray) -> np.ndarray:
        connection.register("keys", pyarrow.table({"high": high, "low": low, "place": np.arange(len(high))}))
        return connection.sql("select place from keys order by high, low").to_arrow_table()["place"].to_numpy()

    return record_files.sorted_by(order, records, out)


def reduce_by_key(keys: str, values: str):
    connection = connect()
    load(connection, "pairs", key=np.load(keys), value=np.load(values))

    def run():
        return connection.sql("select key, sum(value)::bigint as value from pairs group by key").to_arrow_table()

    return run, digest_of_sums


def digest_of_sums(table) -> list[int]:
    import pyarrow
    from pyarrow import compute

    keys = table["key"]
    if not pyarrow.types.is_integer(keys.type):
        keys = compute.utf8_slice_codeunits(keys, 2).cast(pyarrow.int64())
    return digests.of_columns(keys.to_numpy(), table["value"].to_numpy())


def join(left: str, right: str, values: str):
    connection = connect()
    value = np.load(values)
    load(connection, "first", key=np.load(left), value=value)
    load(connection, "second", key=np.load(right), other=value)
    query = "select first.key, value, other from first join second on first.key = second.key"

    def digest(table):
        return digests.of_columns(*(table[name].to_numpy() for name in ("key", "value", "other")))

    return (lambda: connection.sql(query).to_arrow_table()), digest


def load(connection, name: str, **columns: np.ndarray) -> None:
    """Make a DuckDB table of arrays; names of dtype S12 become VARCHAR."""
    import pyarrow

    arrays = {}
    for column, array in columns.items():
        if array.dtype.kind == "S":
            kind = pyarrow.binary(array.itemsize)
            fixed = pyarrow.FixedSizeBinaryArray.from_buffers(kind, len(array), [None, pyarrow.py_buffer(array)])
            arrays[column] = fixed.cast(pyarrow.large_binary()).cast(pyarrow.large_string())
        else:
            arrays[column] = pyarrow.array(array)
    connection.register("source", pyarrow.table(arrays))
    connection.execute(f"create table {name} as select * from source")
    connection.unregister("source")

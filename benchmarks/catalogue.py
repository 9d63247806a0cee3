"""The list of what is measured: job families, their cases, input, peers and aims."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.data import arrays, cache, events, text, weblog

DISTINCT_WORDS = 200_000

# The seconds in the remarks are CPU time of one rank at full scale, on the machine of docs/performance.md.
SORT_REMARK = (
    "np.sort of a rank's half takes 0.50 s, counting and scattering the keys to their rank 0.14 s: about 1.8 times is "
    "the most. Input, received keys (sorted in place) and what is written into the other rank's memory are 2.5 shares."
)
TERASORT_REMARK = (
    "Of 1.7 s a rank, finding the range of every record takes 0.3 s, laying sorted records end to end 0.3 s, sorting "
    "0.3 s, reading and writing files 0.3 s. The records are in memory twice."
)
FEW_KEYS_REMARK = (
    "Int keys that lie close together address their sums themselves, 1.7 ns of CPU a row of 16 bytes in two passes; "
    "short names are looked up in a small table of keys, 6 to 8 ns a row of 36 bytes (places, name, value). With 10^7 "
    "int rows a third of the time is planning and meeting, which more rows do not cost again; the exchange moves only "
    "the groups."
)
MANY_KEYS_REMARK = (
    "Nearly every key is new: all rows cross the exchange and are moved once more by hash before they enter a table, "
    "and the result is in the order of key hashes, which peers do not promise. Each copy counts in the peak."
)
JOIN_REMARK = (
    "Of 0.37 s a rank, two scatters (to the rank, then by key group) take 0.12 s, joining within groups 0.08 s and "
    "writing the result 0.10 s. The peak holds the input, both sides by key group, an inbox and the result."
)


@dataclass(frozen=True)
class Scale:
    """How much input; `repetitions` unless the command says otherwise."""

    name: str
    words: int
    log_bytes: int
    sort_rows: int
    record_rows: int
    pair_rows: tuple[int, ...]
    join_rows: int
    event_rows: int
    repetitions: int


SCALES = {
    "tiny": Scale("tiny", 50_000, 4 << 20, 100_000, 10_000, (50_000,), 20_000, 20_000, 1),
    "small": Scale("small", 7_800_000, 100_000_000, 10_000_000, 1_000_000, (1_000_000,), 1_000_000, 500_000, 2),
    "full": Scale("full", 78_000_000, 10**9, 10**8, 10**7, (10**7, 10**8), 10**7, 5_000_000, 3),
}


@dataclass(frozen=True)
class Case:
    """One job on one input. Slow peers run `slow_repetitions` times at full scale."""

    family: str
    name: str
    job: str
    title: str
    input: Callable[[Path], dict[str, Path]]
    rows: int
    peers: tuple[str, ...]
    aims: dict[str, float] = field(default_factory=dict)  # "fastest" or a peer's name -> times faster
    slow_peers: tuple[str, ...] = ()
    limit_seconds: float = 300
    writes_file: bool = False
    remark: str = ""  # why, where a peer is ahead

    @property
    def label(self) -> str:
        return f"{self.family}-{self.name}"


def cases(scale: Scale) -> list[Case]:
    """Every case of a scale, in the order of the tables."""
    from benchmarks.iterative_cases import iterative_cases  # it needs what is defined here

    return [
        *wordcount_cases(scale),
        *logcount_cases(scale),
        *sort_cases(scale),
        *terasort_cases(scale),
        *reduce_cases(scale),
        *join_cases(scale),
        *rdd_cases(scale),
        *iterative_cases(scale),
    ]


def wordcount_cases(scale: Scale) -> list[Case]:
    def make(root: Path) -> dict[str, Path]:
        path = root / f"text-{scale.words}.txt"
        return {"text": cache.ensure(path, lambda to: text.write_text(to, scale.words, DISTINCT_WORDS))}

    return [
        Case(
            "wordcount",
            "zipf",
            "wordcount",
            "textFile.flatMap(str.split).map(lambda w: (w, 1)).reduceByKey(add).collect()",
            make,
            scale.words,
            ("polars", "duckdb", "dask", "pyspark"),
            {"fastest": 2.5, "pyspark": 40},
            slow_peers=("dask", "pyspark"),
        )
    ]


def logcount_cases(scale: Scale) -> list[Case]:
    def make(root: Path) -> dict[str, Path]:
        path = root / f"web-{scale.log_bytes}.log"
        return {"log": cache.ensure(path, lambda to: weblog.write_weblog(to, scale.log_bytes))}

    return [
        Case(
            "logcount",
            "agents",
            "logcount",
            "requests by user agent, mobile ones apart, in a Combined Log Format file",
            make,
            0,
            ("polars", "duckdb", "pyspark"),
            {"fastest": 3},
            slow_peers=("pyspark",),
            remark="Two fifths of the time is the copy out of the page cache; mapping the file was measured and costs "
            "as much. The rest is finding fields, counting and a tenth of a millisecond of Python a mebibyte.",
        )
    ]


def sort_cases(scale: Scale) -> list[Case]:
    def case(name: str, write: Callable[[Path, int], None]) -> Case:
        def make(root: Path) -> dict[str, Path]:
            path = root / f"keys-{name}-{scale.sort_rows}.npy"
            return {"keys": cache.ensure(path, lambda to: write(to, scale.sort_rows))}

        title = f"fromNumpy.sortBy(lambda x: x).toNumpy(), {name} int64 keys in memory"
        return Case(
            "sort",
            name,
            "sort",
            title,
            make,
            scale.sort_rows,
            ("numpy", "polars", "duckdb"),
            {"numpy": 1.5},
            remark=SORT_REMARK,
        )

    return [case("uniform", arrays.write_uniform), case("skewed", arrays.write_skewed)]


def terasort_cases(scale: Scale) -> list[Case]:
    def make(root: Path) -> dict[str, Path]:
        path = root / f"records-{scale.record_rows}.bin"
        return {"records": cache.ensure(path, lambda to: arrays.write_records(to, scale.record_rows))}

    return [
        Case(
            "terasort",
            "files",
            "terasort",
            "100-byte records sorted by their 10-byte keys, file to file",
            make,
            scale.record_rows,
            ("numpy", "polars", "duckdb"),
            {"fastest": 2},
            writes_file=True,
            remark=TERASORT_REMARK,
        )
    ]


def reduce_cases(scale: Scale) -> list[Case]:
    def case(kind: str, rows: int, distinct: int) -> Case:
        write = arrays.write_group_keys if kind == "int" else arrays.write_group_names

        def make(root: Path) -> dict[str, Path]:
            keys = root / f"group-{kind}-{rows}-{distinct}.npy"
            values = root / f"values-{rows}.npy"
            return {
                "keys": cache.ensure(keys, lambda to: write(to, rows, distinct)),
                "values": cache.ensure(values, lambda to: arrays.write_values(to, rows)),
            }

        return Case(
            "reducebykey",
            f"{kind}-{exponent(rows)}-{exponent(distinct)}",
            "reduce_by_key",
            f"reduceByKey(add), {exponent(rows)} pairs, {exponent(distinct)} distinct {kind} keys, in memory",
            make,
            rows,
            ("duckdb", "polars"),
            {"fastest": 2},
            remark=FEW_KEYS_REMARK if distinct <= 10_000 else MANY_KEYS_REMARK,
        )

    return [
        case(kind, rows, distinct)
        for rows in scale.pair_rows
        for kind in ("int", "string")
        for distinct in (10, 10_000, min(rows, 10_000_000))
        if not (kind == "string" and rows > 10**7 and distinct > 10_000)
    ]


def join_cases(scale: Scale) -> list[Case]:
    rows = scale.join_rows

    def make(root: Path) -> dict[str, Path]:
        left, right, values = (root / f"{name}-{rows}.npy" for name in ("join-left", "join-right", "values"))
        return {
            "left": cache.ensure(left, lambda to: arrays.write_join_keys(to, rows, 6)),
            "right": cache.ensure(right, lambda to: arrays.write_join_keys(to, rows, 7)),
            "values": cache.ensure(values, lambda to: arrays.write_values(to, rows)),
        }

    return [
        Case(
            "join",
            "int",
            "join",
            f"inner join of two sets of {exponent(rows)} (int key, value), all result columns made",
            make,
            2 * rows,
            ("duckdb", "polars"),
            {"duckdb": 2},
            remark=JOIN_REMARK,
        )
    ]


def rdd_cases(scale: Scale) -> list[Case]:
    """Programs with ordinary lambdas, one source for PySpark and pympr; no columns where `python` is said."""
    rows = scale.event_rows

    def inputs(*wanted: str) -> Callable[[Path], dict[str, Path]]:
        makers = {
            "events_path": (f"events-{rows}.txt", lambda to: events.write_events(to, rows)),
            "json_path": (f"events-{rows}.jsonl", lambda to: events.write_json_events(to, rows)),
            "log": (f"web-{scale.log_bytes}.log", lambda to: weblog.write_weblog(to, scale.log_bytes)),
            "profiles": (f"profiles-{rows}.txt", lambda to: events.write_profiles(to, rows)),
            "text": (f"text-{rows}.txt", lambda to: text.write_text(to, rows, DISTINCT_WORDS)),
        }
        return lambda root: {name: cache.ensure(root / makers[name][0], makers[name][1]) for name in wanted}

    def case(name: str, program: str, inputs: Callable, aim: float, dask: bool) -> Case:
        peers = ("pyspark", "dask") if dask else ("pyspark",)
        title = f"rdd_programs.{program}, {exponent(rows)} records"
        return Case("rdd", name, program, title, inputs, rows, peers, {"pyspark": aim}, slow_peers=peers)

    return [
        case("columns-filter-reduce", "filter_reduce", inputs("events_path"), 20, True),
        case("columns-flat-map", "flat_map", inputs("text"), 20, True),
        case("columns-join", "join_and_sum", inputs("events_path", "profiles"), 20, False),
        case("columns-group-by-key", "group_by_key", inputs("events_path"), 20, False),
        case("columns-sort-by-key", "sort_by_key", inputs("events_path"), 20, False),
        case("columns-distinct", "distinct", inputs("events_path"), 20, True),
        case("columns-aggregate-by-key", "aggregate_by_key", inputs("events_path"), 20, True),
        case("columns-log-pattern", "log_pattern", inputs("log"), 20, True),
        case("columns-find-words", "find_words", inputs("text"), 20, True),
        case("python-trigrams", "trigrams", inputs("text"), 4, True),
        case("python-json", "json_reduce", inputs("json_path"), 4, True),
        case("python-classes", "classes", inputs("events_path"), 4, False),
        case("python-group-lists", "group_lists", inputs("events_path"), 4, False),
    ]


def exponent(number: int) -> str:
    """Write a round number as a power of ten.

    >>> exponent(100_000), exponent(50_000), exponent(10)
    ('1e5', '5e4', '10')
    """
    if number < 1000:
        return str(number)
    power = len(str(number)) - 1
    return f"{number / 10**power:g}e{power}"

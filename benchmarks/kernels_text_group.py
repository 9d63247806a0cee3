"""How fast the text and group kernels are on one thread: MB/s and rows/s.

    python benchmarks/kernels_text_group.py [--megabytes 200] [--rows 10000000] [--loops 5]

Every figure is the median of the loops after one warm-up, in CPU seconds of the thread, so that other
work on the machine disturbs it less. Words follow Zipf's law, 200,000 different ones.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from pympr.native import fields, text  # noqa: E402
from pympr.native.group import GroupTable  # noqa: E402
from pympr.native.group_ids import group_permutation  # noqa: E402
from pympr.native.library import lib  # noqa: E402

SEED = 1
BLOCK = 1 << 18


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--loops", type=int, default=5)
    options = parser.parse_args()
    lib.pympr_set_threads(1)
    bench_text(zipf_text(options.megabytes * 1_000_000), options.loops)
    bench_log(web_log(options.megabytes * 1_000_000), options.loops)
    bench_group(options.rows, options.loops)


def bench_text(data: np.ndarray, loops: int) -> None:
    """Kernels over one text; a block's output stays in the cache, as it does in the engine."""
    starts, ends = np.empty(BLOCK // 2 + 64, np.int64), np.empty(BLOCK // 2 + 64, np.int64)

    def blocks(kernel):
        for begin in range(0, len(data), BLOCK):
            kernel(begin, min(begin + BLOCK, len(data)))

    def count_words():
        table, begin = GroupTable(["string"], [("sum", "int64")], SEED), 0
        while begin < len(data):
            end = text.cut_at_blank(data, begin, min(begin + (4 << 20), len(data)))
            table.add_words(data, begin, end, [1])
            begin = end
        return table

    def split_and_count():
        table, begin = GroupTable(["string"], [("sum", "int64")], SEED), 0
        while begin < len(data):
            end = text.cut_at_blank(data, begin, min(begin + BLOCK, len(data)))
            words, _ = text.split_words(data, begin, end, starts, ends)
            table.add([(data, starts[:words], ends[:words])], [1], words)
            begin = end

    report("split_words", data, loops, lambda: blocks(lambda a, b: text.split_words(data, a, b, starts, ends)))
    report("split_lines", data, loops, lambda: blocks(lambda a, b: text.split_lines(data, a, b, starts, ends)))
    report("validate_utf8", data, loops, lambda: blocks(lambda a, b: text.validate_utf8(data, a, b)))
    report("count words, fused", data, loops, count_words)
    report("count words, split first", data, loops, split_and_count)
    table = count_words()
    report_rows(f"result of {len(table):,} words", len(table), loops, table.result)


def bench_log(data: np.ndarray, loops: int) -> None:
    """The log count: requests by user agent where it is a mobile one."""
    starts, ends = np.empty(1 << 16, np.int64), np.empty(1 << 16, np.int64)

    def count_agents():
        table, begin = GroupTable(["string"], [("sum", "int64")], SEED), 0
        while begin < len(data):
            end = min(begin + (1 << 20), len(data))
            rows, begin = text.split_lines(data, begin, end, starts, ends, end == len(data))
            *agents, _ = fields.rsplit_item(data, starts[:rows], ends[:rows], b'"', 2, 1)
            mobile = np.flatnonzero(fields.contains(data, *agents, b"Mobile"))
            table.add([(data, agents[0][mobile], agents[1][mobile])], [1], len(mobile))

    first, last, _ = text.lines(data)
    agents = fields.rsplit_item(data, first, last, b'"', 2, 1)[:2]
    report("rsplit_item", data, loops, lambda: fields.rsplit_item(data, first, last, b'"', 2, 1))
    report("contains", data, loops, lambda: fields.contains(data, *agents, b"Mobile"))
    report("log count", data, loops, count_agents)


def bench_group(rows: int, loops: int) -> None:
    """Tables with keys of several kinds and numbers."""
    random = np.random.default_rng(SEED)
    values = random.integers(0, 100, rows)
    for num_keys in (1, 10, 10**4, 10**5, 10**7):
        keys = random.integers(0, num_keys, rows)
        bench_table(f"int64, {num_keys:,} keys", ["int64"], [keys], [("sum", "int64")], [values], loops)
    keys = random.integers(0, 10**5, rows)
    bench_table("int64, 100,000 keys, 3 sums", ["int64"], [keys], [("sum", "int64")] * 3, [values] * 3, loops)
    bench_table("float64, 100,000 keys", ["float64"], [keys / 2], [("sum", "float64")], [values * 0.5], loops)
    pairs = [keys % 1000, keys // 1000]
    bench_table("int64 x int64, 100,000 keys", ["int64", "int64"], pairs, [("sum", "int64")], [values], loops)
    for num_keys in (100, 10**5):
        strings = string_column(random.integers(0, num_keys, rows))
        bench_table(f"string, {num_keys:,} keys", ["string"], [strings], [("sum", "int64")], [values], loops)
    columns = [string_column(keys % 100), string_column(keys // 100)]
    bench_table("string x string, 100,000 keys", ["string", "string"], columns, [("sum", "int64")], [values], loops)
    for num_keys in (10**4, 10**7):
        keys = random.integers(0, num_keys, rows)
        name = f"group_permutation, {num_keys:,} keys"
        report_rows(name, rows, loops, lambda keys=keys: group_permutation(["int64"], [keys], rows, SEED))


def bench_table(name, kinds, keys, aggregates, values, loops) -> None:
    def add():
        table = GroupTable(kinds, aggregates, SEED)
        table.add(keys, values, len(values[0]))
        return table

    report_rows(name, len(values[0]), loops, add)
    table = add()
    if len(table) > 10**6:
        report_rows(f"result of {len(table):,} groups", len(table), loops, table.result)


def report(name: str, data: np.ndarray, loops: int, run) -> None:
    print(f"{name:32} {len(data) / median_seconds(run, loops) / 1e6:8.0f} MB/s", flush=True)


def report_rows(name: str, rows: int, loops: int, run) -> None:
    seconds = median_seconds(run, loops)
    print(f"{name:32} {rows / seconds / 1e6:8.1f} M rows/s {seconds / rows * 1e9:7.2f} ns a row", flush=True)


def median_seconds(run, loops: int) -> float:
    run()
    times = []
    for _ in range(loops):
        start = time.thread_time()
        run()
        times.append(time.thread_time() - start)
    return statistics.median(times)


def zipf_text(size_bytes: int) -> np.ndarray:
    """Words of 2 to 17 letters, the frequent ones shorter, twelve a line."""
    random = np.random.default_rng(SEED)
    syllables = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]
    words = set()
    while len(words) < 200_000:
        picked = random.integers(0, len(syllables), min(1 + random.geometric(0.42), 8))
        words.add("".join(syllables[number] for number in picked) + "nrs"[: random.integers(0, 2)])
    words = sorted(words, key=lambda word: (len(word) + random.random() * 4, word))
    shares = np.cumsum(1 / np.arange(1, len(words) + 1) ** 1.05)
    parts, size = [], 0
    while size < size_bytes:
        numbers = np.searchsorted(shares, random.random(120_000) * shares[-1])
        line = [words[number] for number in numbers.tolist()]
        parts.append("\n".join(" ".join(line[i : i + 12]) for i in range(0, len(line), 12)) + "\n")
        size += len(parts[-1])
    return np.frombuffer("".join(parts).encode(), np.uint8)


def web_log(size_bytes: int) -> np.ndarray:
    """Lines as web servers write them, 91 user agents."""
    random = np.random.default_rng(SEED)
    engine = "AppleWebKit/537.36 (KHTML, like Gecko)"
    agents = [f"Mozilla/5.0 (Linux; Android 14; SM-G{n}) {engine} Chrome/{n}.0 Mobile Safari/537.36" for n in range(30)]
    agents += [f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0" for n in range(61)]
    lines = [
        f'203.0.113.{n % 256} - - [12/Mar/2025:10:00:{n % 60:02d} +0000] "GET /a/{n}/index.html HTTP/1.1" 200 {n} '
        f'"https://example.org/{n}" "{agents[agent]}"\n'
        for n, agent in enumerate(random.integers(0, len(agents), 20_000).tolist())
    ]
    block = "".join(lines).encode()
    return np.frombuffer(block * (size_bytes // len(block) + 1), np.uint8)


def string_column(numbers: np.ndarray) -> tuple:
    """id0000000042 for 42."""
    digits = numbers[:, None] // 10 ** np.arange(9, -1, -1) % 10 + ord("0")
    data = np.empty((len(numbers), 12), np.uint8)
    data[:, :2], data[:, 2:] = np.frombuffer(b"id", np.uint8), digits
    starts = np.arange(len(numbers)) * 12
    return data.reshape(-1), starts, starts + 12


if __name__ == "__main__":
    main()

"""Dask bag, 2 worker processes that live as long as the benchmark."""

import json
import re

from benchmarks import digests, rdd_programs

PROCESSES = 2
BLOCK_BYTES = 64 << 20


def start() -> None:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    import dask
    import dask.bag

    pool = ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))
    list(pool.map(abs, range(PROCESSES)))
    dask.config.set(scheduler="processes", pool=pool)


def versions() -> str:
    import dask

    return f"Dask bag {dask.__version__}"


def wordcount(text: str):
    import dask.bag

    words = dask.bag.read_text(text, blocksize=BLOCK_BYTES).str.split().flatten()
    return (lambda: words.frequencies().compute()), digests.of_counts


def _events(path: str):
    import dask.bag

    return dask.bag.read_text(path, blocksize=BLOCK_BYTES).map(lambda line: line.rstrip("\n").split(","))


def filter_reduce(events_path: str):
    bought = _events(events_path).filter(lambda f: int(f[2]) % 3 == 0)
    sums = bought.foldby(lambda f: f[1], lambda total, f: total + int(f[2]), 0, lambda a, b: a + b, 0)
    return sums.compute, rdd_programs.of_pairs


def flat_map(text: str):
    import dask.bag

    words = dask.bag.read_text(text, blocksize=BLOCK_BYTES).map(lambda line: line.split()).flatten()
    counts = words.filter(lambda word: len(word) > 3).map(lambda word: word.upper()).frequencies()
    return counts.compute, digests.of_counts


def log_pattern(log: str):
    import dask.bag

    counts = dask.bag.read_text(log, blocksize=BLOCK_BYTES).map(rdd_programs.requested).frequencies()
    return counts.compute, rdd_programs.of_pairs


def find_words(text: str):
    import dask.bag

    words = dask.bag.read_text(text, blocksize=BLOCK_BYTES).map(lambda line: re.findall(r"\w+", line)).flatten()
    return words.frequencies().compute, digests.of_counts


def distinct(events_path: str):
    return _events(events_path).map(lambda f: (f[0], f[1])).distinct().count().compute, rdd_programs.of_number


def aggregate_by_key(events_path: str):
    totals = _events(events_path).foldby(
        lambda f: f[1],
        lambda total, f: (total[0] + int(f[2]), total[1] + 1),
        (0, 0),
        lambda a, b: (a[0] + b[0], a[1] + b[1]),
        (0, 0),
    )
    return totals.compute, rdd_programs.of_pairs


def trigrams(text: str):
    import dask.bag

    def triples(line: str) -> list:
        words = line.split()
        return list(zip(words, words[1:], words[2:]))

    counts = dask.bag.read_text(text, blocksize=BLOCK_BYTES).map(triples).flatten().frequencies()
    return counts.topk(20, key=_count_then_words).compute, rdd_programs.of_pairs


class _count_then_words:
    """Orders (words, count) as the others do: most frequent first, equal ones by their words."""

    def __init__(self, pair):
        self.words, self.count = pair

    def __lt__(self, other):
        return (self.count, other.words) < (other.count, self.words)


def json_reduce(json_path: str):
    import dask.bag

    objects = dask.bag.read_text(json_path, blocksize=BLOCK_BYTES).map(json.loads)
    sums = objects.foldby("shop", lambda total, d: total + d["amount"], 0, lambda a, b: a + b, 0)
    return sums.compute, rdd_programs.of_pairs


def kmeans(points: str):
    import dask.bag

    from benchmarks import iterative, rdd_iterative

    def add(a, b):
        return (a[0] + b[0], a[1] + b[1], a[2] + b[2])

    def run():
        fields = dask.bag.read_text(points, blocksize=BLOCK_BYTES).map(str.split, ",")
        at = fields.map(lambda f: (float(f[0]), float(f[1]))).persist()
        centres = rdd_iterative.CENTRES
        for _ in range(iterative.ROUNDS):
            labelled = at.map(lambda p, centres: (rdd_iterative.nearest(p, centres), (*p, 1)), centres=centres)
            sums = labelled.foldby(0, lambda total, pair: add(total, pair[1]), (0, 0, 0), add, (0, 0, 0)).compute()
            found = {number: (x / count, y / count) for number, (x, y, count) in sums}
            centres = [found.get(number, centre) for number, centre in enumerate(centres)]
        return centres

    return run, rdd_iterative.of_floats

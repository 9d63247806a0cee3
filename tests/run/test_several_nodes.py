"""Whole programs where the ranks of one machine count as several nodes, by every way between them."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import collections

from pympr import SparkContext

sc = SparkContext.getOrCreate()
words = [f"word{index % 37}" for index in range(600)]
counts = dict(collections.Counter(words))
rdd = sc.parallelize(words, 7)
assert dict(rdd.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).collect()) == counts
groups = dict(rdd.zipWithIndex().groupByKey(5).mapValues(list).collect())
assert groups == {word: [i for i, each in enumerate(words) if each == word] for word in counts}
numbers = [(index * 7919) % 1009 - 500 for index in range(800)]
assert sc.parallelize(numbers, 6).sortBy(lambda x: x).collect() == sorted(numbers)
mixed = [(index % 5, [index] if index % 2 else None) for index in range(50)]
joined = sc.parallelize(mixed, 3).join(sc.parallelize([(key, str(key)) for key in range(5)], 4))
assert sorted(joined.collect(), key=str) == sorted([(k, (v, str(k))) for k, v in mixed], key=str)
print("all", sc.parallelize(range(3)).count())
"""


def run(tmp_path, variant, batch_bytes):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    environment = dict(os.environ, PYMPR_RANKS_PER_NODE="2", PYMPR_EXCHANGE=variant, PYMPR_ROUND_BYTES=str(batch_bytes))
    done = subprocess.run(
        [sys.executable, "-m", "pympr.cli.main", "run", "-n", "3", str(path)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0 and "all 3" in done.stdout, done.stdout + done.stderr


def test_leaders_send_for_their_nodes_in_batches(tmp_path):
    run(tmp_path, "two-level", 1500)


@pytest.mark.nightly
@pytest.mark.parametrize("variant", ["auto", "flat", "grid", "sparse", "two-level"])
def test_every_way(tmp_path, variant):
    run(tmp_path, variant, 1 << 20)

"""Whole programs with a memory budget: what they measure, how they are told, and what is left of them."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

# Beyond the budget: buffers that files are read into, Python objects of a few thousand records, code.
CONSTANT_BYTES = 24 << 20

_MEASURED = """
    import json, sys
    from pympr import SparkContext

    sc = SparkContext()

    def status(name):
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith(name))

    def job(kind, rows):
        pairs = sc.range(rows, numSlices=16).map(lambda x: (x * 2654435761 % 1000003, x))
        if kind == "reduce":
            return pairs.reduceByKey(lambda a, b: a + b).map(lambda kv: kv[1]).sum()
        if kind == "few slices":
            few = sc.range(rows, numSlices=1).map(lambda x: (x % (rows // 2), x * 0.5))
            return few.reduceByKey(lambda a, b: a + b).count()
        if kind == "group":
            return pairs.groupByKey().mapValues(len).map(lambda kv: kv[1]).sum()
        if kind == "one key":
            return pairs.map(lambda kv: (kv[0] % 2, kv[1])).groupByKey().mapValues(len).map(lambda kv: kv[1]).sum()
        if kind == "sort":
            return pairs.sortByKey().count()
        if kind == "distinct":
            return pairs.map(lambda kv: kv[0]).distinct().count()
        if kind == "cache":
            held = pairs.persist()
            found = held.count() + held.map(lambda kv: kv[0] % 2).sum()
            held.unpersist()
            return found
        return pairs.join(sc.range(rows // 4, numSlices=8).map(lambda x: (x * 3, x))).count()

    def measured(kind, rows):
        job(kind, 2000)
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before, spilled = status("VmRSS"), sc._session.executor.memory.spilled_bytes
        found = job(kind, rows)
        return found, status("VmHWM") - before, sc._session.executor.memory.spilled_bytes - spilled

    kinds, rows = sys.argv[2:], int(sys.argv[1])
    print(json.dumps({kind: measured(kind, rows) for kind in kinds}))
"""


def run(program, *arguments, **settings):
    """The finished process of a program at one rank."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PMI", "OMPI", "PYMPR"))}
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    return subprocess.run(command, env=environment | settings, capture_output=True, text=True, timeout=300)


def wanted(kind, rows):
    keys = [x * 2654435761 % 1000003 for x in range(rows)]
    if kind == "join":
        return sum(1 for key in keys if key % 3 == 0 and key // 3 < rows // 4)
    few = {"reduce": sum(range(rows)), "few slices": rows // 2, "distinct": len(set(keys))}
    return few.get(kind, rows + sum(key % 2 for key in keys) if kind == "cache" else rows)


def check_peaks(kinds, rows, budget):
    done = run(_MEASURED, rows, *kinds, PYMPR_MEMORY_BYTES=str(budget))
    assert done.returncode == 0, done.stderr
    for kind, (found, peak, spilled) in json.loads(done.stdout).items():
        assert found == wanted(kind, rows), kind
        assert spilled > 3 * budget, f"{kind}: {spilled} bytes spilled"
        assert peak <= budget + CONSTANT_BYTES, f"{kind}: peak {peak >> 20} MiB with {budget >> 20} MiB"


_NO_CLEARING = pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="peaks cannot be reset here")


@_NO_CLEARING
@pytest.mark.parametrize("kind", ["sort", "join"])
def test_the_peak_stays_within_the_budget(kind):
    check_peaks([kind], 1_500_000, 2 << 20)


@_NO_CLEARING
@pytest.mark.nightly
@pytest.mark.parametrize("kind", ["reduce", "few slices", "group", "one key", "sort", "distinct", "cache", "join"])
def test_ten_times_the_budget_stays_within_it(kind):
    check_peaks([kind], 20_000_000, 32 << 20)


def test_a_budget_is_a_setting(tmp_path):
    done = run(
        """
        import sys
        from pympr import SparkConf, SparkContext

        told = SparkConf().set("spark.executor.memory", "3m").set("spark.local.dir", sys.argv[1] + ",/tmp")
        with SparkContext(conf=told) as limited:
            print(limited.range(10).map(lambda x: (x, x)).reduceByKey(lambda a, b: a + b).explain())
            print(limited.range(3).cartesian(limited.range(3)).explain())
        with SparkContext() as free:
            assert "budget" not in free.range(10).explain()
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert f"budget 3145728 bytes a rank; the rest goes to {tmp_path}" in done.stdout
    assert "not within it: rows that every rank gets" in done.stdout


_KILLED = """
    import os, signal, sys
    from pympr import SparkContext, StorageLevel

    sc = SparkContext()
    rows = sc.range(20000, numSlices=4).map(lambda x: (x, str(x))).persist(StorageLevel.DISK_ONLY)
    print(rows.groupByKey(2).count())
    print(os.listdir(sys.argv[1]))
    memory = sc._session.executor.memory
    assert memory.spilled_bytes > 100000

    def kill(pair):
        if sys.argv[2] == "kill" and pair[0] == 15000:
            os.kill(os.getpid(), signal.SIGKILL)
        return pair

    print(rows.groupByKey(2).map(kill).count())
"""


def test_nothing_is_left_of_a_program_however_it_ends(tmp_path):
    tmp_path.chmod(0o700)
    settings = {"PYMPR_MEMORY_BYTES": "100k", "PYMPR_SCRATCH_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}
    done = run(_KILLED, tmp_path, "kill", **settings)
    assert done.returncode == -signal.SIGKILL, done.stderr
    # Rows that did not fit have no name; those that were to be on disk have, and the next program removes them.
    left = os.listdir(tmp_path)
    assert all(name.startswith("pympr-scratch-kept-") for name in left), left
    assert [os.stat(tmp_path / name).st_mode & 0o777 for name in left] == [0o700]
    inside = [os.stat(entry).st_mode & 0o777 for name in left for entry in os.scandir(tmp_path / name)]
    assert set(inside) == {0o600}
    done = run(_KILLED, tmp_path, "end", **settings)
    assert done.returncode == 0, done.stderr
    assert left[0] not in done.stdout
    assert os.listdir(tmp_path) == []

"""Accumulators, broadcasts, task contexts, and the properties of jobs."""

from operator import add

import pytest

from pympr import AccumulatorParam, BarrierTaskContext, SparkConf, SparkFiles, TaskContext
from pympr.errors import DivergenceError, NotSupportedError

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


def test_values_are_added_up_over_ranks(sc):
    rdd, seen, late = sc.range(100, numSlices=7), sc.accumulator(5), sc.accumulator(0)
    kept = rdd.map(lambda x: seen.add(x) or x)
    assert seen.value == 5 and kept.count() == 100 and seen.value == 5 + 4950
    kept.map(lambda x: (x % 3, x)).reduceByKey(add).foreach(lambda pair: late.add(1))
    assert seen.value == 5 + 2 * 4950 and late.value == 3
    seen += 1
    seen.value += 1
    assert seen.value == 7 + 2 * 4950


def test_sums_of_floats_do_not_depend_on_the_ranks(sc):
    total = sc.accumulator(0.0)
    sc.range(1000, numSlices=11).foreach(lambda x: total.add(0.1 * x))
    parts = [range(i * 1000 // 11, (i + 1) * 1000 // 11) for i in range(11)]
    expected = 0.0
    for part in parts:
        partial = 0.0
        for x in part:
            partial += 0.1 * x
        expected += partial
    assert total.value == expected


class Largest(AccumulatorParam):
    def zero(self, value):
        return 0

    def addInPlace(self, value1, value2):
        return max(value1, value2)


class Lists(AccumulatorParam):
    def zero(self, value):
        return []

    def addInPlace(self, value1, value2):
        value1 += value2
        return value1


def test_own_ways_of_adding(sc):
    largest, found = sc.accumulator(3, Largest()), sc.accumulator(["first"], Lists())
    sc.range(50, numSlices=9).foreach(lambda x: (largest.add(x), found.add([x])))
    assert largest.value == 49 and found.value == ["first", *range(50)]
    with pytest.raises(TypeError, match="No default accumulator param"):
        sc.accumulator([])


def test_tasks_neither_read_nor_set_and_failed_actions_add_nothing(sc):
    seen = sc.accumulator(0)
    for wrong in (lambda x: seen.value, lambda x: setattr(seen, "value", 3)):
        with pytest.raises(RuntimeError, match="cannot be accessed inside tasks"):
            sc.range(4).map(wrong).collect()
    with pytest.raises(ZeroDivisionError):
        sc.range(4).map(lambda x: seen.add(1) or 1 / (x - 3)).collect()
    assert seen.value == 0


def test_functions_of_exchanges_add_too(sc):
    seen, merged = sc.accumulator(0), sc.accumulator(0)
    pairs = sc.range(30, numSlices=4).map(lambda x: (x, x))
    pairs.partitionBy(3, lambda key: seen.add(1) or key).count()
    assert seen.value == 30
    sc.range(8, numSlices=8).reduce(lambda a, b: merged.add(1) or a + b)
    assert merged.value == 7


def test_broadcast(sc):
    table = sc.broadcast({"a": [1, 2], "b": {3}})
    assert sc.range(3).map(lambda x: table.value["a"][0]).collect() == [1, 1, 1]
    table.unpersist()
    assert table.value["b"] == {3}
    table.destroy()
    for call in (lambda: table.value, table.unpersist):
        with pytest.raises(RuntimeError, match="after it was destroyed"):
            call()


def test_ranks_that_broadcast_different_values_are_told(sc):
    if sc.size == 1:
        pytest.skip("needs two ranks")
    for value in (sc.rank, [1, [sc.rank]], {"a": sc.rank}, {sc.rank}, b"%d" % sc.rank):
        with pytest.raises(DivergenceError, match="broadcast"):
            sc.broadcast(value)
    assert sc.broadcast({f"key {i}" for i in range(50)}).value


def test_task_context(sc):
    assert TaskContext.get() is None
    sc.setLocalProperty("key", "value")
    context = sc.range(4, numSlices=4).map(lambda x: (x, TaskContext.get())).collect()
    assert [(x, c.partitionId(), c.attemptNumber(), c.getLocalProperty("key")) for x, c in context] == [
        (x, x, 0, "value") for x in range(4)
    ]
    sc.setLocalProperty("key", None)
    assert sc.getLocalProperty("key") is None
    with pytest.raises(NotSupportedError, match="one after the other"):
        sc.range(2).barrier().mapPartitions(lambda items: BarrierTaskContext.get().barrier() or items).collect()


def test_job_groups_and_status(sc):
    sc.setJobGroup("group", "what it does")
    sc.range(3).count()
    sc.setLocalProperty("spark.jobGroup.id", None)
    (job,) = sc.statusTracker().getJobIdsForGroup("group")
    info = sc.statusTracker().getJobInfo(job)
    assert info.status == "SUCCEEDED" and len(info.stageIds) == 1
    assert "count at test_accumulators.py" in sc.statusTracker().getStageInfo(info.stageIds[0]).name
    sc.addJobTag("a")
    assert sc.getJobTags() == {"a"}
    sc.clearJobTags()
    with pytest.raises(ValueError, match="comma"):
        sc.addJobTag("a,b")
    with pytest.raises(ValueError, match="log level"):
        sc.setLogLevel("LOUD")
    sc.cancelAllJobs()
    with pytest.raises(NotSupportedError, match="cannot be cancelled"):
        sc.range(2).foreach(lambda x: sc.cancelAllJobs())


def test_conf():
    conf = SparkConf().setMaster("local[3]").setAppName("name").setAll([("a", "1")]).setIfMissing("a", "2")
    conf.setExecutorEnv("X", "y").set("flag", True)
    assert conf.get("a") == "1" and conf.get("flag") == "True" and conf.get("none") is None
    assert conf.toDebugString().splitlines()[0] == "a=1" and ("spark.executorEnv.X", "y") in conf.getAll()
    with pytest.raises(ValueError, match="Either pass one"):
        conf.setExecutorEnv("X", "y", [("a", "b")])


def test_files(sc, mpi_tmp_path):
    import shutil

    path, tree = mpi_tmp_path / "added.txt", mpi_tmp_path / "tree"
    if sc.rank == 0:
        path.write_text("100")
        (tree / "below").mkdir(parents=True)
        (tree / "below" / "a.txt").write_text("deep")
        (mpi_tmp_path / "module_of_the_test.py").write_text("VALUE = 7")
        shutil.make_archive(str(mpi_tmp_path / "packed"), "zip", tree)
    sc.addFile(str(path))
    sc.addFile(str(tree), recursive=True)
    sc.addPyFile(str(mpi_tmp_path / "module_of_the_test.py"))
    sc.addArchive(f"{mpi_tmp_path}/packed.zip#unpacked")

    def read(x):
        from module_of_the_test import VALUE

        names = ("added.txt", "tree/below/a.txt", "unpacked/below/a.txt")
        return [open(SparkFiles.get(name)).read() for name in names] + [VALUE]

    assert sc.range(3).map(read).collect() == [["100", "deep", "deep", 7]] * 3
    assert f"file:{path}" in sc.listFiles and sc.listArchives[-1].endswith("packed.zip#unpacked")
    with pytest.raises(ValueError, match="recursive=True"):
        sc.addFile(str(tree))
    with pytest.raises(FileNotFoundError):
        sc.addFile(str(mpi_tmp_path / "nothing"))

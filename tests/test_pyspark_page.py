"""docs/pyspark.md names every public method, and no method that is not there."""

import pathlib
import re

import pytest

import pympr
from pympr import RDD, SparkContext
from pympr.errors import NotSupportedError
from pympr.refused import RefusedByContext

# The public methods of PySpark 4.3.
PYSPARK = {
    "RDD": """
        aggregate aggregateByKey barrier cache cartesian checkpoint cleanShuffleDependencies coalesce
        cogroup collect collectAsMap collectWithJobGroup combineByKey context count countApprox
        countApproxDistinct countByKey countByValue distinct filter first flatMap flatMapValues fold
        foldByKey foreach foreachPartition fullOuterJoin getCheckpointFile getNumPartitions
        getResourceProfile getStorageLevel glom groupBy groupByKey groupWith histogram id intersection
        isCheckpointed isEmpty isLocallyCheckpointed join keyBy keys leftOuterJoin localCheckpoint lookup
        map mapPartitions mapPartitionsWithIndex mapPartitionsWithSplit mapValues max mean meanApprox min
        name partitionBy persist pipe randomSplit reduce reduceByKey reduceByKeyLocally repartition
        repartitionAndSortWithinPartitions rightOuterJoin sample sampleByKey sampleStdev sampleVariance
        saveAsHadoopDataset saveAsHadoopFile saveAsNewAPIHadoopDataset saveAsNewAPIHadoopFile
        saveAsPickleFile saveAsSequenceFile saveAsTextFile setName sortBy sortByKey stats stdev subtract
        subtractByKey sum sumApprox take takeOrdered takeSample toDF toDebugString toLocalIterator top
        treeAggregate treeReduce union unpersist values variance withResources zip zipWithIndex
        zipWithUniqueId
    """,
    "SparkContext": """
        accumulator addArchive addFile addJobTag addPyFile applicationId binaryFiles binaryRecords broadcast
        cancelAllJobs cancelJobGroup cancelJobsWithTag clearJobTags defaultMinPartitions defaultParallelism
        dump_profiles emptyRDD getCheckpointDir getConf getJobTags getLocalProperty getOrCreate
        getSystemProperty hadoopFile hadoopRDD listArchives listFiles newAPIHadoopFile newAPIHadoopRDD
        parallelize pickleFile range removeJobTag resources runJob sequenceFile setCheckpointDir
        setInterruptOnCancel setJobDescription setJobGroup setLocalProperty setLogLevel setSystemProperty
        show_profiles sparkUser startTime statusTracker stop textFile uiWebUrl union version wholeTextFiles
    """,
    "SparkConf": """
        contains get getAll set setAll setAppName setExecutorEnv setIfMissing setMaster setSparkHome
        toDebugString
    """,
    "Broadcast": """
        destroy dump load load_from_path unpersist value
    """,
    "Accumulator": """
        add value
    """,
    "AccumulatorParam": """
        addInPlace zero
    """,
    "TaskContext": """
        attemptNumber cpuAmount cpus from_json get getLocalProperty partitionId resources stageId
        taskAttemptId
    """,
    "BarrierTaskContext": """
        allGather barrier from_json get getTaskInfos
    """,
    "SparkFiles": """
        get getRootDirectory
    """,
    "StatusTracker": """
        getActiveJobsIds getActiveStageIds getExecutorInfos getJobIdsForGroup getJobInfo getStageInfo
    """,
    "RDDBarrier": """
        mapPartitions mapPartitionsWithIndex
    """,
}
PAGE = (pathlib.Path(__file__).parent.parent / "docs" / "pyspark.md").read_text()
TABLES = PAGE.split("## Beside them")[0]
# The instance attributes and the operator that stand in the tables.
NOT_ON_THE_CLASS = {"master", "appName", "ctx", "sparkHome", "environment"}


def section(of_rdd):
    return "".join(
        part
        for part in re.split(r"^## ", TABLES, flags=re.MULTILINE)
        if part.startswith("RDD:" if of_rdd else "SparkContext")
    )


def named(text):
    cells = "".join(" ".join(line.split("|")[1:3]) for line in text.splitlines() if line.startswith("|"))
    return set(re.findall(r"`(\w+)`", cells))


@pytest.mark.parametrize("of_rdd", [False, True])
def test_the_page_names_what_there_is(of_rdd):
    public = {name for name in dir(RDD if of_rdd else SparkContext) if not name.startswith("_")}
    assert named(section(of_rdd)) - NOT_ON_THE_CLASS == public


@pytest.mark.parametrize("name", PYSPARK)
def test_every_method_of_pyspark_is_here_or_refused(name):
    found = getattr(pympr, name)
    assert [word for word in PYSPARK[name].split() if not hasattr(found, word)] == []


@pytest.mark.parametrize("name", sorted(pympr._REFUSED))
def test_what_pyspark_exports_and_cannot_be_here_says_why(name):
    with pytest.raises(NotSupportedError, match=f"pympr.{name}: .*; "):
        getattr(pympr, name)


def test_what_is_refused_says_why():
    class Context(RefusedByContext):
        pass

    with pytest.raises(NotSupportedError, match="Context.sequenceFile: Hadoop's .* Java classes.*; save as text"):
        Context().sequenceFile("path", keyClass="x")
    with pytest.raises(NotSupportedError, match="Context._jvm: there is no JVM"):
        print(Context()._jvm)

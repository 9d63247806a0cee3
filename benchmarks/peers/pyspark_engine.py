"""PySpark RDD, local[2], with the canonical functions."""

import operator

from benchmarks import digests, rdd_programs

PARTITIONS = 4


def start() -> None:
    global context
    from pyspark import SparkConf, SparkContext

    conf = SparkConf().setMaster("local[2]").setAppName("benchmark")
    conf.set("spark.driver.memory", "4g").set("spark.ui.enabled", "false")
    context = SparkContext(conf=conf)
    context.setLogLevel("ERROR")


def versions() -> str:
    import pyspark

    return f"PySpark {pyspark.__version__} RDD"


def wordcount(text: str):
    def run():
        words = context.textFile(text, PARTITIONS).flatMap(str.split)
        return words.map(lambda w: (w, 1)).reduceByKey(operator.add).collect()

    return run, digests.of_counts


def logcount(log: str):
    def run():
        agents = context.textFile(log, PARTITIONS).map(lambda line: line.split('"')[5])
        counts = agents.map(lambda agent: (agent, 1)).reduceByKey(operator.add).collect()
        return counts, sum(count for agent, count in counts if "Mobile" in agent)

    return run, lambda result: digests.of_counts(result[0]) + [result[1]]


def __getattr__(name: str):
    """The programs that are one source for PySpark and pympr."""
    program = getattr(rdd_programs, name)
    return lambda **inputs: program(context, **inputs)

"""PySpark's own docstring examples, run here: the share that gives what PySpark says.

    pympr run -n 2 -m benchmarks.pyspark_examples [--pyspark FOLDER] [--json FILE] [-v]

The examples are read from an installed PySpark's source, of which nothing is run: no
JVM is needed. Imports of pyspark are changed to pympr, temporary directories are the
same on all ranks, and where a JVM's exception is expected any exception will do. An
example counts when it gives what it should on every rank. Those that cannot apply are
told with the reason.
"""

import argparse
import ast
import contextlib
import doctest
import importlib.util
import json
import pathlib
import re
import sys
import tempfile
import types

from pympr import SparkContext
from pympr.run.session import session

MODULES = (
    "core/rdd.py",
    "core/context.py",
    "core/broadcast.py",
    "core/files.py",
    "core/status.py",
    "accumulators.py",
    "conf.py",
    "storagelevel.py",
    "statcounter.py",
    "taskcontext.py",
    "resultiterable.py",
)
HADOOP = "writes or reads by Hadoop's Java classes"
JAVA = "shows an object of the JVM"
# Docstrings, or the examples of one that contain a text, and why they cannot be here.
NOT_HERE = {
    "RDD.saveAsNewAPIHadoopDataset": HADOOP,
    "RDD.saveAsNewAPIHadoopFile": HADOOP,
    "RDD.saveAsHadoopDataset": HADOOP,
    "RDD.saveAsHadoopFile": HADOOP,
    "RDD.saveAsSequenceFile": HADOOP,
    "SparkContext.sequenceFile": HADOOP,
    "SparkContext.newAPIHadoopFile": HADOOP,
    "SparkContext.newAPIHadoopRDD": HADOOP,
    "SparkContext.hadoopFile": HADOOP,
    "SparkContext.hadoopRDD": HADOOP,
    "RDD.toDebugString:toDebugString": JAVA,
    "SparkContext.emptyRDD:sc.emptyRDD()\n": JAVA,
    "SparkContext.getSystemProperty:SPARK_SUBMIT": JAVA,
    "SparkContext.uiWebUrl": "shows the address of a server; there is none",
    "SparkConf:_jconf": JAVA,
    "SparkConf:spark.executorEnv.VAR5": JAVA,
    "RDDBarrier.mapPartitions:barrier\n": "shows PySpark's own class name",
    "RDDBarrier.mapPartitionsWithIndex:barrier\n": "shows PySpark's own class name",
    "RDD.foreach:.foreach(f)": "prints on a rank; PySpark's executors print elsewhere",
    "RDD.foreachPartition:.foreachPartition(f)": "prints on a rank; PySpark's executors print elsewhere",
    "BarrierTaskContext": "tasks wait for each other",
    "BarrierTaskContext.getTaskInfos": "tasks wait for each other",
    "SparkContext.setJobGroup": "a thread cancels an action that runs",
    "SparkContext.addJobTag": "a thread cancels an action that runs",
    "StatCounter.asDict": "Python 2's output; PySpark does not run it",
}
SQL = re.compile(r"pympr\.sql|udf|select\(|spark\.range|anum|partid|stageid|taskaid|\bprop\b|\bcpus\b|pandas")
# Where the order after a shuffle shows, sorted elements are compared.
UNORDERED = {"RDD.intersection"}
# These read at once what they wrote, so each rank has a file of its own.
OWN_FILES = {"Broadcast.dump", "Broadcast.load", "Broadcast.load_from_path"}
# These make a context of their own.
OWN_CONTEXT = ("SparkContext", "SparkConf")


def home(folder):
    """The folder of the installed PySpark, None without one."""
    if folder:
        return pathlib.Path(folder)
    found = importlib.util.find_spec("pyspark")
    return pathlib.Path(found.origin).parent if found and found.origin else None


def docstrings(folder):
    """(qualified name, docstring) of every class and method with examples."""
    for name in MODULES:
        path = folder / name
        if not path.exists():
            path = folder / pathlib.Path(name).name
        if path.exists():
            yield from _within(ast.parse(path.read_text()), ())


def _within(node, names):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
            text = ast.get_docstring(child)
            if text and ">>>" in text:
                yield ".".join((*names, child.name)), text
            yield from _within(child, (*names, child.name))


def translated(name, text):
    """The examples of a docstring with pympr's imports; those that cannot be here, with the reason."""
    text = re.sub(r"\bpyspark\.core\.", "pympr.", text)
    text = re.sub(r"\b(from|import) pyspark\b", r"\1 pympr", text)
    text = text.replace("<pyspark.", "<pympr.")
    if name not in OWN_FILES:
        text = text.replace("tempfile.TemporaryDirectory(", "SharedDirectory(")
    text = re.sub(r"doctest :\+SKIP", "doctest: +SKIP", text)
    wanted, refused = [], []
    for example in doctest.DocTestParser().get_examples(text):
        reason = _reason(name, example)
        if example.options.get(doctest.SKIP):
            continue
        if reason:
            refused.append((name, example.source, reason))
        else:
            wanted.append(_changed(name, example))
    return wanted, refused


def _reason(name, example):
    for key, reason in NOT_HERE.items():
        place, _, part = key.partition(":")
        if place == name and (not part or part in example.source or part in example.want):
            return reason
    return "needs DataFrames" if name == "TaskContext" and SQL.search(example.source) else None


def _changed(name, example):
    if name in UNORDERED and example.want:
        return doctest.Example(f"sorted({example.source.strip()})\n", example.want, None, example.lineno)
    if example.exc_msg and "Py4JJavaError" in example.exc_msg:
        body = "\n".join(f"    {line}" for line in example.source.splitlines())
        source = f"try:\n{body}\nexcept Exception:\n    print('raised')\n"
        return doctest.Example(source, "raised\n", None, example.lineno)
    if example.want.startswith("{'") and "..." not in example.want:  # a set, whose order is nobody's promise
        return doctest.Example(f"({example.source.strip()}) == {example.want}", "True\n", None, example.lineno)
    return example


class SharedDirectory(tempfile.TemporaryDirectory):
    """A temporary directory that is the same on all ranks."""

    def __init__(self, *arguments, **options):
        self.is_owner = SparkContext.getOrCreate().rank == 0
        path = None
        if self.is_owner:
            super().__init__(*arguments, **options)
            path = self.name
        self.path = session().of_rank_0(path)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        _gathered(None)
        if self.is_owner:
            self.cleanup()


class Runner(doctest.DocTestRunner):
    """Counts the examples of one docstring that give what they should on this rank."""

    def __init__(self):
        super().__init__(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
        self.passed, self.told = set(), {}

    def report_success(self, out, test, example, got):
        self.passed.add(example.lineno)

    def report_failure(self, out, test, example, got):
        self.told[example.lineno] = f"got {got.strip()[:300]}"

    def report_unexpected_exception(self, out, test, example, exc_info):
        self.told[example.lineno] = f"{exc_info[0].__name__}: {exc_info[1]}"[:500]


def run(name, examples):
    """[(name, source, None or what went wrong)] of one docstring; the same on every rank."""
    context = SparkContext._active
    if name in OWN_CONTEXT:
        context.stop()
    else:
        context = context or SparkContext("local[4]", "examples")
    globals_ = {"sc": context, "spark": types.SimpleNamespace(sparkContext=context), "__name__": "__main__"}
    globals_ |= {"SparkContext": SparkContext, "SharedDirectory": SharedDirectory}
    exec("from pympr.rdd.bounded import BoundedFloat\nfrom pympr.rdd.partitioner import portable_hash", globals_)
    runner = Runner()
    with contextlib.redirect_stdout(sys.stderr):
        test = doctest.DocTest(examples, globals_, name, None, 0, None)
        runner.run(test, out=lambda text: None, clear_globs=False)
    if name in OWN_CONTEXT:
        SparkContext._active.stop()
        SparkContext("local[4]", "examples")
    everyone = _gathered((runner.passed, runner.told))
    results = []
    for example in examples:
        wrong = [told.get(example.lineno, "not run") for passed, told in everyone if example.lineno not in passed]
        results.append((name, example.source, wrong[0] if wrong else None))
    return results


def _gathered(value):
    from pympr.collectives.gather import allgather_objects

    return allgather_objects(session().world, value)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pyspark", help="the folder of PySpark's package")
    parser.add_argument("--json", help="write the counts to this file")
    parser.add_argument("-v", action="store_true", help="tell every example that cannot be here")
    options = parser.parse_args()
    folder = home(options.pyspark)
    if folder is None:
        sys.exit("PySpark is not installed here: pip install pyspark, or name its folder with --pyspark")
    context = SparkContext("local[4]", "examples")
    results, refused = [], []
    with SharedDirectory() as checkpoints:
        context.setCheckpointDir(checkpoints)
        for name, text in docstrings(folder):
            wanted, not_here = translated(name, text)
            refused += not_here
            results += run(name, wanted) if wanted else []
    if context.rank == 0:
        report(results, refused, context.size, options)


def report(results, refused, size, options):
    """Print what passed, what did not, and what cannot be here."""
    failed = [(name, source, wrong) for name, source, wrong in results if wrong]
    passed = len(results) - len(failed)
    print(f"{passed} of {len(results)} examples pass on {size} rank{'s' * (size > 1)}")
    for name, source, wrong in failed:
        print(f"  {name}: {source.strip()}\n    {wrong}")
    print(f"{len(refused)} examples cannot be here:")
    reasons = {}
    for name, source, reason in refused:
        reasons.setdefault(reason, []).append(f"{name}: {source.strip()}")
    for reason, sources in sorted(reasons.items()):
        names = sorted({source.split(":")[0] for source in sources})
        print(f"  {len(sources):3} {reason}: {', '.join(names)}")
        for source in sources if options.v else ():
            print(f"      {source}")
    if options.json:
        counts = {"passed": passed, "run": len(results), "not_here": len(refused), "failed": [f[:2] for f in failed]}
        pathlib.Path(options.json).write_text(json.dumps(counts))


if __name__ == "__main__":
    main()

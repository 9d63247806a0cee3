"""The command `streaming`: Hadoop's options, the shell's results."""

import gzip
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "programs"))
import launching

from pympr.jobs.streaming import _parser as parser
from pympr.jobs.streaming import make_job

pytestmark = pytest.mark.slow

TEXT = "to be or not to be\nthat is the question\n" * 40
SPLIT = "#!/bin/sh\ntr -s ' ' '\\n'\n"
COUNT = """#!/usr/bin/awk -f
{ counts[$1]++ }
END {
    for (word in counts) print word "\\t" counts[word]
    print "reporter:counter:words,distinct," length(counts) > "/dev/stderr"
}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "text").write_text(TEXT)
    for name, text in (("split.sh", SPLIT), ("count.awk", COUNT)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(size, *arguments):
    return launching.mpirun(["-m", "pympr.jobs.streaming", *map(str, arguments)], size)


def read(folder, ending=""):
    return "".join(path.read_text() for path in sorted(folder.glob(f"part-*{ending}")))


def pipeline(command):
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    return done.stdout


@pytest.mark.parametrize("size", [1, 3])
def test_the_same_as_the_pipeline(folder, size):
    files = f"{folder}/split.sh,{folder}/count.awk#count"
    options = ["-files", files, "-mapper", "split.sh", "-reducer", "sh -c 'count | sort'", "-cmdenv", "LC_ALL=C"]
    options += ["-D", "mapreduce.job.maps=4", "-D", "mapred.reduce.tasks=1"]
    done = run(size, "-input", folder / "in", "-output", folder / "out", *options)
    assert done.code == 0 and done.out == "", done
    split, count = folder / "split.sh", folder / "count.awk"
    assert read(folder / "out") == pipeline(f"cat {folder}/in/* | {split} | sort | {count} 2>/dev/null | sort")
    assert "words: distinct = 8" in done.err and f"output: {folder}/out" in done.err


def test_without_output_lines_are_printed(folder):
    done = run(2, "-input", folder / "in", "-mapper", f"{folder}/split.sh", "-reducer", "uniq -c")
    assert done.code == 0 and done.out == pipeline(f"cat {folder}/in/text | {folder}/split.sh | sort | uniq -c"), done
    done = run(2, "-input", folder / "in", "-mapper", "cat")
    assert done.out == TEXT


def test_a_failing_program_is_one_message(folder):
    done = run(2, "-input", folder / "in", "-output", folder / "out", "-mapper", "sh -c 'echo because >&2; exit 5'")
    assert done.code == 1 and "Traceback" not in done.err, done
    assert done.err.count("mapper of split 0 (bytes 0 to") == 1 and "ended with exit code 5" in done.err
    assert not (folder / "out").exists()
    done = run(2, "-input", folder / "nowhere", "-mapper", "cat")
    assert done.code == 1 and done.err.count("input path does not exist") == 1, done


def test_compressed_output(folder):
    codec = "org.apache.hadoop.io.compress.GzipCodec"
    options = ["-D", "mapreduce.output.fileoutputformat.compress=true"]
    options += ["-D", f"mapreduce.output.fileoutputformat.compress.codec={codec}"]
    done = run(1, "-input", folder / "in", "-output", folder / "out", "-mapper", "cat", *options)
    assert done.code == 0, done
    assert gzip.decompress((folder / "out" / "part-00000.gz").read_bytes()).decode() == TEXT


def job(*arguments):
    return make_job(parser().parse_args(["-input", "x", "-mapper", "m", *arguments]))


def test_options_become_a_job():
    by_field = ["-partitioner", "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner"]
    by_field += ["-D", "mapred.text.key.partitioner.options=-k1,2", "-D", "map.output.key.field.separator=."]
    comparator = "org.apache.hadoop.mapreduce.lib.partition.KeyFieldBasedComparator"
    by_field += ["-D", f"mapreduce.job.output.key.comparator.class={comparator}"]
    by_field += ["-D", "mapreduce.partition.keycomparator.options=-k2,2nr", "-reducer", "r", "-numReduceTasks", "7"]
    made = job(*by_field)
    assert (made.partition_fields, made.sort_fields, made.num_reducers) == ("-k1,2", "-k2,2nr", 7)
    assert made.sort_key(b"a.9") > made.sort_key(b"a.10") and made._placement()(b"a.b.c") == (b"a.b",)
    assert job().num_reducers == 0 and job("-reducer", "r").num_reducers is None
    assert job("-reducer", "r", "-numReduceTasks", "0").commands["reducer"] is None
    identity = job("-mapper", "org.apache.hadoop.mapred.lib.IdentityMapper", "-reducer", "NONE")
    assert identity.commands == {"mapper": "", "combiner": None, "reducer": None}
    assert job("-file", "a", "-files", "b,c#d", "-file", "e").cache_files == ["b", "c#d", "a", "e"]
    lines = job("-inputformat", "NLineInputFormat", "-D", "mapreduce.input.lineinputformat.linespermap=3")
    assert lines.input_format.lines_per_map == 3
    assert job("-D", "mapreduce.output.textoutputformat.separator=,").output_format.separator == ","


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["-D", "nothing"], "expected NAME=VALUE, got 'nothing'"),
        (["-partitioner", "my.Own"], "'my.Own' is not known here"),
        (["-D", "mapreduce.job.reduces=x"], "mapreduce.job.reduces must be a number of 0 or more, got 'x'"),
        (["-D", "mapreduce.output.fileoutputformat.compress.codec=LzoCodec"], "codec LzoCodec is not known here"),
    ],
)
def test_wrong_options_are_a_usage_error(folder, arguments, words):
    done = run(2, "-input", folder / "in", "-mapper", "cat", *arguments)
    assert done.code == 2 and done.err.count(words) == 1 and "usage: pympr streaming" in done.err, done

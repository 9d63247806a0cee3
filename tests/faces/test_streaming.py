"""Streaming jobs give what the pipeline `cat | mapper | sort | reducer` gives, whatever the ranks."""

import os
import subprocess
import sys

import pytest

from pympr.errors import InputError, ProgramError
from pympr.mapreduce import Job, StreamingJob
from pympr.mapreduce.streaming import LineGroupInput, LineOutput

pytestmark = pytest.mark.mpi

TEXT = "".join(f"{'the ' * (i % 3)}line {i % 11} of {i % 7}\tends\n" for i in range(500)) + "last \xff without end"
COUNT = f"""#!{sys.executable}
import itertools, sys
pairs = (line.rstrip(b"\\n").split(b"\\t") for line in sys.stdin.buffer)
for key, group in itertools.groupby(pairs, lambda pair: pair[0]):
    sys.stdout.buffer.write(b"%s\\t%d\\n" % (key, sum(int(value) for _, value in group)))
"""
SPLIT = 'sh -c \'tr -s " \\t" "\\n\\n" | sed "s/$/\\t1/"\''


def put(sc, path, data, mode=0o644):
    if sc.rank == 0:
        path.write_bytes(data if isinstance(data, bytes) else data.encode("latin-1"))
        path.chmod(mode)
    sc.range(1).count()
    return path


def pipeline(text, mapper, reducer):
    environment = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
    command = f"{mapper} | LC_ALL=C sort | {reducer}"
    data = text.encode("latin-1")
    done = subprocess.run(
        ["sh", "-c", command], input=data, capture_output=True, check=True, env=environment, timeout=60
    )
    return done.stdout


def read(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.glob("part-*")))


def lines_of(pairs):
    return LineOutput().encoder().add(pairs)


@pytest.fixture
def text(sc, mpi_tmp_path):
    return put(sc, mpi_tmp_path / "text", TEXT)


@pytest.fixture
def count(sc, mpi_tmp_path):
    return put(sc, mpi_tmp_path / "count.py", COUNT, 0o755)


@pytest.mark.parametrize("maps", [1, 7])
@pytest.mark.parametrize("combiner", [False, True])
def test_the_same_as_the_pipeline(sc, mpi_tmp_path, text, count, maps, combiner):
    expected = pipeline(TEXT, SPLIT, count)
    job = StreamingJob(
        text,
        mpi_tmp_path / "out",
        mapper=SPLIT,
        reducer=str(count),
        combiner=str(count) if combiner else None,
        num_reducers=1,
        conf={"mapreduce.job.maps": maps},
    )
    job.run()
    assert read(mpi_tmp_path / "out") == expected and b"\xff\t1\n" in expected


def test_three_reducers_together_give_the_pipelines_lines(sc, mpi_tmp_path, text, count):
    StreamingJob(text, mpi_tmp_path / "out", mapper=SPLIT, reducer=str(count), num_reducers=3).run()
    parts = [path.read_bytes().splitlines() for path in sorted((mpi_tmp_path / "out").glob("part-*"))]
    assert len(parts) == 3 and all(part == sorted(part) for part in parts)
    assert sorted(line for part in parts for line in part) == sorted(pipeline(TEXT, SPLIT, count).splitlines())


def test_values_come_in_the_order_of_the_input(sc, text):
    job = StreamingJob(text, mapper="awk '{ print $1 \"\\t\" NR }'", reducer="cat", conf={"mapreduce.job.maps": 1})
    expected = sorted((line.split()[0].encode("latin-1"), i) for i, line in enumerate(TEXT.splitlines(), 1))
    assert job.run().collect() == [(key, b"%d" % i) for key, i in expected]


def test_without_reducer_lines_are_as_the_mappers_wrote_them(sc, mpi_tmp_path, text):
    StreamingJob(text, mpi_tmp_path / "out", mapper="cat", conf={"mapreduce.job.maps": 5}).run()
    assert read(mpi_tmp_path / "out") == TEXT.encode("latin-1") + b"\n"


def test_one_file_is_one_split_and_every_split_starts_a_mapper(sc, mpi_tmp_path):
    texts = ["a\nb\n", "", "c\n"]
    paths = [put(sc, mpi_tmp_path / f"file{i}", text) for i, text in enumerate(texts)]
    assert StreamingJob(paths, mapper="wc -l").run().collect() == [(b"2", None), (b"0", None), (b"1", None)]
    grouped = StreamingJob(paths, mapper="wc -l", input_format=LineGroupInput(1)).run().collect()
    assert grouped == [(b"1", None)] * 3


def test_the_environment_tells_the_task(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "text", "a\nb\n")
    names = "mapreduce_map_input_file mapreduce_map_input_start mapreduce_map_input_length mapreduce_task_partition"
    names += " mapreduce_task_ismap mapreduce_job_name mapreduce_job_reduces my_own_value EXTRA PMI_RANK"
    script = put(
        sc,
        mpi_tmp_path / "tell",
        "#!/bin/sh\ncat >/dev/null\n" + "".join(f'echo "${n}"\n' for n in names.split()),
        0o755,
    )
    conf = {"my.own-value": "x y", "mapreduce.job.name": "told"}
    told = StreamingJob(path, mapper=str(script), conf=conf, environment={"EXTRA": "é"}).run().collect()
    assert [line.decode() for line, _ in told] == [str(path), "0", "4", "0", "true", "told", "0", "x y", "é", ""]
    job = StreamingJob(path, mapper="cat", reducer=str(script), num_reducers=2, conf=conf)
    told = [line.decode() for line, _ in job.run().collect()]
    assert told[3::10] == ["0", "1"] and told[4] == "false" and told[6] == "2"
    assert told[0] == ""


def test_counters_are_exact_on_every_rank(sc, mpi_tmp_path, text):
    script = 'awk \'{ print "reporter:counter:words,of lines," NF >"/dev/stderr" } END { print NR }\''
    mapper = f"sh -c '{script.replace(chr(39), chr(39) + chr(92) + chr(39) + chr(39))}'"
    job = StreamingJob(text, mapper=mapper, conf={"mapreduce.job.maps": 6})
    result = job.run()
    assert result.counters == {"words": {"of lines": len(TEXT.split())}}
    assert sum(int(line) for line, _ in result.collect()) == len(TEXT.splitlines())
    said = "sh -c 'cat >/dev/null; echo reporter:status:fine >&2; echo reporter:counter:a,b,-3 >&2'"
    assert StreamingJob(text, mapper=said, conf={"mapreduce.job.maps": 1}).run().counters == {"a": {"b": -3}}


@pytest.mark.parametrize("verb", ["mapper", "combiner", "reducer"])
def test_a_failing_program_is_an_error_on_every_rank(sc, mpi_tmp_path, text, verb):
    commands = {"mapper": "cat", "reducer": "cat", "combiner": "cat"}
    commands[verb] = "sh -c 'cat >/dev/null; echo because >&2; exit 7'"
    with pytest.raises(ProgramError) as caught:
        StreamingJob(text, mpi_tmp_path / "out", num_reducers=1, conf={"mapreduce.job.maps": 1}, **commands).run()
    told = str(caught.value)
    place = "partition 0" if verb == "reducer" else f"split 0 (bytes 0 to {len(TEXT)} of {text})"
    assert f"{verb} of {place} ended with exit code 7: sh -c" in told and "  because" in told
    assert not (mpi_tmp_path / "out").exists()
    with pytest.raises(FileNotFoundError, match="there is no program nosuch"):
        StreamingJob(text, mapper="nosuch").run()
    assert StreamingJob(text, mapper="wc -l").run().take(1) == [(b"501", None)]


def test_files_lie_in_the_programs_folder(sc, mpi_tmp_path, text):
    tool = put(sc, mpi_tmp_path / "tool.sh", "#!/bin/sh\ncat >/dev/null\ncat words\nls\ntouch mine\n")
    words = put(sc, mpi_tmp_path / "stop.txt", "stop\n")
    job = StreamingJob(text, mapper="tool.sh", files=[tool, f"{words}#words"], conf={"mapreduce.job.maps": 3})
    assert "StreamingJob.mapper 'tool.sh'" in job.explain()
    assert job.run().collect() == [(b"stop", None), (b"tool.sh", None), (b"words", None)] * 3


def test_keys_of_several_fields(sc, mpi_tmp_path):
    rows = [f"{a}.{b}.{c}.{d}" for a in "12" for b in "21" for c in "19" for d in ("x", "10", "9")]
    path = put(sc, mpi_tmp_path / "rows", "\n".join(rows))
    conf = {"stream.map.output.field.separator": ".", "stream.num.map.output.key.fields": 4}
    conf |= {"mapreduce.map.output.key.field.separator": ".", "mapreduce.job.maps": 2}
    job = StreamingJob(
        path,
        mapper="",
        reducer='awk \'{ print ENVIRON["mapreduce_task_partition"] " " $0 }\'',
        num_reducers=3,
        partition_fields="-k1,2",
        sort_fields="-k1,1 -k4,4nr",
        conf=conf,
    )
    found = [line.decode().split(" ") for line, _ in job.run().collect()]
    assert sorted(row for _, row in found) == sorted(rows)
    places = {}
    for partition, row in found:
        places.setdefault(row[:3], set()).add(partition)
    assert all(len(place) == 1 for place in places.values()) and len(places) == 4
    for part in "012":
        mine = [row.split(".") for place, row in found if place == part]
        number = [(row[0], -int(row[3]) if row[3].isdecimal() else 0) for row in mine]
        assert number == sorted(number)


def test_key_and_value_meet_at_the_separators_that_are_asked_for(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "rows", "b,1,x\na,2,y\na\n")
    conf = {"stream.map.output.field.separator": ",", "stream.reduce.input.field.separator": "|"}
    conf |= {"stream.reduce.output.field.separator": "|"}
    job = StreamingJob(path, mapper="cat", reducer="cat", num_reducers=1, conf=conf)
    assert job.run().collect() == [(b"a", b"2,y"), (b"a", None), (b"b", b"1,x")]


def test_jobs_and_streaming_jobs_feed_each_other(sc, text):
    class Lengths(Job):
        def mapper(self, word, count):
            yield len(word), int(count)

        def reducer(self, length, counts):
            yield length, sum(counts)

    first = StreamingJob(text, mapper=SPLIT, reducer="uniq -c", num_reducers=2).run()
    assert all(value == b"1" for _, value in first.collect())
    counted = StreamingJob(text, mapper=SPLIT, reducer="sed s/$/0/", num_reducers=2).run()
    lengths = Lengths(counted, num_reducers=1).run()
    words = TEXT.encode("latin-1").split()
    expected = [(n, 10 * sum(len(word) == n for word in words)) for n in sorted({len(word) for word in words})]
    assert lengths.collect() == expected
    again = StreamingJob(lengths, mapper="cat", reducer="cat", num_reducers=1).run().collect()
    assert sorted(again) == sorted((b"%d" % n, b"%d" % total) for n, total in expected)


def test_broken_input_ends_the_programs(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "broken.gz", b"\x1f\x8b\x08\x00broken")
    with pytest.raises(InputError, match="broken gzip data"):
        StreamingJob(path, mapper="cat").run()

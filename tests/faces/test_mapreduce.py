"""Jobs give what Hadoop's definition says, whatever the ranks and splits."""

import doctest
import itertools
import math
import zlib
from importlib import import_module
from pkgutil import iter_modules

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pympr.mapreduce.job
from pympr.errors import KeyTypeError, OutputExistsError
from pympr.mapreduce import Job

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]

MODULES = [module.name for module in iter_modules(pympr.mapreduce.__path__)]
numbers = itertools.count()
TEXT = "to be or not to be\nthat is the question\n\nwhether 'tis nobler in the mind\nto suffer\n" * 3


class WordCount(Job):
    def mapper(self, offset, line):
        for word in line.split():
            yield word, 1

    def reducer(self, word, counts):
        yield word, sum(counts)


class CombinedWordCount(WordCount):
    combiner = WordCount.reducer


class Places(Job):
    def mapper(self, offset, line):
        for word in line.split():
            yield word, (self.input_file, offset)

    def reducer(self, word, places):
        yield word, list(places)


def put(sc, path, data):
    if sc.rank == 0:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    sc.range(1).count()
    return path


def counts_of(text):
    words = text.split()
    return sorted((word, words.count(word)) for word in set(words))


def read(folder):
    return [path.read_text() for path in sorted(folder.glob("part-*"))]


@pytest.fixture
def text(sc, mpi_tmp_path):
    return put(sc, mpi_tmp_path / "text", TEXT)


@pytest.mark.parametrize("job", [WordCount, CombinedWordCount])
def test_one_reducer_gives_all_keys_in_order(job, text):
    assert job(text).run().collect() == counts_of(TEXT)


@given(lines=st.lists(st.text("ab é\t", max_size=9), max_size=30), count=st.integers(1, 9))
def test_counting(sc, mpi_tmp_path, lines, count):
    path = put(sc, mpi_tmp_path / f"{next(numbers)}.txt", "\n".join(lines))
    plain, combined = (job(path, num_reducers=count).run().collect() for job in (WordCount, CombinedWordCount))
    assert plain == combined and sorted(plain) == counts_of("\n".join(lines))


def test_values_come_in_the_order_of_the_input(sc, mpi_tmp_path):
    data = "".join(f"{'x' * (i % 7)} key{i % 3}\n" for i in range(2000))
    path = put(sc, mpi_tmp_path / "long", data)
    expected, offset = {}, 0
    for line in data.splitlines(keepends=True):
        for word in line.split():
            expected.setdefault(word, []).append((str(path), offset))
        offset += len(line)
    assert Places(path).run().collect() == sorted(expected.items())


def test_keys_are_in_order_within_each_partition_and_meet_in_one(sc, text, mpi_tmp_path):
    WordCount(text, mpi_tmp_path / "out", num_reducers=3).run()
    parts = [[line.split("\t") for line in part.splitlines()] for part in read(mpi_tmp_path / "out")]
    assert len(parts) == 3 and all(part == sorted(part) for part in parts)
    assert sorted((word, int(count)) for part in parts for word, count in part) == counts_of(TEXT)


def test_the_partitioner_decides(sc, text, mpi_tmp_path):
    class ByLength(WordCount):
        def partitioner(self, word, num_partitions):
            return min(len(word), num_partitions) - 1

    ByLength(text, mpi_tmp_path / "out", num_reducers=4).run()
    words = [[line.split("\t")[0] for line in part.splitlines()] for part in read(mpi_tmp_path / "out")]
    assert [{min(len(word), 4) for word in part} for part in words] == [set(), {2}, {3}, {4}]

    class Astray(WordCount):
        def partitioner(self, word, num_partitions):
            return num_partitions

    with pytest.raises(ValueError, match=r"partitioner gave 2 for key '.*', expected 0 to 1"):
        Astray(text, num_reducers=2).run()


def test_without_reducers_the_mapper_decides_the_result(sc, text):
    class Longest(Job):
        num_reducers = 0

        def mapper(self, offset, line):
            if len(line) > 20:
                yield offset, line

    lines = TEXT.splitlines(keepends=True)
    places = [sum(map(len, lines[:i])) for i in range(len(lines))]
    expected = [(at, line.rstrip()) for at, line in zip(places, lines) if len(line) > 21]
    assert Longest(text).run().collect() == expected


def test_a_job_without_methods_sorts_by_key(sc, text):
    pairs = Job(text).run().collect()
    assert [line for _, line in pairs] == TEXT.splitlines() and pairs == sorted(pairs)


def test_counters_are_the_same_on_every_rank(sc, text):
    class Counting(CombinedWordCount):
        def mapper(self, offset, line):
            self.increment_counter("lines", "empty" if not line else "full")
            self.increment_counter("bytes", "read", len(line))
            yield from super().mapper(offset, line)

        def reducer(self, word, counts):
            self.increment_counter("words", zlib.crc32(word.encode()) % 2)
            yield word, 2**40

        def reducer_final(self):
            self.increment_counter("huge", "sum", 2**62)
            self.increment_counter("huge", "sum", 2**62)

    found = Counting(text, num_reducers=3).run().counters
    keys = [zlib.crc32(word.encode()) % 2 for word, _ in counts_of(TEXT)]
    assert found == {
        "bytes": {"read": sum(map(len, TEXT.splitlines()))},
        "huge": {"sum": 6 * 2**62},
        "lines": {"empty": 3, "full": 12},
        "words": {"0": keys.count(0), "1": keys.count(1)},
    }
    assert WordCount(text).run().counters == {}


def test_counters_belong_to_tasks(text):
    job = WordCount(text)
    with pytest.raises(RuntimeError, match="counter a/b was increased outside of mapper"):
        job.increment_counter("a", "b")
    job.mapper = lambda offset, line: None
    assert job.run().collect() == [] and job._task is None


def test_init_and_final_frame_every_task_and_a_task_is_alone(sc, text):
    class InMapper(WordCount):
        def mapper_init(self):
            self.counts = {}

        def mapper(self, offset, line):
            for word in line.split():
                self.counts[word] = self.counts.get(word, 0) + 1

        def mapper_final(self):
            yield from self.counts.items()
            self.increment_counter("tasks", "map")

        def reducer_init(self):
            self.total = 0

        def reducer(self, word, counts):
            self.total += 1

        def reducer_final(self):
            yield "total", self.total

    job = InMapper(text)
    result = job.run()
    assert result.collect() == [("total", len(counts_of(TEXT)))]
    splits = sc.textFile(str(text), 32).getNumPartitions()
    assert result.counters["tasks"]["map"] == splits > 20 and not hasattr(job, "counts")


def test_a_result_feeds_the_next_job(sc, text):
    class Invert(Job):
        def mapper(self, word, count):
            assert self.input_file is None
            yield -count, word

        def reducer(self, count, words):
            yield -count, sorted(words)

    kept_before = set(sc._session.executor.kept)
    first = CombinedWordCount(text, num_reducers=3).run()
    second = Invert(first, num_reducers=1).run()
    expected = {}
    for word, count in counts_of(TEXT):
        expected.setdefault(count, []).append(word)
    assert second.take(2) == sorted(expected.items(), reverse=True)[:2]
    del first
    stages = sc._session.records[-1].stages
    assert sum(stage.rows_read for stage in stages) == 0
    assert second.collect() == sorted(expected.items(), reverse=True)
    del second
    assert set(sc._session.executor.kept) == kept_before


def test_output_is_text_and_whole(sc, text, mpi_tmp_path):
    class Odd(Job):
        def mapper(self, offset, line):
            if not offset:
                yield from [("both", 1.5), ("key", None), (None, "value"), ("é", (1, "x"))]

        num_reducers = 0

    out = mpi_tmp_path / "out"
    result = Odd(text, str(out)).run()
    assert "".join(read(out)) == "both\t1.5\nkey\nvalue\né\t(1, 'x')\n" and (out / "_SUCCESS").exists()
    assert result.output == str(out)
    with pytest.raises(ValueError, match="pairs were written to .*out; run the job without output"):
        result.collect()
    with pytest.raises(OutputExistsError, match="already exists"):
        Odd(mpi_tmp_path / "nowhere", out).run()


def test_wrong_input_is_the_same_error_on_all_ranks(sc, text, mpi_tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        WordCount(mpi_tmp_path / "nowhere").run()
    with pytest.raises(ValueError, match="num_reducers must be an int of 0 or more, got -1"):
        WordCount(text, num_reducers=-1).run()
    with pytest.raises(ValueError, match="comma in one of several paths"):
        WordCount([text, "a,b"]).run()
    bad = put(sc, mpi_tmp_path / "bad,name", b"a\xff b")
    with pytest.raises(ValueError, match="byte 0xff at offset 1 is not UTF-8"):
        WordCount(bad).run()
    assert WordCount(bad, errors="replace").run().collect() == [("a\ufffd", 1), ("b", 1)]


def test_keys_without_an_order_are_refused(sc, text):
    class Mixed(Job):
        def mapper(self, offset, line):
            yield (None if line else "text"), 1

    with pytest.raises(KeyTypeError, match="keys of types NoneType, str cannot be sorted"):
        Mixed(text, num_reducers=1).run()


def test_equal_keys_of_different_types_are_one_and_nan_is_last(sc, mpi_tmp_path):
    class Numbers(Job):
        def mapper(self, offset, line):
            yield from [(math.nan, "n"), (1, "a"), (1.0, "b"), (True, "c"), (-0.0, "d"), (0, "e"), (float("nan"), "n")]

        def reducer(self, key, values):
            yield str(key), "".join(values)

    path = put(sc, mpi_tmp_path / "one", "line")
    assert Numbers(path).run().collect() == [("-0.0", "de"), ("1", "abc"), ("nan", "nn")]


def test_an_error_names_the_method_and_its_record(sc, text):
    class Failing(WordCount):
        def reducer(self, word, counts):
            yield word, 1 // (word != "question")

    with pytest.raises(ZeroDivisionError) as caught:
        Failing(text, num_reducers=2).run()
    told = [str(caught.value), *getattr(caught.value, "__notes__", [])]
    assert "Failing.reducer was at key 'question'" in "".join(told)

    class NoPair(Job):
        def mapper(self, offset, line):
            yield line

    with pytest.raises(TypeError, match=r"NoPair.mapper gave '.*', expected a tuple \(key, value\)"):
        NoPair(text).run()


def test_the_plan_is_that_of_the_rdd_face_and_names_the_users_methods(sc, text):
    plan = CombinedWordCount(text, num_reducers=2).explain().split("== stages ==")[1]
    steps = [line.split("(")[0].strip() for line in plan.splitlines() if line.strip()]
    assert steps[:5] == ["stage 0 -> hash", "MapPartitions", "SortGroups", "MapPartitions", "TextFile"]
    assert steps[5:] == ["stage 1 -> result", "MapPartitions", "SortGroups", "PartitionBy", "StageInput"]
    assert "CombinedWordCount.combiner at test_mapreduce.py" in plan and "WordCount.mapper at test_mapreduce.py" in plan


def test_ranks_with_different_jobs_diverge(sc, text):
    from pympr.errors import DivergenceError

    class Settings(WordCount):
        def __init__(self, input, least):
            super().__init__(input)
            self.least = least

    if sc.size > 1:
        with pytest.raises(DivergenceError):
            Settings(text, least=sc.rank).run()
    assert Settings(text, least=1).run().collect() == counts_of(TEXT)


def test_each_run_reads_the_files_as_they_are(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "grows", "a\n")
    job = WordCount(path)
    assert job.run().collect() == [("a", 1)]
    put(sc, path, "a\na b\n")
    assert job.run().collect() == [("a", 2), ("b", 1)]


def test_an_empty_file(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "empty", "")
    assert WordCount(path).run().collect() == [] and WordCount(path, num_reducers=5).run().take(3) == []


def test_examples(sc, mpi_tmp_path, monkeypatch):
    put(sc, mpi_tmp_path / "hamlet.txt", "to be or not\nto be\n")
    monkeypatch.chdir(mpi_tmp_path)
    said, finder = [], doctest.DocTestFinder()
    modules = [import_module(f"pympr.mapreduce.{name}") for name in MODULES]
    tests = [test for module in modules for test in finder.find(module) if test.examples]
    runner = doctest.DocTestRunner()
    assert len(tests) > 4 and not any(runner.run(test, out=said.append).failed for test in tests), "".join(said)

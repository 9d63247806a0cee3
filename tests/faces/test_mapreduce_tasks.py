"""Order and groups of keys, configuration, and what tasks may read."""

import os
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.errors import DivergenceError
from pympr.mapreduce import Job

pytestmark = pytest.mark.mpi


def put(sc, path, data):
    if sc.rank == 0:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    sc.range(1).count()
    return path


class Stations(Job):
    """(year, temperature) keys."""

    def mapper(self, offset, line):
        year, temperature = map(int, line.split())
        yield (year, temperature), offset


class Hottest(Stations):
    """Secondary sort: the years in order, in each the highest temperature first."""

    def sort_key(self, key):
        return key[0], -key[1]

    def grouping_key(self, key):
        return key[0]

    def reducer(self, key, offsets):
        yield key[0], [(offsets.key[1], offset) for offset in offsets]


class Compared(Hottest):
    """The same with comparators and a partitioner."""

    sort_key = Job.sort_key
    grouping_key = Job.grouping_key

    def sort_comparator(self, one, other):
        return (one[0] > other[0]) - (one[0] < other[0]) or other[1] - one[1]

    def grouping_comparator(self, one, other):
        return one[0] - other[0]

    def partitioner(self, key, num_partitions):
        return key[0] % num_partitions


class Combined(Hottest):
    def combiner(self, key, offsets):
        for offset in offsets:
            yield offsets.key, offset


@given(rows=st.lists(st.tuples(st.integers(1, 4), st.integers(-3, 3)), max_size=60), count=st.integers(1, 4))
def test_secondary_sort(sc, mpi_tmp_path, rows, count):
    path = put(sc, mpi_tmp_path / "rows", "".join(f"{a} {b}\n" for a, b in rows))
    expected, offset = {}, 0
    for year, temperature in rows:
        expected.setdefault(year, []).append((temperature, offset))
        offset += len(f"{year} {temperature}\n")
    expected = sorted((year, sorted(values, key=lambda pair: -pair[0])) for year, values in expected.items())
    for job in (Hottest, Compared, Combined):
        assert sorted(job(path, num_reducers=count).run().collect()) == expected
    assert Hottest(path, num_reducers=1).run().collect() == expected


def test_a_sort_order_alone_groups_what_it_holds_for_equal(sc, mpi_tmp_path):
    class AnyCase(Job):
        def mapper(self, offset, line):
            yield line, offset

        def sort_comparator(self, one, other):
            return (one.lower() < other.lower()) - (one.lower() > other.lower())

        def reducer(self, key, offsets):
            yield key, list(offsets)

    path = put(sc, mpi_tmp_path / "text", "b\nA\nB\na\nc\n")
    assert AnyCase(path, num_reducers=1).run().collect() == [("c", [8]), ("b", [0, 4]), ("A", [2, 6])]


def test_grouping_alone_keeps_the_order_of_keys(sc, mpi_tmp_path):
    class Initials(Job):
        def mapper(self, offset, line):
            yield line, offset

        def grouping_key(self, key):
            return key[:1]

        def reducer(self, key, offsets):
            yield key, [(offsets.key, offset) for offset in offsets]

    path = put(sc, mpi_tmp_path / "text", "ab\nb\naa\nab\n")
    expected = [("aa", [("aa", 5), ("ab", 0), ("ab", 8)]), ("b", [("b", 3)])]
    assert Initials(path, num_reducers=1).run().collect() == expected
    assert sorted(Initials(path, num_reducers=4).run().collect()) == expected


def test_what_cannot_be_ordered_is_said(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "rows", "1 2\n3 4\n")

    class Both(Hottest):
        def sort_comparator(self, one, other):
            return 0

    with pytest.raises(ValueError, match="Both has both sort_key and sort_comparator"):
        Both(path).run()

    class Astray(Compared):
        partitioner = Job.partitioner

    with pytest.raises(ValueError, match="grouping_comparator does not tell which keys belong to one partition"):
        Astray(path, num_reducers=2).run()
    assert len(Astray(path, num_reducers=1).run().collect()) == 2

    class Failing(Hottest):
        def sort_key(self, key):
            return 1 // (key[0] - 3)

    with pytest.raises(ZeroDivisionError):
        Failing(path, num_reducers=1).run()


def test_configuration(sc, mpi_tmp_path):
    class Configured(Job):
        conf = {"least": 2, "other": "x"}

        def mapper(self, offset, line):
            if len(line) >= self.conf["least"]:
                yield self.conf["other"] + line, self.conf.get("missing", -1)

    path = put(sc, mpi_tmp_path / "text", "a\nbb\nccc\n" * 50)
    assert {key for key, _ in Configured(path).run().collect()} == {"xbb", "xccc"}
    conf = {"least": 3, "mapreduce.job.reduces": 0, "mapreduce.job.maps": 1, "mapreduce.job.name": "odd"}
    job = Configured(path, conf=conf)
    assert job.name == "odd" and job.run().collect() == [("xccc", -1)] * 50
    assert sc._session.records[-1].action == "collect" and sc._session.records[-3].action == "odd"
    assert sc._session.num_partitions(job._plan(None, None)) == 1


def test_cached_objects_are_one_copy_a_node(sc, mpi_tmp_path):
    table = np.arange(1 << 16)

    class Look(Job):
        num_reducers = 0

        def mapper(self, offset, line):
            numbers, words = self.cached("numbers"), self.cached("words")
            yield words[line], (int(numbers[len(line)]), numbers.flags.writeable)

        def mapper_final(self):
            yield "array", self.cached("numbers")

    path = put(sc, mpi_tmp_path / "text", "a\nbb\n")
    objects = {"numbers": table * 3 if sc.rank == 0 else None, "words": {"a": 1, "bb": 2}}
    result = Look(path, cache_objects=objects).run()
    pairs = result.collect()
    assert [pair for pair in pairs if pair[0] != "array"] == [(1, (3, False)), (2, (6, False))]
    for _, array in (pair for pair in pairs if pair[0] == "array"):
        assert array.tolist() == (table * 3).tolist()

    class Mapped(Job):
        num_reducers = 0

        def mapper(self, offset, line):
            return None

        def mapper_final(self):
            address = self.cached("numbers").__array_interface__["data"][0]
            with open("/proc/self/maps") as maps:
                for fields in map(str.split, maps):
                    begin, end = (int(edge, 16) for edge in fields[0].split("-"))
                    if begin <= address < end:
                        yield fields[1], (fields[3], fields[4])

    found = set(Mapped(path, cache_objects={"numbers": table}).run().collect())
    assert len(found) == 1 and {access for access, _ in found} == {"r--s"}  # one inode, mapped by all


def test_cached_files(sc, mpi_tmp_path):
    put(sc, mpi_tmp_path / "stop.txt", "a\n")
    tool = put(sc, mpi_tmp_path / "tool", "#!/bin/sh\n")
    if sc.rank == 0:
        os.chmod(tool, 0o750)
    sc.range(1).count()

    class Reads(Job):
        num_reducers = 0
        cache_files = (mpi_tmp_path / "stop.txt", f"{tool}#renamed")

        def mapper(self, offset, line):
            with open(self.cached_file("stop.txt")) as file:
                yield file.read(), os.access(self.cached_file("renamed"), os.X_OK)
            yield "folder", os.path.dirname(self.cached_file("stop.txt"))

    path = put(sc, mpi_tmp_path / "text", "x\n")
    (first, (_, folder)) = Reads(path).run().collect()
    assert first == ("a\n", True) and not os.path.exists(folder)

    class Wrong(Reads):
        def mapper(self, offset, line):
            self.cached_file("other")

    with pytest.raises(KeyError, match="no cached file is named 'other'"):
        Wrong(path).run()
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Reads(path, cache_files=["nowhere"]).run()
    with pytest.raises(ValueError, match="needs a plain name that no other has"):
        Reads(path, cache_files=["a/x", "b/x"]).run()
    if sc.size > 1:
        with pytest.raises(DivergenceError):
            Reads(path, cache_files=[f"{tool}#{sc.rank}"]).run()
    with pytest.raises(RuntimeError, match="cached file x was used outside"):
        Reads(path).cached_file("x")


def test_what_cannot_be_pickled_is_the_same_error_on_all_ranks(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "text", "x\n")
    with pytest.raises(Exception, match="pickle"):
        Job(path, cache_objects={"lock": threading.Lock()}).run()
    assert Job(path).run().collect() == [(0, "x")]

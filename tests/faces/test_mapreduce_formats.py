"""What jobs read and write, whatever the ranks."""

import bz2
import gzip
import json
import pickle

import numpy as np
import pytest
import zstandard

from pympr.errors import InputError
from pympr.mapreduce import (
    Job,
    JsonInput,
    JsonOutput,
    KeyValueTextInput,
    NLineInput,
    NullOutput,
    NumpyInput,
    NumpyOutput,
    PairsInput,
    PairsOutput,
    TextOutput,
    WholeFileInput,
)

pytestmark = pytest.mark.mpi
UNPACK = {
    "": bytes,
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".zst": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}
TABLE = "".join(f"k{i % 5}\tv{i}\tw\n" for i in range(200)) + "alone\n"


def put(sc, path, data):
    if sc.rank == 0:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    sc.range(1).count()
    return path


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


class Identity(Job):
    """Gives what its mappers get."""

    num_reducers = 0


def test_key_value_text_is_cut_at_the_first_separator(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "table", TABLE)
    expected = [tuple(line.partition("\t")[::2]) for line in TABLE.splitlines()]
    assert Identity(path, input_format=KeyValueTextInput()).run().collect() == expected
    by_w = [tuple(line.partition("\tw")[::2]) for line in TABLE.splitlines()]
    assert Identity(path, input_format=KeyValueTextInput("\tw")).run().collect() == by_w
    with pytest.raises(ValueError, match="separator must not be empty"):
        KeyValueTextInput("")


@pytest.mark.parametrize("lines", [1, 3, 1000])
def test_a_split_has_n_lines_of_one_file(sc, mpi_tmp_path, lines):
    class Split(Job):
        num_reducers = 0

        def mapper_init(self):
            self.seen = []

        def mapper(self, offset, line):
            self.seen.append((self.input_file, offset, line))

        def mapper_final(self):
            yield self.partition, self.seen

    texts = {"a": "one\ntwo\nthree\nfour\n", "b": "", "c": "five\nsix"}
    paths = [put(sc, mpi_tmp_path / name, text) for name, text in texts.items()]
    expected = []
    for path, text in zip(paths, texts.values()):
        found = text.splitlines(keepends=True)
        rows = [(str(path), sum(map(len, found[:i])), line.rstrip("\n")) for i, line in enumerate(found)]
        expected += [rows[at : at + lines] for at in range(0, len(rows), lines)]
    assert Split(paths, input_format=NLineInput(lines)).run().collect() == list(enumerate(expected))
    with pytest.raises(ValueError, match="lines_per_map must be 1 or more, got 0"):
        NLineInput(0)


def test_whole_files(sc, mpi_tmp_path):
    put(sc, mpi_tmp_path / "b.txt", "é\r\nx")
    put(sc, mpi_tmp_path / "a.gz", gzip.compress(b"packed\n"))
    put(sc, mpi_tmp_path / "c", b"")
    expected = [
        (str(mpi_tmp_path / name), text) for name, text in [("a.gz", "packed\n"), ("b.txt", "é\r\nx"), ("c", "")]
    ]
    assert Identity(mpi_tmp_path, input_format=WholeFileInput()).run().collect() == expected
    put(sc, mpi_tmp_path / "d", b"x\xff")
    with pytest.raises(InputError, match="d: byte 0xff at offset 1 is not UTF-8"):
        Identity(mpi_tmp_path / "d", input_format=WholeFileInput()).run()
    found = Identity(mpi_tmp_path / "d", input_format=WholeFileInput(binary=True)).run().collect()
    assert found == [(str(mpi_tmp_path / "d"), b"x\xff")]


def test_pairs_go_through_files_as_they_are(sc, mpi_tmp_path):
    class Make(Job):
        def mapper(self, offset, line):
            key, _, value = line.partition("\t")
            yield (key, len(value)), {"value": value, "array": np.arange(len(value))}

    class Again(Job):
        def reducer(self, key, values):
            yield key, [(value["value"], value["array"].sum()) for value in values]

    path = put(sc, mpi_tmp_path / "table", TABLE)
    for compressed in (False, True):
        out = mpi_tmp_path / f"pairs{compressed}"
        Make(path, out, 3, output_format=PairsOutput(compressed)).run()
        assert [name for name in files(out) if "part" in name] == [f"part-0000{i}.pairs" for i in range(3)]
        through_files = Again(out, num_reducers=2, input_format=PairsInput()).run().collect()
        in_memory = Again(Make(path, num_reducers=3).run(), num_reducers=2).run().collect()
        assert through_files == in_memory and len(in_memory) == 16


def test_damaged_pairs_are_an_error_with_the_place(sc, mpi_tmp_path):
    text = put(sc, mpi_tmp_path / "text", "a\nb\n")
    Job(text, mpi_tmp_path / "out", output_format=PairsOutput()).run()
    data = files(mpi_tmp_path / "out")["part-00000.pairs"]
    job = Identity(mpi_tmp_path / "bad", input_format=PairsInput())
    put(sc, mpi_tmp_path / "bad", data[:-1])
    with pytest.raises(InputError, match=r"bad: \d+ bytes at offset 38 are cut short or damaged"):
        job.run()
    put(sc, mpi_tmp_path / "bad", data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(InputError, match="cut short or damaged"):
        job.run()
    put(sc, mpi_tmp_path / "bad", data[:20])
    with pytest.raises(InputError, match="bad ends at 20, in the middle of a head"):
        job.run()
    put(sc, mpi_tmp_path / "bad", pickle.dumps([1]))
    with pytest.raises(InputError, match="bad is no file of pairs"):
        job.run()


def test_rows_of_npy_files(sc, mpi_tmp_path):
    arrays = {
        "a.npy": np.arange(120.0).reshape(60, 2),
        "b.npy": np.arange(7.0)[:, None] * [1, 2],
        "c.npy": np.empty((0, 2)),
    }
    if sc.rank == 0:
        for name, array in arrays.items():
            np.save(mpi_tmp_path / name, array)
    sc.range(1).count()

    class Sums(Job):
        def mapper(self, row, values):
            yield row % 3, values.sum()

        def reducer(self, key, values):
            yield key, np.array(list(values))

    found = Sums(mpi_tmp_path / "*.npy", num_reducers=1, input_format=NumpyInput()).run().collect()
    for key, sums in found:
        expected = [row.sum() for array in arrays.values() for number, row in enumerate(array) if number % 3 == key]
        assert sums.tolist() == expected
    out = mpi_tmp_path / "out"
    Sums(mpi_tmp_path / "b.npy", out, 1, input_format=NumpyInput(), output_format=TextOutput()).run()
    assert (out / "part-00000").read_text().splitlines()[1] == "1\t[ 3. 12.]"


def test_each_rank_passes_its_part_of_an_array(sc):
    whole = np.arange(100) ** 2
    edges = [100 * rank // sc.size for rank in range(sc.size + 1)]
    mine = whole[edges[sc.rank] : edges[sc.rank + 1]]

    class Last(Job):
        def mapper(self, row, value):
            yield int(value % 10), row

        def reducer(self, digit, rows):
            yield digit, list(rows)

    expected = [(d, [i for i in range(100) if i * i % 10 == d]) for d in (0, 1, 4, 5, 6, 9)]
    assert Last(mine, num_reducers=1, input_format=NumpyInput()).run().collect() == expected
    two_dimensional = Identity(np.stack([mine, mine], 1), input_format=NumpyInput()).run().collect()
    assert [(row, values.tolist()) for row, values in two_dimensional] == [(i, [i * i, i * i]) for i in range(100)]


def test_numpy_output(sc, mpi_tmp_path):
    class Lengths(Job):
        def mapper(self, offset, line):
            yield offset, len(line)

    path = put(sc, mpi_tmp_path / "text", "aaa\nb\n\n")
    Lengths(path, mpi_tmp_path / "npy", output_format=NumpyOutput("int16")).run()
    array = np.load(mpi_tmp_path / "npy" / "part-00000.npy")
    assert array.dtype == np.int16 and array.tolist() == [3, 1, 0]
    Lengths(path, mpi_tmp_path / "npz", output_format=NumpyOutput(keys=True)).run()
    found = np.load(mpi_tmp_path / "npz" / "part-00000.npz")
    assert found["keys"].tolist() == [0, 4, 6] and found["values"].tolist() == [3, 1, 0]
    with pytest.raises(TypeError, match="values of types tuple, .* have no NumPy array|values of types NoneType"):
        Nothing(path, mpi_tmp_path / "object", output_format=NumpyOutput()).run()
    assert not (mpi_tmp_path / "object").exists()


class Nothing(Job):
    def mapper(self, offset, line):
        yield offset, None


def test_json_there_and_back(sc, mpi_tmp_path):
    class Make(Job):
        def mapper(self, offset, line):
            yield [line, None], {"offset": offset, "text": "é\t"}

        num_reducers = 0

    path = put(sc, mpi_tmp_path / "text", "a\nb\n")
    Make(path, mpi_tmp_path / "json", output_format=JsonOutput()).run()
    expected = [([line, None], {"offset": at, "text": "é\t"}) for line, at in (("a", 0), ("b", 2))]
    assert Identity(mpi_tmp_path / "json", input_format=JsonInput()).run().collect() == expected
    lines = b"".join(data for _, data in sorted(files(mpi_tmp_path / "json").items())).decode().splitlines()
    assert [json.loads(line.split("\t")[0]) for line in lines] == [["a", None], ["b", None]]


@pytest.mark.parametrize("compression, ending", [("gzip", ".gz"), ("bzip2", ".bz2"), ("zstd", ".zst")])
def test_compressed_text_with_a_separator(sc, mpi_tmp_path, compression, ending):
    path = put(sc, mpi_tmp_path / "table", TABLE)
    job = Job(path, mpi_tmp_path / "out", input_format=KeyValueTextInput(), num_reducers=1)
    job.output_format = TextOutput(separator=" | ", compression=compression)
    job.run()
    pairs = [line.partition("\t")[::2] for line in TABLE.splitlines()]
    expected = "".join(f"{k} | {v}\n" for k, v in sorted(pairs, key=lambda pair: pair[0]))
    written = files(mpi_tmp_path / "out")
    assert list(written) == ["_SUCCESS", f"part-00000{ending}"]
    assert UNPACK[ending](written[f"part-00000{ending}"]).decode() == expected
    again = Identity(mpi_tmp_path / "out", input_format=KeyValueTextInput(" | ")).run().collect()
    assert again == sorted(pairs, key=lambda pair: pair[0])
    with pytest.raises(ValueError, match="compression must be 'gzip', 'bzip2', 'zstd' or None, got 'lzo'"):
        TextOutput(compression="lzo")


def test_null_output_counts_only(sc, mpi_tmp_path):
    class Counting(Job):
        output_format = NullOutput()

        def reducer(self, key, values):
            self.increment_counter("g", "keys")
            yield key, 1

    result = Counting(put(sc, mpi_tmp_path / "text", "a\nb\n")).run()
    assert result.counters == {"g": {"keys": 2}}
    with pytest.raises(ValueError, match="pairs were dropped"):
        result.collect()


class Sorted(Job):
    """Words by length: short ones to an output of their own."""

    named_outputs = {"short": TextOutput(":"), "never": TextOutput()}

    def mapper(self, offset, line):
        for word in line.split("\t"):
            yield word, offset

    def reducer(self, word, places):
        places = list(places)
        if len(word) < 3:
            self.write("short", word, len(places))
        yield word, places[0]

    def reducer_final(self):
        self.write("short", "end", self.partition)


def test_named_outputs(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "table", TABLE)
    words = sorted({word for line in TABLE.splitlines() for word in line.split("\t")})
    counts = {word: TABLE.replace("\n", "\t").split("\t").count(word) for word in words}
    short = [(word, counts[word]) for word in words if len(word) < 3]
    kept = Sorted(path, num_reducers=1).run()
    assert [word for word, _ in kept.collect()] == words
    assert kept.named("short").collect() == [*short, ("end", 0)] and kept.named("never").collect() == []
    with pytest.raises(KeyError, match="no output is named 'other'"):
        kept.named("other")
    chained = Job(kept.named("short"), num_reducers=1).run().collect()
    assert chained == sorted([*short, ("end", 0)])
    Sorted(path, mpi_tmp_path / "out", 3).run()
    written = files(mpi_tmp_path / "out")
    assert set(written) == {"_SUCCESS"} | {f"{name}-0000{i}" for name in ("part", "short") for i in range(3)}
    lines = "".join(written[f"short-0000{i}"].decode() for i in range(3)).splitlines()
    assert sorted(lines) == sorted([f"{word}:{count}" for word, count in short] + [f"end:{i}" for i in range(3)])


def test_named_outputs_are_for_the_last_step(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "text", "a\n")

    class Early(Job):
        named_outputs = {"x": TextOutput()}

        def mapper(self, offset, line):
            self.write("x", line, 1)

    with pytest.raises(RuntimeError, match="output x was written before the last step"):
        Early(path).run()
    assert Early(path, num_reducers=0).run().named("x").collect() == [("a", 1)]

    class Wrong(Early):
        def mapper(self, offset, line):
            self.write("y", line, 1)

    with pytest.raises(KeyError, match="no output is named 'y'"):
        Wrong(path, num_reducers=0).run()


def test_results_of_several_jobs_are_one_input(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "text", "a\nb\n")
    one, two = Job(path).run(), Job(path, num_reducers=0).run()
    assert Identity([one, two]).run().collect() == one.collect() + two.collect()
    with pytest.raises(TypeError, match="expected results of jobs or paths, not both"):
        Identity([one, str(path)]).run()

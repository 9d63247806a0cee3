"""histogram, topk and distinct against NumPy and plain Python, on lines and on .npy files."""

import collections
import io
import math
import random

import numpy as np
import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]

DRAWN = np.random.default_rng(3)
NUMBERS = np.concatenate([DRAWN.normal(0, 5, 3000), DRAWN.integers(-9, 9, 2000), [0.0, -0.0, 12.5, 12.5]])


def packed(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def lines(numbers):
    return "".join(f"n{place % 7};{number!r};x\n" for place, number in enumerate(numbers.tolist()))


@pytest.fixture(params=["text", "npy", "titles"])
def numbers(request, put):
    """The arguments that read an array, given in three ways."""

    def write(array):
        if request.param == "npy":
            return [put("numbers.npy", packed(array))]
        titles = "name;number;x\n" if request.param == "titles" else ""
        path = put("numbers.csv", titles + lines(array))
        return [path, "--separator", ";", "--column", 2, *(["--header"] if titles else [])]

    return write


def saved(folder):
    return [line for path in sorted(folder.glob("part-*")) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("options", [{}, {"bins": 1}, {"bins": 37}, {"bins": 8, "range": (-3.5, 2.0)}], ids=str)
def test_histogram(sc, call, numbers, mpi_tmp_path, options):
    given = [f"--bins={options['bins']}"] if "bins" in options else []
    given += ["--range", *options["range"]] if "range" in options else []
    counts, borders = np.histogram(NUMBERS, **options)
    arguments = numbers(NUMBERS)
    code, out, _ = call("histogram", *arguments, *given, "--output", mpi_tmp_path / "out", "--no-report")
    assert code == 0
    found = [line.split("\t") for line in saved(mpi_tmp_path / "out")]
    assert [int(row[2]) for row in found] == counts.tolist()
    assert [float(row[0]) for row in found] + [float(found[-1][1])] == borders.tolist()
    if sc.rank == 0 and "range" in options:
        assert f"{len(NUMBERS) - counts.sum():,} numbers lie outside the bins" in out
    code, out, _ = call("histogram", *arguments, *given, "--no-report")
    if sc.rank == 0:
        assert out[0].split() == ["from", "to", "count"]
        assert [int(line.split()[2].replace(",", "")) for line in out[1 : len(counts) + 1]] == counts.tolist()


def test_histogram_of_numbers_that_are_not_finite(sc, call, numbers):
    array = np.array([1.0, math.nan, math.inf, 2.0, -math.inf, math.nan, 2.0])
    code, out, _ = call("histogram", *numbers(array), "--bins", 2, "--no-report")
    assert code == 0
    if sc.rank == 0:
        assert [line.split()[:3] for line in out[1:3]] == [["1.0", "1.5", "1"], ["1.5", "2.0", "2"]]
        assert out[3:5] == ["2 numbers are NaN", "2 numbers lie outside the bins"]


@pytest.mark.parametrize("array", [np.zeros(0), np.array([3.0]), np.full(9, -2.0)], ids=["none", "one", "equal"])
def test_histogram_of_few(call, numbers, mpi_tmp_path, array):
    assert call("histogram", *numbers(array), "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    assert [int(row.split("\t")[2]) for row in saved(mpi_tmp_path / "out")] == np.histogram(array)[0].tolist()


@pytest.mark.parametrize("smallest", [False, True])
def test_topk_by_value(sc, call, put, mpi_tmp_path, smallest):
    text = lines(np.append(NUMBERS, math.nan))
    path, options = put("n.csv", text), ["--smallest"] if smallest else []
    rows = [(float(line.split(";")[1]), line) for line in text.splitlines()]
    rows = [row for row in rows if not math.isnan(row[0])]
    expected = sorted(rows, key=lambda row: (row[0] if smallest else -row[0], row[1]))[:25]
    arguments = ["--separator", ";", "--column", 2, "-k", 25, *options, "--no-report"]
    code, out, _ = call("topk", path, *arguments, "--output", mpi_tmp_path / "out")
    assert code == 0 and saved(mpi_tmp_path / "out") == [f"{number}\t{line}" for number, line in expected]
    code, out, _ = call("topk", path, *arguments)
    if sc.rank == 0:
        assert [tuple(row.split("  ")) for row in map(str.strip, out[1:26])] == [(str(n), line) for n, line in expected]


def test_topk_of_npy(call, put, mpi_tmp_path):
    path = put("n.npy", packed(NUMBERS.reshape(-1, 2)))
    assert call("topk", path, "--column", 2, "-k", 7, "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    assert [float(line) for line in saved(mpi_tmp_path / "out")] == sorted(NUMBERS[1::2], reverse=True)[:7]


@pytest.mark.parametrize("smallest", [False, True])
def test_topk_by_count(call, put, mpi_tmp_path, smallest):
    drawn = random.Random(5)
    words = [f"w{int(drawn.paretovariate(0.5)) % 300}é" for _ in range(4000)]
    path, sign = put("words.csv", "".join(f"{word},1\n" for word in words)), 1 if smallest else -1
    counts = collections.Counter(words)
    expected = sorted(counts.items(), key=lambda pair: (sign * pair[1], pair[0]))[:12]
    options = ["--by", "count", "--column", 1, "-k", 12, *(["--smallest"] if smallest else [])]
    assert call("topk", path, *options, "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    assert saved(mpi_tmp_path / "out") == [f"{count}\t{word}" for word, count in expected]


@pytest.mark.parametrize("column", [None, 2])
def test_distinct(sc, call, put, mpi_tmp_path, column):
    drawn = random.Random(6)
    text = [f"{drawn.randrange(30)},{drawn.choice(['a', 'é', '', ' '])},{drawn.randrange(3)}" for _ in range(3000)]
    expected = sorted(set(text) if column is None else {line.split(",")[1] for line in text})
    path, options = put("t.csv", "\n".join(text)), [] if column is None else ["--column", column]
    assert call("distinct", path, *options, "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    lines = b"".join(part.read_bytes() for part in (mpi_tmp_path / "out").glob("part-*")).decode().split("\n")[:-1]
    assert sorted(lines) == expected
    code, out, err = call("distinct", path, *options, "--no-report")
    assert code == 0 and (sc.rank or (sorted(out) == expected and " MB/s" in err[-1]))
    code, out, _ = call("distinct", path, *options, "--count", "--no-report")
    assert code == 0 and (sc.rank or out[0] == str(len(expected)))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["histogram", "--column", 2], "expected a number in column 2 by separator ',': record 0 of its block: '1,x'"),
        (["topk", "--column", 3], "expected a number in column 3 by separator ',': record 0 of its block: '1,x'"),
        (["distinct", "--column", 3], "expected a column 3 by separator ',': record 0 of its block: '1,x'"),
        (["topk", "--by", "count", "--column", 3], "expected a column 3 by separator ','"),
    ],
)
def test_lines_that_are_not_as_they_should_be(sc, call, put, command, words):
    code, out, err = call(command[0], put("bad.csv", "1,x\n"), *command[1:])
    assert code == 1 and out == []
    if sc.rank == 0:
        assert len(err) == 1 and words in err[0]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["histogram", "x", "--bins", "0"], "expected a number of 1 or more, got '0'"),
        (["histogram", "x", "--range", "2", "1"], "the lower one first, got 2.0 and 1.0"),
        (["histogram", "x", "--separator", ""], "--separator is empty"),
        (["distinct", "x", "--count", "--output", "y"], "--count prints one number"),
        (["topk", "x", "--by", "size"], "invalid choice: 'size'"),
    ],
)
def test_options_that_do_not_fit(sc, call, command, words):
    code, out, err = call(*command)
    assert code == 2 and out == [] and (sc.rank or words in err[-1])


def test_two_kinds_of_files(sc, call, put):
    code, _, err = call("histogram", put("a.npy", packed(NUMBERS)), put("a.csv", "1\n"))
    assert code == 1 and (sc.rank or "give one kind" in err[0])

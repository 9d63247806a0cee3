"""movingaverage against windows that plain Python sums exactly."""

import datetime
import math
import random

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]


def series(is_text):
    """(key, time as text, seconds, value), some of the same time, in no order."""
    drawn = random.Random(8)
    rows = []
    for key, count in (("a", 900), ("b é", 40), ("one", 1), ("", 200)):
        for _ in range(count):
            seconds = drawn.randrange(count) + (0 if is_text else drawn.choice([0, 0.25]))
            moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)
            rows.append((key, moment.isoformat() if is_text else str(seconds), seconds, drawn.uniform(-1e9, 1e9)))
    drawn.shuffle(rows)
    return rows


def expected(rows, in_window):
    """Every key's lines (time, mean) in order; `in_window(row, place, other row, other place)` by position in time."""
    found = {}
    for key in {row[0] for row in rows}:
        mine = sorted((row for row in rows if row[0] == key), key=lambda row: row[2])
        found[key] = []
        for place, row in enumerate(mine):
            values = [other[3] for at, other in enumerate(mine) if in_window(row, place, other, at)]
            found[key].append((row[1], math.fsum(values) / len(values)))
    return found


def saved(folder):
    found = {}
    for path in sorted(folder.glob("part-*")):
        for line in path.read_text().splitlines():
            key, time, mean = line.split(";")
            found.setdefault(key, []).append((time, float(mean)))
    return found


WINDOWS = {
    "last 7 lines": (["--window", 7], lambda row, place, other, at: place - 7 < at <= place),
    "every line": (["--window", 10_000], lambda row, place, other, at: at <= place),
    "one line": (["--window", 1], lambda row, place, other, at: at == place),
    "10 seconds": (["--seconds", 10], lambda row, place, other, at: row[2] - 10 < other[2] <= row[2]),
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("is_text", [False, True])
def test_moving_average(call, put, mpi_tmp_path, window, is_text):
    rows = series(is_text)
    path = put("series.csv", "v;k;t\n" + "".join(f"{value!r};{key};{time}\n" for key, time, _, value in rows))
    options = ["--separator", ";", "--header", "--columns", 2, 3, 1, *WINDOWS[window][0], "--no-report"]
    assert call("movingaverage", path, *options, "--output", mpi_tmp_path / "out")[0] == 0
    found, wanted = saved(mpi_tmp_path / "out"), expected(rows, WINDOWS[window][1])
    assert found.keys() == wanted.keys()
    for key in wanted:
        assert [time for time, _ in found[key]] == [time for time, _ in wanted[key]]
        assert [mean for _, mean in found[key]] == pytest.approx([mean for _, mean in wanted[key]], rel=1e-9, abs=1e-3)


def test_small_values_after_large_ones_are_exact(sc, call, put):
    path = put("s.csv", "k,1,1e300\nk,2,1.0\nk,3,2.0\n")
    code, out, err = call("movingaverage", path, "--window", 2, "--no-report")
    assert code == 0 and (sc.rank or (out[-1] == "k,3,1.5" and " MB/s" in err[-1]))


@pytest.mark.parametrize("line", ["k,1", "k,soon,1", "k,1,much", "k,nan,1"])
def test_bad_lines(sc, call, put, line):
    code, out, err = call("movingaverage", put("bad.csv", f"{line}\n"), "--window", 2)
    assert code == 1 and out == []
    if sc.rank == 0:
        assert "expected a key, a time and a number in columns 1 2 3: record 0" in err[0] and repr(line) in err[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "one of the arguments --window --seconds is required"),
        (["--window", "2", "--seconds", "3"], "not allowed with argument"),
        (["--seconds", "-1"], "--seconds must be positive, got -1.0"),
    ],
)
def test_options_that_do_not_fit(sc, call, options, words):
    code, out, err = call("movingaverage", "x", *options)
    assert code == 2 and out == [] and (sc.rank or words in err[-1])

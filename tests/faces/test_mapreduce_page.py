"""The programs of docs/mapreduce.md give what plain Python gives."""

import collections
import pathlib
import random
import re

import pytest

pytestmark = pytest.mark.mpi

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "mapreduce.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S)
SYSTEMS, BROWSERS = ("X11", "iPhone", "é"), ("Mobile Safari", "Chrome", "x")
AGENTS = [f"Mozilla/5.0 ({system}) {browser}" for system in SYSTEMS for browser in BROWSERS]


def log():
    draw = random.Random(1)
    lines = []
    for number in range(3000):
        agent = AGENTS[min(draw.randrange(9), draw.randrange(9))]
        lines.append(f'10.0.0.{number % 250} - - [x] "GET /{number % 17} HTTP/1.1" 200 {number} "-" "{agent}"')
        if number % 500 == 0:
            lines.append("no request")
    return "\n".join(lines) + "\n"


def temperatures():
    draw = random.Random(2)
    return "".join(f"{1990 + draw.randrange(6)} {draw.randrange(-90, 400) / 10} s{i}\n" for i in range(300))


@pytest.fixture
def names(sc, mpi_tmp_path, monkeypatch):
    """What the page's programs have left, run one after the other."""
    monkeypatch.chdir(mpi_tmp_path)
    if sc.rank == 0:
        (mpi_tmp_path / "books").mkdir()
        (mpi_tmp_path / "books" / "one.txt").write_text("to be\nor not to be\n")
        (mpi_tmp_path / "access.log").write_text(log())
        (mpi_tmp_path / "temperatures.txt").write_text(temperatures())
    sc.range(1).count()
    found = {}
    for program in PROGRAMS:
        exec(compile(program, str(PAGE), "exec"), found)
    return found


def test_all_programs(sc, names, mpi_tmp_path):
    parts = "".join(path.read_text() for path in sorted((mpi_tmp_path / "longest").glob("part-*")))
    longest = {"to": "or not to be", "be": "or not to be", "or": "or not to be", "not": "or not to be"}
    assert sorted(parts.splitlines()) == sorted(f"{word}\t{line}" for word, line in longest.items())

    requests = [line.rsplit('"', 2)[1] for line in log().splitlines() if '"' in line]
    counts = collections.Counter(requests)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert names["other"] == [item for item in ranked if "Mobile" not in item[0]][:10] and len(names["other"]) == 6
    assert names["mobile"] == [item for item in ranked if "Mobile" in item[0]][:10] and len(names["mobile"]) == 3
    assert names["requests"].counters == {"log": {"lines that are no requests": 6}}
    assert [line.decode().split(None, 1) for line, _ in names["counted"]] == [
        [str(counts[agent]), agent] for agent in sorted(counts, key=str.encode)
    ]

    years = collections.defaultdict(list)
    for line in temperatures().splitlines():
        year, temperature, station = line.split()
        years[year].append((float(temperature), station))
    expected = [(year, sorted(rows, key=lambda row: -row[0])[:3]) for year, rows in sorted(years.items())]
    assert names["hottest"] == expected


def test_the_example_writes_both_outputs(sc, names, mpi_tmp_path):
    names["Requests"]("access.log", output="agents").run()
    written = {}
    for name in ("part", "mobile"):
        lines = (mpi_tmp_path / "agents" / f"{name}-00000").read_text().splitlines()
        written[name] = {agent: int(count) for agent, count in (line.split("\t") for line in lines)}
    assert (written["part"] | written["mobile"]) == collections.Counter(
        line.rsplit('"', 2)[1] for line in log().splitlines() if '"' in line
    )
    assert set(written["mobile"]) == {agent for agent in AGENTS if "Mobile" in agent}

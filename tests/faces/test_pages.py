"""The programs of README.md and docs/functions.md do what the pages say."""

import pathlib
import re

import numpy as np
import pytest

from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import world

pytestmark = pytest.mark.mpi

ROOT = pathlib.Path(__file__).parents[2]


def programs(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)


def test_first_programs_of_the_readme(sc, mpi_tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(mpi_tmp_path)
    if sc.rank == 0:
        (mpi_tmp_path / "book.txt").write_text("to be or\nnot to be\n" + "to\n" * 5)
    sc.range(1).count()
    # The tests of a run share one context.
    first, second = (program.replace("sc = SparkContext()\n", "") for program in programs("README.md"))
    exec(compile(first, "count.py", "exec"), {"sc": sc})
    counted = capsys.readouterr().out.splitlines()
    assert counted[:2] == ["7 to", "2 be"] and sorted(counted[2:]) == ["1 not", "1 or"]
    names = {"sc": sc}
    exec(compile(second, "numbers.py", "exec"), names)
    parts = allgather_objects(world(), (names["local"], names["sorted_part"]))
    mine, found = ([part[which] for part in parts] for which in (0, 1))
    assert np.array_equal(np.concatenate(found), np.sort(np.concatenate(mine)))


def test_functions_page_shows_what_explain_says(sc):
    source = programs("docs/functions.md")[0]
    shown = re.search(r"^== functions ==\n(.*?)^```", (ROOT / "docs/functions.md").read_text(), re.M | re.S)[1]
    steps = [
        "rows = rows.map(price)",
        "rows = rows.filter(lambda x: x is not None)",
        "rows = rows.map(lambda x: print(x))",
    ]
    blank = [""] * (7 - source.count("\n"))  # so that the steps stand in the lines that the page names
    names = {"rows": sc.parallelize(["Apple,2,0.5", "pear,many,1"])}
    exec(compile("\n".join([source.rstrip(), *blank, *steps]), "shop.py", "exec"), names)
    said = names["rows"].explain()
    for line in shown.splitlines():
        assert line.removesuffix("...") in said
    assert names["price"]("Apple,2,0.5") == ("apple", 1.0) and names["price"]("pear,many,1") is None

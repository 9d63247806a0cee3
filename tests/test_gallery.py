"""The programs of docs/collectives.md, each as it stands, on all sizes of the suite."""

import pathlib
import re

import pytest

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "collectives.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
NAMES = [re.search(r"^from pympr\.\w+ import (\w+)$", program, re.MULTILINE)[1] for program in PROGRAMS]


@pytest.mark.mpi
@pytest.mark.parametrize("program", PROGRAMS, ids=NAMES)
def test_program(program):
    exec(compile(program, str(PAGE), "exec"), {"__name__": "__main__"})


def test_every_name_of_the_table_has_a_program():
    table = PAGE.read_text().split("## Gallery")[0]
    named = set(re.findall(r"^\|.*\| `(?:for item in )?(\w+)\(.*` \|$", table, re.MULTILINE))
    assert len(named) == 12 and named == set(NAMES)

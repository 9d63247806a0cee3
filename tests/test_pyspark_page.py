"""docs/pyspark.md names every public method, and no method that is not there."""

import pathlib
import re

import pytest

from pympr import RDD, SparkContext

PAGE = (pathlib.Path(__file__).parent.parent / "docs" / "pyspark.md").read_text()
TABLES = PAGE.split("## What tutorials use")[0]
# The instance attributes and the operator that stand in the tables.
NOT_ON_THE_CLASS = {"master", "appName", "defaultParallelism", "ctx"}


def section(of_rdd):
    return "".join(
        part
        for part in re.split(r"^## ", TABLES, flags=re.MULTILINE)
        if part.startswith("RDD:" if of_rdd else "SparkContext")
    )


def named(text):
    cells = "".join(" ".join(line.split("|")[1:3]) for line in text.splitlines() if line.startswith("|"))
    return set(re.findall(r"`(\w+)`", cells))


@pytest.mark.parametrize("of_rdd", [False, True])
def test_the_page_names_what_there_is(of_rdd):
    public = {name for name in dir(RDD if of_rdd else SparkContext) if not name.startswith("_")}
    assert named(section(of_rdd)) - NOT_ON_THE_CLASS == public

"""Records say what every stage read, passed on and sent."""

from operator import add

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5)]


@pytest.fixture(scope="module")
def sc():
    from pympr import SparkContext

    return SparkContext.getOrCreate()


def over_ranks(sc, name):
    """The sum over all ranks of a number, for every stage of the last action."""
    from pympr.collectives.gather import allgather_objects

    mine = [getattr(stage, name) for stage in sc._session.records[-1].stages]
    return [sum(parts) for parts in zip(*allgather_objects(sc._session.world, mine))]


def test_word_count(sc, mpi_tmp_path):
    text = "to be or not to be\n" * 500
    if sc._session.world.rank == 0:
        (mpi_tmp_path / "text").write_text(text)
    sc.range(1).count()
    lines = sc.textFile(str(mpi_tmp_path / "text"), 7)
    counts = lines.flatMap(str.split).map(lambda word: (word, 1)).reduceByKey(add, 3)
    assert sorted(counts.collect()) == [("be", 1000), ("not", 500), ("or", 500), ("to", 1000)]
    assert over_ranks(sc, "partitions") == [7, 3]
    assert over_ranks(sc, "rows_read") == [7, 0]  # the words are counted as the text is split: one text a split
    assert over_ranks(sc, "bytes_read") == [len(text), 0]
    assert over_ranks(sc, "rows") == [7, 4]
    assert over_ranks(sc, "rows_sent")[0] <= 4 * sc._session.world.size
    assert lines.filter(lambda line: "q" in line).count() == 0
    assert over_ranks(sc, "rows_read") == [500] and over_ranks(sc, "rows") == [0]

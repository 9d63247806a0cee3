"""What explain(analyze=True) tells of exchanges."""

import pytest

from pympr.collectives.world import world

pytestmark = [pytest.mark.mpi]


def exchanges(rdd):
    return rdd.explain(analyze=True).partition("== exchanges ==\n")[2].splitlines()


def test_rows_and_bytes_of_an_exchange_are_counted(sc):
    pairs = sc.parallelize([(i, 1.0) for i in range(60)], 4).partitionBy(4)
    title, head, predicted, measured = exchanges(pairs)
    assert title.startswith("stage 0 -> ") and ", by " in title
    assert head.split()[:5] == ["rows", "bytes", "messages", "rounds", "seconds"]
    assert predicted.split()[0] == "predicted"
    name, rows, sent_bytes, messages, *_ = measured.replace(",", "").split()
    assert (name, rows) == ("measured", "60")
    assert int(messages) == world().size - 1
    assert (int(sent_bytes) > 0) == (world().size > 1)


def test_every_exchange_has_its_table(sc):
    ones = sc.parallelize(range(50), 3).map(lambda i: (i % 7, 1)).reduceByKey(lambda a, b: a + b)
    lines = exchanges(ones.map(lambda pair: (pair[1], pair[0])).sortByKey())
    assert len([line for line in lines if line.startswith("stage ")]) == 2
    assert exchanges(sc.range(3)) == ["nothing is exchanged"]

"""What explain() says of each function."""

import operator

from pympr.optimise.tell import tell_functions
from pympr.plan.function import Function
from pympr.plan.narrow import Filter, FlatMap, Map, MapPartitions, MapValues
from pympr.plan.sources import TextFile
from pympr.plan.wide import Combine, Hash


def announced(x):
    value = x[1]
    print(value)
    return value


def test_every_function_is_told_in_the_order_in_which_it_runs():
    words = FlatMap(TextFile("book.txt", 2), Function(str.split))
    kept = Filter(words, Function(lambda w: w != ""))
    pairs = Map(kept, Function(lambda w: (w.lower(), 1)))
    add = Function(operator.add)
    counted = Combine(pairs, Function(lambda v: v), add, add, Hash(2))
    plan = MapPartitions(MapValues(counted, Function(announced)), Function(list))
    lines = tell_functions(plan).splitlines()
    assert [line.rsplit(" at ", 1)[-1].split(": ", 1)[-1] for line in lines] == [
        "columns: the words of x",
        "columns: x != ''",
        "columns: (x.lower(), 1)",
        "columns: sum",
        f"Python: test_tell.py:{announced.__code__.co_firstlineno + 2}: calls print, which is not known",
        "Python: it gets an iterator",
    ]


def test_lists_for_flat_map_are_told():
    spread = FlatMap(TextFile("book.txt", 2), Function(lambda x: [x, x.upper()]))
    assert tell_functions(spread).endswith("columns: x, x.upper()")

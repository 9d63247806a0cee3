"""Rules, by the text of plans before and after."""

import operator

import pytest

from pympr.optimise.drop_exchange import drop_exchanges
from pympr.optimise.rewrite import optimise
from pympr.optimise.symbolic import expression_of, is_word_split, operation_of, translate
from pympr.plan.function import Function
from pympr.plan.narrow import Filter, FlatMap, Map, MapValues
from pympr.plan.show import show
from pympr.plan.sources import Range, TextFile
from pympr.plan.wide import Combine, Exchange, Group, Hash, Join, PartitionBy
from pympr.stages.cut import cut, show_stages

TEXT = TextFile("book.txt", 2)
NUMBERS = Range(0, 10, 1, 2)


def itself(value):
    return value


def counted(child, partitions=2):
    add = Function(operator.add)
    return Combine(child, Function(itself), add, add, Hash(partitions))


def test_word_count_runs_in_columns_and_combines_before_the_exchange():
    plan = counted(Map(FlatMap(TEXT, Function(str.split)), Function(lambda w: (w, 1))))
    assert [line.strip().split("(")[0] for line in show(optimise(plan)).splitlines()] == [
        "FinalCombine",
        "Exchange",
        "CombineWords",
        "TextFile",
    ]
    assert "unit=text" in show(optimise(plan)) and "operation=sum" in show(optimise(plan))


def test_words_are_split_by_themselves_when_they_are_not_counted():
    lengths = Map(FlatMap(TEXT, Function(str.split)), Function(lambda w: (w, len)))
    assert "unit=words" in show(optimise(lengths))
    assert "CombineWords" not in show(optimise(counted(lengths)))
    floats = counted(Map(FlatMap(TEXT, Function(str.split)), Function(lambda w: (w, 1.0))))
    assert "LocalCombine" in show(optimise(floats))


@pytest.mark.parametrize(
    "function, item",
    [
        (lambda line: line.split(":")[2], "x.split(':', -1)[2]"),
        (lambda line: (line.split(":", 3)[0], 1), "x.split(':', 3)[0]"),
        (lambda line: line.rsplit(":")[1], "x.rsplit(':', -1)[1]"),
    ],
)
def test_items_of_lines_are_read_without_lines(function, item):
    text = show(optimise(Map(TEXT, Function(function))))
    assert f"LineItems(item={item}" in text and "unit=whole lines" in text


@pytest.mark.parametrize(
    "function",
    [
        lambda line: line.split(":")[-1],
        lambda line: line.split(":", 2)[2],
        lambda line: line.rsplit(":", 5)[1],
        lambda line: line.split()[0],
        lambda line: line.split("::")[0],
        lambda line: line.split("\n")[0],
        lambda line: line.split("é")[0],
        lambda line: (line.split(":")[0], line.split(":")[1]),
        lambda line: (line.split(":")[0], line),
        lambda line: (1, 2),
    ],
)
def test_other_steps_over_lines_stay(function):
    text = show(optimise(Map(TEXT, Function(function))))
    assert "LineItems" not in text and "unit=lines" in text
    for other in (TextFile("x", 2, errors="surrogateescape"), TextFile("x", 2, use_unicode=False)):
        assert "LineItems" not in show(optimise(Map(other, Function(lambda line: line.split(":")[2]))))


def test_python_functions_are_fused():
    plan = MapValues(Filter(Map(NUMBERS, Function(lambda x: (x, print))), Function(all)), Function(sum))
    text = show(optimise(plan))
    assert text.count("\n") == 1 and " -> filter(" in text and " -> mapValues(" in text


def test_constants_beside_what_python_made_are_columns():
    made = Map(NUMBERS, Function(lambda x: print))
    text = show(optimise(counted(Map(made, Function(lambda x: (x, 1))))))
    assert "Fused(map(" in text and "-> map(" not in text and "Project(" in text
    for function in (lambda x: (x + 1, 1), lambda x: (x[0], 1), lambda x: (x, x)):
        assert "-> map(" in show(optimise(counted(Map(made, Function(function)))))


def test_rows_that_are_placed_already_stay():
    grouped = Group(counted(Map(NUMBERS, Function(lambda x: (x, 1)))), Hash(2))
    assert show(optimise(grouped)).count("Exchange") == 1
    assert show(optimise(Group(grouped.child, Hash(3)))).count("Exchange") == 2


def test_only_equal_partition_functions_place_alike():
    def by_three(key):
        return key % 3

    placed = PartitionBy(Exchange(NUMBERS, Hash(2, Function(by_three))), Hash(2, Function(by_three)))
    same = Exchange(placed, Hash(2, Function(by_three)))
    other = Exchange(placed, Hash(2, Function(lambda key: key % 4)))
    assert drop_exchanges(same) == placed and drop_exchanges(other) == other


def test_a_stage_used_twice_runs_once():
    counts = counted(Map(NUMBERS, Function(lambda x: (x, 1))))
    stages = cut(optimise(Join(counts, counts, "inner", Hash(3))))
    assert [stage.inputs for stage in stages] == [(), (0,), (1, 1)]
    assert show_stages(stages).startswith("stage 0 -> hash(2)\n  LocalCombine(")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda w: (w, 1), "(x, 1)"),
        (lambda kv: kv[1], "x[1]"),
        (lambda kv: (kv[1], kv[0]), "(x[1], x[0])"),
        (operator.itemgetter(0), "x[0]"),
        (lambda line: line.split(",")[2], "x.split(',', -1)[2]"),
        (lambda line: "Mobile" in line, "'Mobile' in x"),
        (lambda line: "Mobile" not in line, "not 'Mobile' in x"),
        (lambda record: record[:10], "x[:10]"),
        (lambda pair: (-pair[1], pair[0]), "(-x[1], x[0])"),
        (lambda x: x, "x"),
    ],
)
def test_functions_with_a_column_form(call, text):
    assert str(expression_of(call)) == text


def test_closed_over_constants_are_known():
    separator, position = ",", 2
    assert str(expression_of(lambda line: line.split(separator)[position])) == "x.split(',', -1)[2]"
    assert str(expression_of(lambda line: separator in line)) == "',' in x"
    unknown = [1]
    assert expression_of(lambda x: (x, unknown)) is None

    def refers_to_itself(x):
        return refers_to_itself, x

    assert expression_of(refers_to_itself) is None


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda x: x.split(",")[-1:], "uses a list as a value"),
        (lambda *x: x, "takes any number of arguments"),
        (lambda x, y: x, "the arguments do not fit the function"),
        (lambda x: print(x), "calls print, which is not known"),
        (lambda x: {y + 1 for y in x}, "makes a function or a comprehension"),
        (lambda x: {x: 1}, "makes a dictionary"),
        (lambda x: x.real, "the attribute 'real' is not known"),
        (lambda x: x == 9999999999999999999999, "the constant 9999999999999999999999 has no column"),
        (all, "calls all, which is not known"),
    ],
)
def test_functions_that_stay_python(call, reason):
    found = translate(call)
    assert found.value is None and found.reason.rpartition(": ")[2] == reason


def test_word_splits_and_operations():
    assert is_word_split(lambda line: line.split()) and not is_word_split(lambda line: line.split(" "))
    assert not is_word_split(lambda line: line.rsplit()) and not is_word_split(len)
    assert [operation_of(f) for f in (operator.add, lambda a, b: a + b, max, lambda a, b: min(a, b))] == [
        "sum", "sum", "max", "min",
    ]  # fmt: skip
    assert [operation_of(f) for f in (lambda a, b: b + a, lambda a, b: a, operator.mul, sum)] == [None] * 4


def test_words_with_tuples_are_not_counted_as_words_with_a_number():
    plan = optimise(counted(Map(FlatMap(TEXT, Function(str.split)), Function(lambda w: (w, 1)))))
    pairs = Function(lambda a, b: (a[0] + b[0],))
    words = Map(FlatMap(TEXT, Function(str.split)), Function(lambda w: (w, 1)))
    assert "CombineWords" in show(plan)
    assert "CombineWords" not in show(optimise(Combine(words, Function(itself), pairs, pairs, Hash(2))))


def test_a_shadowed_builtin_is_not_taken_for_the_builtin():
    space = {"min": lambda a, b: 0}
    exec("f = lambda a, b: min(a, b)", space)
    assert operation_of(space["f"]) is None


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.split("\udc80")[0],
        lambda x: x.split(",")[2**70],
        lambda x: x.split(",", 2**70)[0],
        lambda x: "\udc80" in x,
        lambda x: x == "\udc80",
    ],
)
def test_what_columns_cannot_do_stays_python(function):
    assert expression_of(function) is None


@pytest.mark.parametrize(
    "function",
    [lambda a, b: min(a, key=b), lambda a, b: max(a, default=b), lambda a, b: a + "second argument"],
)
def test_what_only_looks_like_a_sum_or_a_minimum_stays_python(function):
    assert operation_of(function) is None

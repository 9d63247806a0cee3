"""Which combines by key are read as sums, minima and maxima of columns."""

import operator

import pytest

from pympr.optimise.combine_rows import read_combine
from pympr.optimise.rewrite import optimise
from pympr.optimise.tell import tell_functions
from pympr.plan.function import Function
from pympr.plan.show import show
from pympr.plan.sources import Range
from pympr.plan.wide import Combine, Hash


def both(a, b):
    return (a[0] + b[0], a[1] + b[1])


def unpacked(a, b):
    total, count = a
    other_total, other_count = b
    return total + other_total, count + other_count


def summed(t, x):
    return (t[0] + x, t[1] + 1)


def combine(create, merge_value, merge_combiners):
    return Combine(Range(0, 9, 1, 2), *map(Function, (create, merge_value, merge_combiners)), Hash(2))


def read(*functions):
    return str(read_combine(combine(*functions)))


def reduced(function):
    return read(lambda v: v, function, function)


def aggregated(zero, add, merge):
    return read(lambda v: add(zero, v), add, merge)


def test_tuples_of_values_are_merged_item_by_item():
    assert reduced(both) == reduced(unpacked) == "columns: (sum, sum)"
    assert reduced(lambda a, b: (a[-2] + b[0], b[-1] + a[1])) == "columns: (sum, sum)"
    assert reduced(lambda a, b: (min(a[0], b[0]), max(a[1], b[1]))) == "columns: (min, max)"
    assert reduced(lambda a, b: (a[0] + b[0],)) == "columns: (sum,)"


def test_combiners_are_made_and_merged():
    assert read(lambda x: (x, 1), summed, both) == "columns: (sum, sum) of (x, 1)"
    assert read(lambda x: (x, 1), summed, unpacked) == "columns: (sum, sum) of (x, 1)"
    assert aggregated((0, 0), summed, both) == "columns: (sum, sum) of ((0 + x), 1)"
    assert aggregated((0.0, 0), summed, both) == "columns: (sum, sum) of ((0.0 + x), 1)"
    assert aggregated(0, lambda t, x: t + 1, operator.add) == "columns: sum of 1"
    assert aggregated(5, max, max) == "columns: max of x if (x > 5) else 5"


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        (operator.add, "sum"),
        (lambda a, b: b + a, "sum"),
        (max, "max"),
        (lambda a, b: max(a, b), "max"),
        (lambda a, b: b if b > a else a, "max"),
        (lambda a, b: b if a < b else a, "max"),
        (lambda a, b: a if a > b else b, "greater"),
        (lambda a, b: b if b >= a else a, "greater"),
        (lambda a, b: max(b, a), "greater"),
        (lambda a, b: a if a < b else b, "lesser"),
        (lambda a, b: min(b, a), "lesser"),
        (lambda a, b: b if a > b else a, "min"),
    ],
)
def test_which_of_equal_values_is_kept_counts(function, operation):
    assert read_combine(combine(lambda v: v, function, function)).operation == operation


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: (a[1] + b[1], a[0] + b[0]),
        lambda a, b: (a[0] + b[0], a[1]),
        lambda a, b: (a[0] + b[0], a[1] + b[1], a[0] + 1),
        lambda a, b: (a + b,),
        lambda a, b: (a[0] + b[0] + 1, a[1] + b[1]),
        lambda a, b: [a[0] + b[0]],
        lambda a, b: (a[0] + b[0], a[2] + b[2]),
        lambda a, b: a,
        lambda a, b: a - b,
        lambda a, b: a + a,
        lambda a, b: 1.0 if b > 1 else b,
        lambda a, b: True if a > 1 else a,
    ],
)
def test_other_merges_stay_python(function):
    assert reduced(function).startswith("Python: ")


@pytest.mark.parametrize(
    ("create", "merge_value"),
    [
        (lambda x: (x, 2), summed),
        (lambda x: (x, True), summed),
        (lambda x: (x, 1.0), lambda t, x: (t[0] + x, t[1] + True)),
        (lambda x: (1 + x, 1), summed),
        (lambda x: (True, 1), summed),
        (lambda x: (x,), summed),
        (lambda x: x, summed),
        (lambda x: (x, 1), lambda t, x: (t[0] + x, t[1] + t[0])),
        (lambda x: (x, 1), lambda t, x: (t[0] + x, max(t[1], 1))),
        (lambda x: (x, 1), lambda t, x: t[0] + x),
        (lambda x: (x - 1, 1), summed),
    ],
)
def test_functions_that_do_not_agree_stay_python(create, merge_value):
    assert read(create, merge_value, both) == "Python: the functions of the combine do not agree"


def test_a_zero_that_is_felt_stays_python():
    nan = float("nan")
    for zero in ((1, 0), (0, 1), (nan, 0), (0, -1)):
        assert aggregated(zero, summed, both).startswith("Python: ")
    assert aggregated(nan, max, max).startswith("Python: ")
    assert aggregated("", lambda t, x: t + x, operator.add).startswith("Python: ")


def test_the_plan_tells_its_operations():
    plan = combine(lambda x: (x, 1), summed, both)
    assert tell_functions(plan).endswith("columns: (sum, sum) of (x, 1)")
    assert "operation=('sum', 'sum')" in show(optimise(plan))
    printing = combine(lambda x: x, lambda a, b: print(a), lambda a, b: print(a))
    assert tell_functions(printing).endswith("calls print, which is not known")

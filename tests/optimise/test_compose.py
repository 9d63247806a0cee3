"""Functions that give lists are read with what takes their items."""

import pytest

from pympr.optimise.compose import compose_lists
from pympr.plan.function import Function
from pympr.plan.narrow import Filter, FlatMap, Map
from pympr.plan.show import show
from pympr.plan.sources import Range

SOURCE = Range(0, 9, 1, 2)


def fields(line):
    return line.split(",")


def shape(plan):
    return [line.split("(")[0].strip() for line in show(plan).splitlines()]


def test_the_list_moves_up_until_it_is_gone():
    plan = Filter(Map(SOURCE, Function(fields)), Function(lambda f: int(f[1]) > 2))
    plan = Map(Filter(plan, Function(lambda f: f[0] != "")), Function(lambda f: (f[0], int(f[2]))))
    assert shape(compose_lists(plan)) == ["Map", "Filter", "Filter", "Range"]


def test_a_filter_alone_leaves_the_list_to_the_end():
    plan = compose_lists(Filter(Map(SOURCE, Function(fields)), Function(lambda f: f[0] == "a")))
    assert shape(plan) == ["Map", "Filter", "Range"]
    assert plan.function.call is fields


@pytest.mark.parametrize("function", [sorted, lambda f: len(set(f))])
def test_what_wants_the_whole_list_gets_it(function):
    plan = Map(Map(SOURCE, Function(fields)), Function(function))
    assert compose_lists(plan) is plan


def test_a_tuple_needs_no_help():
    plan = Map(Map(SOURCE, Function(lambda x: (x, 1))), Function(lambda p: p[0]))
    assert compose_lists(plan) is plan


def test_items_of_a_flat_map():
    plan = FlatMap(Map(SOURCE, Function(fields)), Function(lambda f: [f[0], f[1]]))
    assert shape(compose_lists(plan)) == ["FlatMap", "Range"]


def test_the_function_keeps_its_place():
    plan = compose_lists(Map(Map(SOURCE, Function(fields)), Function(lambda f: f[0])))
    assert str(plan.function).startswith("lambda at test_compose.py:")

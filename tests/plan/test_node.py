"""Plans of iterative programs: deep, and with many ways to one node."""

import pytest

from pympr.plan.narrow import Union
from pympr.plan.node import digest
from pympr.plan.placed import FREE, lies
from pympr.plan.show import show
from pympr.plan.sources import Range


def doubled(times, source):
    """A plan with 2**times ways from its top to its source."""
    for _ in range(times):
        source = Union((source, source))
    return source


def test_walk_gives_each_node_once_and_parents_first():
    plan = doubled(60, Range(0, 1, 1, 1))
    nodes = list(plan.walk())
    places = {id(node): place for place, node in enumerate(nodes)}
    assert len(nodes) == len(places) == plan.depth() == 61
    assert all(places[id(child)] > places[id(node)] for node in nodes for child in node.children())


def test_walk_of_a_tree_goes_from_left_to_right():
    one, other, third = (Range(0, stop, 1, 1) for stop in range(3))
    inner = Union((one, other))
    plan = Union((inner, third))
    assert [id(node) for node in plan.walk()] == [id(node) for node in (plan, inner, one, other, third)]


@pytest.mark.parametrize("ask", [digest, show, lies])
def test_many_ways_to_a_node_take_no_time(ask):
    assert ask(doubled(60, Range(0, 1, 1, 1)))


def test_what_is_shared_is_shown_once():
    plan = doubled(2, Range(0, 9, 1, 1))
    assert show(plan).split("\n")[-1] == "  Union() as above"
    assert lies(plan) == FREE


def test_digests_differ_by_data_by_place_and_by_sharing():
    one, other = Range(0, 1, 1, 1), Range(0, 2, 1, 1)
    plans = [one, other, Union((one, other)), Union((other, one)), Union((one, one)), Union((one, Union((one, other))))]
    assert len({digest(plan) for plan in plans}) == len(plans)
    assert digest(Union((one, other))) == digest(Union((Range(0, 1, 1, 1), Range(0, 2, 1, 1))))

"""Functions as columns give what Python gives: value, type and exception."""

import importlib.util
import itertools
import math
import pathlib
import random
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pympr.data.block import ColumnBlock, ObjectBlock, to_columns
from pympr.optimise.symbolic import translate
from pympr.plan.function import Function
from pympr.plan.narrow import Project
from pympr.plan.sources import Range
from pympr.run.operators import columns
from pympr.run.operators.expressions import Guard, evaluate

PATH = pathlib.Path(__file__).parents[2] / "programs" / "random_functions.py"
SPEC = importlib.util.spec_from_file_location("random_functions", PATH)
random_functions = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(random_functions)
pytestmark = pytest.mark.filterwarnings("ignore")


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_random_functions(seed):
    source, records = random_functions.program(random.Random(seed))
    difference, _ = random_functions.compare(source, records)
    assert not difference, f"{source}\n{records!r}\n{difference}"


def test_half_of_the_random_functions_run_as_columns():
    """Else the tests here would compare Python with itself."""
    ways = [random_functions.compare(*random_functions.program(random.Random(seed)))[1] for seed in range(100)]
    assert ways.count("columns") > 40


def run_as_step(function, records, monkeypatch):
    """What a map gives, in blocks of four, or the exception."""
    monkeypatch.setattr(columns, "FEW_ROWS", 0)
    found = translate(function)
    node = Project(Range(0, 1, 1, 1), found.expression, Function(function), bindings=found.bindings)
    blocks = (ObjectBlock(records[at : at + 4]) for at in range(0, len(records), 4))
    try:
        return list(itertools.chain.from_iterable(block.records() for block in columns.run_columns([node], blocks)))
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("seed", range(150))
def test_random_functions_as_steps(seed, monkeypatch):
    warnings.simplefilter("ignore")
    source, records = random_functions.program(random.Random(10**6 + seed))
    space = {}
    exec(random_functions.HELPERS + source, space)
    if translate(space["f"]).expression is None:
        return
    try:
        wanted = [space["f"](record) for record in records]
    except Exception as error:
        wanted = type(error), str(error)
    assert repr(run_as_step(space["f"], records, monkeypatch)) == repr(wanted)


RATE = 2


def test_a_global_that_is_rebound_counts_from_then_on(monkeypatch):
    function = eval("lambda x: x * RATE", space := {"RATE": 2})
    found = translate(function)
    assert found.bindings.hold() and str(found.expression) == "x * 2"
    space["RATE"] = 3
    assert not found.bindings.hold() and str(translate(function).expression) == "x * 3"
    space["RATE"] = [1]
    assert translate(function).reason.endswith("'RATE' is a list, which may change")

    def blocks():
        yield ObjectBlock([1] * 40)
        space["RATE"] = 5
        yield ObjectBlock([1] * 40)

    space["RATE"] = 4
    found = translate(function)
    runner = columns._Runner((("map", Function(function)),), [found.bindings])
    given_out = [block.records()[0] for block in runner.run(blocks(), lambda block: evaluate(found.expression, block))]
    assert given_out == [4, 5]


def test_variables_of_enclosing_functions_count_when_they_are_used():
    functions = []
    for step in range(3):
        functions.append(lambda x: x + step)  # noqa: B023
    assert [str(translate(function).expression) for function in functions] == ["x + 2"] * 3
    assert translate(lambda x: x + step).bindings.hold()


def test_a_shadowed_built_in_is_not_taken_for_the_built_in():
    space = {"len": lambda value: -1}
    exec("f = lambda x: len(x)", space)
    assert str(translate(space["f"]).expression) == "-1"
    space["len"] = print
    assert "calls print" in translate(space["f"]).reason


def evaluated(function, records):
    block = to_columns(ObjectBlock(records))
    assert isinstance(block, ColumnBlock)
    return evaluate(translate(function).expression, block).records()


def test_only_the_rows_that_python_would_compute_are_computed():
    assert evaluated(lambda x: 10 // x if x else 0, [0, 5]) == [0, 2]
    assert evaluated(lambda x: x != 0 and 10 % x == 0, [0, 5, 3]) == [False, True, False]
    assert evaluated(lambda x: int(x) if x.isdigit() else -1, ["7", "x"]) == [7, -1]
    assert evaluated(lambda x: None if x is None else x + 1, [None, 1]) == [None, 2]
    with pytest.raises(Guard):
        evaluated(lambda x: 10 // x, [0, 5])


def unused(x):
    number = int(x)  # noqa: F841
    return 1


def test_what_is_computed_but_not_used_may_raise():
    assert evaluated(unused, ["1", " 2"]) == [1, 1]
    with pytest.raises(Guard):
        evaluated(unused, ["1", "x"])


def test_floats_are_rounded_and_written_as_python_does():
    floats = [2.675, -0.004, 1e300, 1 / 3, 0.5, 1e-7, float("inf"), float("nan"), -0.0, 1e15, 2.5]
    for function in (
        lambda x: round(x, 2),
        lambda x: round(x, 0),
        lambda x: round(x, -1),
        lambda x: round(x, True),
        lambda x: round(x, None) if x - x == 0 and abs(x) < 9 else 7,
        lambda x: round(2.675, 2) + x,
        lambda x: f"{x} {x!r} {x:.2f} {x:.0f} {x:.20f} {x:e}",
        lambda x: str(x) + repr(str(x)),
    ):
        assert list(map(repr, evaluated(function, floats))) == [repr(function(value)) for value in floats]
    for function in (lambda x: (round(x, 2), str(x), repr(x)), lambda x: f"{x:.2f}"):
        for values in ([7, -1], [True, False]):
            assert repr(evaluated(function, values)) == repr([function(value) for value in values])


def test_a_way_that_raises_or_prints_is_for_python():
    def careful(x):
        if x < 0:
            print(x)
            raise ValueError(x)
        return math.sqrt(x)

    assert evaluated(careful, [4.0, 9.0]) == [2.0, 3.0]
    with pytest.raises(Guard):
        evaluated(careful, [4.0, -9.0])


def test_numbers_beyond_64_bits_are_for_python():
    for function in (lambda x: x * x, lambda x: x + x, lambda x: -x - 2, lambda x: x << 1, lambda x: x**3):
        with pytest.raises(Guard):
            evaluated(function, [2**63 - 1, 1])


def test_blocks_are_cut_in_pieces(monkeypatch):
    monkeypatch.setattr(columns, "PIECE_ROWS", 50)
    runner = columns._Runner((("map", Function(lambda x: x + 1)),))
    expression = translate(lambda x: x + 1).expression
    done = list(runner.run(iter([ObjectBlock(list(range(1001)))]), lambda block: evaluate(expression, block)))
    assert len(done) == 21 and sum((block.records() for block in done), []) == list(range(1, 1002))


def test_a_block_that_fails_again_and_again_is_not_tried_each_time():
    tries = []

    def compute(block):
        tries.append(1)
        raise Guard

    runner = columns._Runner((("map", Function(abs)),))
    blocks = [ObjectBlock([-1] * 40) for _ in range(100)]
    assert all(block.records() == [1] * 40 for block in runner.run(iter(blocks), compute))
    assert len(tries) < 10


def test_long_functions_are_refused_rather_than_broken():
    long_sum = eval("lambda x: " + "x + " * 700 + "1")
    assert translate(long_sum).reason.endswith("nested too deep") and long_sum(1) == 701
    squares = {}
    exec("def f(x):\n" + "    x = x * x % 7\n" * 20 + "    return x", squares)
    assert evaluated(squares["f"], [3, 4]) == [squares["f"](3), squares["f"](4)]
    assert len(str(translate(squares["f"]).expression)) < 1000


def test_records_without_columns_are_not_converted_each_time(monkeypatch):
    tries = []
    monkeypatch.setattr(columns, "to_columns", lambda block: tries.append(1) or block)
    runner = columns._Runner((("map", Function(str)),))
    blocks = [ObjectBlock([1, "a"] * 40) for _ in range(100)]
    assert len(list(runner.run(iter(blocks), lambda block: block))) == 100 and len(tries) < 10

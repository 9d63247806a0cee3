import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.native import numbers
from pympr.native.reference import numbers as reference

pytestmark = pytest.mark.usefixtures("simd_level")

LOW, HIGH = -(2**63), 2**63 - 1
EXTREMES = st.sampled_from([LOW, LOW + 1, -1, 0, 1, 2, HIGH - 1, HIGH, 2**53, 2**53 + 1, -(2**53) - 1, 63, 64, 2**32])
INTEGERS = st.one_of(EXTREMES, st.integers(-100, 100), st.integers(LOW, HIGH))
FLOATS = st.one_of(
    st.floats(), st.integers(-9, 9).map(float), st.sampled_from([-0.0, 2.0**63, -(2.0**63), 2.0**53, 0.5, 1.5, 2.5])
)


def operands(pairs, dtype, constant):
    """Two vectors, or one and a single number for all rows."""
    left = np.array([a for a, _ in pairs], dtype)
    right = np.array([b for _, b in pairs], dtype)
    if pairs and constant == "left":
        left = np.broadcast_to(left[0], len(pairs))
    elif pairs and constant == "right":
        right = np.broadcast_to(right[0], len(pairs))
    return left, right


def agrees(got, wanted):
    if any(value is None for value in wanted):
        return got is None
    return got is not None and repr(got.tolist()) == repr(wanted)


SIDES = st.sampled_from(["none", "left", "right"])


@pytest.mark.parametrize("symbol", ["+", "-", "*", "//", "%"])
@given(st.lists(st.tuples(INTEGERS, INTEGERS), max_size=40), SIDES)
def test_integers(symbol, pairs, constant):
    left, right = operands(pairs, np.int64, constant)
    wanted = reference.arithmetic(symbol, left.tolist(), right.tolist())
    assert agrees(numbers.integer_arithmetic(symbol, left, right), wanted)


@pytest.mark.parametrize("symbol", ["<<", ">>", "**"])
@given(st.lists(st.tuples(INTEGERS, st.integers(-2, 66)), max_size=8), SIDES)
def test_shifts_and_powers(symbol, pairs, constant):
    left, right = operands(pairs, np.int64, constant)
    if constant == "left" and pairs:
        left = np.broadcast_to(np.int64(3), len(pairs))
    wanted = reference.arithmetic(symbol, left.tolist(), right.tolist())
    wanted = [None if isinstance(value, float) else value for value in wanted]  # of negative exponents
    assert agrees(numbers.integer_arithmetic(symbol, left, right), wanted)


@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "//", "%"])
@given(st.lists(st.tuples(FLOATS, FLOATS), max_size=40), SIDES)
def test_floats(symbol, pairs, constant):
    left, right = operands(pairs, np.float64, constant)
    assert agrees(
        numbers.float_arithmetic(symbol, left, right), reference.arithmetic(symbol, left.tolist(), right.tolist())
    )


@given(st.lists(st.tuples(FLOATS, FLOATS), max_size=4))
def test_powers_of_floats_are_pythons_or_left_to_it(pairs):
    left, right = operands(pairs, np.float64, "none")
    got = numbers.float_arithmetic("**", left, right)
    if got is not None:
        assert repr(got.tolist()) == repr(reference.arithmetic("**", left.tolist(), right.tolist()))


def test_squares_are_those_of_the_power_function():
    chance = np.random.default_rng(5)
    values = chance.standard_normal(60_000) * 2.0 ** chance.integers(-460, 500, 60_000)
    near = 2.0 ** chance.integers(-200, 200, 2000) * np.sqrt(
        2.0 ** chance.integers(0, 2, 2000)
    )  # squares near powers of 2
    plain = [0.0, -0.0, 5e-324, 1e-170, -1e-160, 3.0, -1.5, 2.0**26 + 1, 1.3e154]
    values = np.concatenate([values, near, np.nextafter(near, 0), np.nextafter(near, np.inf), plain])
    got = numbers.float_arithmetic("**", values, np.broadcast_to(np.float64(2), len(values)))
    assert got.view(np.int64).tolist() == np.array([value**2 for value in values.tolist()]).view(np.int64).tolist()
    assert numbers.float_arithmetic("**", np.array([1e160]), np.broadcast_to(np.float64(2), 1)) is None


@given(st.lists(st.tuples(INTEGERS, INTEGERS), max_size=8))
def test_quotients_of_integers(pairs):
    left, right = operands(pairs, np.int64, "none")
    got = numbers.integer_quotient(left, right)
    if got is not None:
        assert repr(got.tolist()) == repr(reference.arithmetic("/", left.tolist(), right.tolist()))
    else:
        assert any(b == 0 or max(abs(a), abs(b)) > 2**53 for a, b in pairs)


@given(st.lists(st.tuples(INTEGERS, FLOATS), max_size=20))
def test_integers_and_floats_are_compared_exactly(pairs):
    integers, floats = np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.float64)
    assert numbers.compare_mixed(integers, floats).tolist() == reference.compare_mixed(
        integers.tolist(), floats.tolist()
    )


@pytest.mark.parametrize("name", numbers.FUNCTIONS)
@given(st.lists(FLOATS, max_size=8))
def test_functions(name, values):
    got = numbers.float_function(name, np.array(values, np.float64))
    if got is not None:
        assert repr(got.tolist()) == repr(reference.float_function(name, values))


@pytest.mark.parametrize("way", numbers.WAYS)
@given(st.lists(FLOATS, max_size=8))
def test_whole_numbers(way, values):
    assert agrees(numbers.float_to_integer(way, np.array(values, np.float64)), reference.float_to_integer(way, values))


def test_operands_are_checked():
    with pytest.raises(TypeError, match="1-d array"):
        numbers.integer_arithmetic("+", np.zeros((2, 2), np.int64), np.zeros(2, np.int64))
    with pytest.raises(TypeError, match="float64"):
        numbers.integer_arithmetic("+", np.zeros(2, np.int64), np.zeros(2))
    with pytest.raises(ValueError, match="equal rows"):
        numbers.float_arithmetic("+", np.zeros(2), np.zeros(3))

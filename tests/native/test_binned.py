import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pympr.native import binned
from pympr.native.library import KernelError
from pympr.native.reference import binned as reference

ODD = [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e308, 1.7976931348623157e308, -1e308, 1.0, 2.0**53, 1e-9]
FLOATS = st.floats() | st.sampled_from(ODD) | st.floats(-1, 1)
ROWS = st.lists(FLOATS, max_size=25)
FOLDS = st.sampled_from([3, 6])


def state_of(values, folds=3):
    state = binned.empty_states(1, folds)[0]
    binned.add(state, np.array(values, np.float64), folds)
    return state


def value_of(state, folds=3):
    return float(binned.finish(state[None], folds)[0]).hex()


@settings(max_examples=200, deadline=None)
@given(ROWS, FOLDS)
@example(ODD, 3)
@example([1e308] * 3 + [-1e308] * 3, 3)
@example([float("inf"), float("-inf")], 3)
@example([float("inf"), 1.0], 3)
@example([-0.0, -0.0], 3)
@example([5e-324, -5e-324, 1.5e-310], 3)
def test_sums_are_those_of_the_definition(rows, folds):
    assert value_of(state_of(rows, folds), folds) == float(reference.binned_sum(rows, folds)).hex()


@settings(max_examples=100, deadline=None)
@given(ROWS, st.data())
def test_order_and_merging_do_not_show(rows, data):
    wanted = value_of(state_of(rows))
    rows = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    left, right = state_of(rows[:cut])[None].copy(), state_of(rows[cut:])[None].copy()
    binned.merge(left, None, right)
    assert value_of(left[0]) == wanted
    one_by_one = binned.empty_states(3)
    binned.add_each(one_by_one, np.array([i % 3 for i in range(len(rows))], np.int64), np.array(rows, np.float64))
    together = binned.empty_states(1)
    binned.merge(together, np.zeros(3, np.int64), one_by_one)
    assert value_of(together[0]) == wanted


def test_levels_threads_and_pieces_agree(simd_level, threads):
    random = np.random.default_rng(7)
    values = random.standard_normal(300_000) * 2.0 ** random.integers(-300, 300, 300_000)
    state = state_of(values)
    parts = binned.empty_states(1)
    for part in np.array_split(values[::-1].copy(), 7):
        binned.merge(parts, None, state_of(part)[None])
    assert value_of(state) == value_of(parts[0])
    assert value_of(state) == float(reference.binned_sum(values[np.abs(values) > 1e60].tolist())).hex()


def test_carries_hold_what_a_word_does_not():
    state = state_of([1.75, -(2.0**-30)] * 1000)[None].copy()
    for _ in range(25):  # 2 * 10**10 values and more, by doubling
        binned.merge(state, None, state.copy())
    wanted = reference.exact_sum([1.75, -(2.0**-30)]) * 1000 * 2**25
    assert binned.exact(state[0]) == wanted and value_of(state[0]) == float(wanted).hex()
    with pytest.raises(OverflowError, match="does not fit its state"):
        for _ in range(25):
            binned.merge(state, None, state.copy())


def test_squares_are_exact():
    values = np.array([1e8 + 1, 1 / 3, -1e-5, 0.0])
    state = binned.empty_states(1, 6)[0]
    binned.add_squares(state, values, 6)
    squares = [reference.Fraction(value) ** 2 for value in values.tolist()]
    assert binned.exact(state, 6) == sum(squares)
    binned.add_squares(state, np.array([1e200]), 6)
    assert value_of(state, 6) == "inf"


def test_wrong_arguments_are_refused():
    with pytest.raises(KernelError):
        binned.add_each(binned.empty_states(1), np.array([1]), np.ones(1))
    with pytest.raises(KernelError):
        binned.merge(binned.empty_states(1), None, np.zeros((1, 5), np.int64))
    with pytest.raises(ValueError, match="folds must be"):
        binned.empty_states(1, 7)
    with pytest.raises(TypeError, match="float64"):
        binned.add(binned.empty_states(1)[0], np.ones(1, np.float32))
    with pytest.raises(ValueError, match="has 5 words"):
        binned.add(np.zeros(4, np.int64), np.ones(1))

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pympr.native import decimals
from pympr.native.library import KernelError
from pympr.native.reference import decimals as reference

SHORT = st.builds(lambda units, places: units / 10**places, st.integers(-(10**16), 10**16), st.integers(0, 20))
TIES = st.builds(lambda units, power: (units + 0.5) / 2**power, st.integers(-(2**52), 2**52), st.integers(0, 12))
NEXT = st.builds(np.nextafter, SHORT | TIES, st.sampled_from([-np.inf, np.inf])).map(float)
ODD = [0.0, -0.0, 5e-324, 1e-4, 9.999e-5, 1e15, 999999999999999.9, 1e16, 2.0**51, 0.5, 2.5, 2.675, np.nan, -np.inf]
FLOATS = st.floats() | SHORT | TIES | NEXT | st.sampled_from(ODD)
ROWS = st.lists(FLOATS, max_size=30)


def texts(data, starts, ends):
    return [bytes(data[a:b]).decode() for a, b in zip(starts, ends, strict=True)]


@given(ROWS, st.integers(0, decimals.MOST_PLACES))
@example(ODD, 2)
def test_rounded(rows, places):
    found, done = decimals.round_decimals(np.array(rows, np.float64), places)
    for value, wanted, got, is_done in zip(rows, reference.round_decimals(rows, places), found.tolist(), done.tolist()):
        assert is_done == (abs(value * 10.0**places) < 2**51)
        assert repr(got) == repr(wanted) if is_done else got == 0


@given(ROWS, st.integers(-1, decimals.MOST_PLACES))
@example(ODD, -1)
@example(ODD, 0)
def test_written(rows, places):
    *column, done = decimals.format_floats(np.array(rows, np.float64), places)
    for wanted, got, is_done in zip(reference.format_floats(rows, places), texts(*column), done.tolist(), strict=True):
        assert got == (wanted if is_done else "")
    if places < 0:
        plain = [value == round(value, 6) and abs(value) < 1e8 and (abs(value) >= 1e-4 or value == 0) for value in rows]
        assert all(done[position] for position, is_plain in enumerate(plain) if is_plain)


def test_wrong_arguments_are_refused():
    for places in (-1, 16):
        with pytest.raises(KernelError):
            decimals.round_decimals(np.zeros(1), places)
    with pytest.raises(KernelError):
        decimals.format_floats(np.zeros(1), 16)
    with pytest.raises(TypeError):
        decimals.format_floats(np.zeros(1, np.float32))

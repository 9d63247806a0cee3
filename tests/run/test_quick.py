"""Quicker ways to call functions of the standard library give what these give."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from pympr.run.operators.quick import quick

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
ODD = [
    "",
    " ",
    "1 ",
    "\t[1]\n",
    "\ufeff1",
    "1,2",
    '{"a": 1} x',
    "NaN",
    "-Infinity",
    "[1,]",
    '"\n"',
    "[" * 5000,
    '{"a":1,"a":2}',
]


def outcome(function, text):
    try:
        return repr(function(text))
    except Exception as error:
        return type(error), str(error), type(error.__context__)


@settings(deadline=None, max_examples=50)
@given(VALUES.map(json.dumps) | st.text(max_size=6))
def test_texts(text):
    assert outcome(quick(json.loads), text) == outcome(json.loads, text)


def test_odd_texts_and_other_types():
    for text in (*ODD, b"[1]", bytearray(b"2"), 3, None, type("Text", (str,), {})("[1]")):
        assert outcome(quick(json.loads), text) == outcome(json.loads, text)


def test_other_functions_are_called_as_they_are():
    for function in (json.dumps, len, str.strip, lambda text: json.loads(text)):
        assert quick(function) is function

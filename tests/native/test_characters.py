import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import characters, numerals, rewrite
from pympr.native.reference import characters as reference
from pympr.native.reference import numerals as numeral_reference
from pympr.native.reference import rewrite as rewrite_reference

PIECES = st.sampled_from(list("abAZ09:_ \t\x1c\x85é\u4e00\U0001f600") + ["ab", "aa", "", "xyz" * 9])
ROWS = st.lists(st.lists(PIECES, max_size=10).map("".join), max_size=8)
NEEDLES = st.sampled_from(["a", "ab", "aa", "é", ":", "\u4e00", "aab", "_ _"])
NUMERALS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(repr),
    st.decimals(allow_nan=False, places=5).map(str),
    st.text("0123456789+-._eE \t\n\x1c٣", max_size=12),
    st.sampled_from(
        ["", "1e22", "1e23", "9007199254740993", "9007199254740992", "999999999999999999", ".5", "5.", "nan"]
    ),
)


def column(rows):
    """Rows with other bytes before, between and after them."""
    raw = [row.encode() for row in rows]
    ends = np.cumsum([len(row) + 2 for row in raw], dtype=np.int64) - 1
    starts = ends - np.array([len(row) for row in raw], np.int64)
    return np.frombuffer(b"".join(b"a" + row + b"b" for row in raw), np.uint8), starts, ends


def strings(data, starts, ends):
    return [bytes(data[a:b]).decode() for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


@given(ROWS)
def test_lengths(rows):
    assert characters.count_characters(*column(rows)).tolist() == reference.count_characters(rows)


@given(ROWS, st.one_of(NEEDLES, st.just("")), st.booleans(), st.booleans())
def test_places(rows, needle, from_right, in_bytes):
    found = characters.find(column(rows), needle.encode(), from_right, in_bytes)
    wanted = reference.find(rows, needle, from_right, in_bytes)
    assert found.tolist() == wanted


@given(ROWS, NEEDLES)
def test_counts(rows, needle):
    assert characters.count(column(rows), needle.encode()).tolist() == reference.count(rows, needle)


@pytest.mark.parametrize("name", characters.CLASSES)
@given(ROWS)
def test_classes(name, rows):
    found, done = characters.classify(column(rows), name)
    assert done.tolist() == [row.isascii() for row in rows]
    wanted = reference.classify(rows, name)
    assert [value for value, there in zip(found.tolist(), done) if there] == [
        value for value, there in zip(wanted, done) if there
    ]


@pytest.mark.parametrize("byte", range(128))
def test_classes_of_every_ascii_character(byte):
    for name in characters.CLASSES:
        assert characters.classify(column([chr(byte)]), name)[0].tolist() == reference.classify([chr(byte)], name)


@given(st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=8))
def test_order(pairs):
    try:
        left, right = column([a for a, _ in pairs]), column([b for _, b in pairs])
    except UnicodeEncodeError:
        return
    wanted = reference.compare([a for a, _ in pairs], [b for _, b in pairs])
    assert characters.compare(left, right, len(pairs)).tolist() == wanted
    if pairs:
        one = column([pairs[0][1]])
        assert characters.compare(left, one, len(pairs)).tolist() == reference.compare(
            [a for a, _ in pairs], [pairs[0][1]] * len(pairs)
        )


@given(ROWS, ROWS, st.text("aé", max_size=3))
def test_joined_rows(left, right, middle):
    rows = min(len(left), len(right))
    left, right = left[:rows], right[:rows]
    joined = rewrite.join_rows([column(left), column([middle]), column(right)], rows)
    assert strings(*joined) == rewrite_reference.join_rows([left, [middle] * rows, right])


@given(ROWS, NEEDLES, st.sampled_from(["", "b", "ééé", "aa"]), st.integers(-2, 3))
def test_replaced_parts(rows, old, new, limit):
    found = rewrite.replace(column(rows), old.encode(), new.encode(), limit)
    assert strings(*found) == rewrite_reference.replace(rows, old, new, limit)


@pytest.mark.parametrize("name", ["parse_integers", "parse_floats"])
@given(st.lists(NUMERALS, max_size=6))
def test_numbers_of_strings(name, rows):
    values, done = getattr(numerals, name)(*column(rows))
    for value, there, wanted in zip(values.tolist(), done, getattr(numeral_reference, name)(rows), strict=True):
        assert not there or repr(value) == repr(wanted)


def test_long_floats_are_read_exactly():
    numbers = np.random.default_rng(1).random(20000) * 10.0 ** np.random.default_rng(2).integers(-4, 12, 20000)
    rows = [repr(number) for number in numbers.tolist()] + [f"{number:.18e}" for number in numbers.tolist()[:5000]]
    values, done = numerals.parse_floats(*column(rows))
    wanted = np.array(numeral_reference.parse_floats(rows))
    assert (values[done == 1] == wanted[done == 1]).all()


def test_plain_numbers_are_read():
    assert numerals.parse_integers(*column([" -12\n", "+7", "123456789012345678"]))[1].tolist() == [1, 1, 1]
    assert numerals.parse_floats(*column(["1", "-0.25", "1e5", ".5", "123456.789", " 2.E-3 "]))[1].tolist() == [1] * 6
    assert numerals.parse_integers(*column(["", "-", "1_0", "1.0", "\x1c1"]))[1].tolist() == [0] * 5


@given(st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from([-(2**63), 2**63 - 1, 0]))))
def test_strings_of_integers(values):
    assert strings(*numerals.format_integers(np.array(values, np.int64))) == numeral_reference.format_integers(values)


def test_rows_outside_their_data_are_refused():
    rows = np.frombuffer(b"abc", np.uint8), np.array([0, 2]), np.array([3, 4])
    calls = [
        lambda: characters.count_characters(*rows),
        lambda: characters.find(rows, b"a"),
        lambda: characters.count(rows, b"a"),
        lambda: characters.classify(rows, "isdigit"),
        lambda: characters.compare(rows, rows, 2),
        lambda: numerals.parse_integers(*rows),
        lambda: numerals.parse_floats(*rows),
        lambda: rewrite.join_rows([rows], 2),
        lambda: rewrite.replace(rows, b"a", b"b"),
    ]
    for call in calls:
        with pytest.raises(KernelError, match="row 1"):
            call()

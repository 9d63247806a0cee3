import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import fields
from pympr.native.library import lib
from pympr.native.reference import fields as reference

pytestmark = pytest.mark.usefixtures("simd_level")

ALPHABET = st.sampled_from(list("ab:;A Zz\t\n\u2003\u3000é\u4e00") + ["ab", "::", "x" * 50, " " * 30])
ROWS = st.lists(st.lists(ALPHABET, max_size=12).map("".join), max_size=8)
SEPARATORS = st.sampled_from([":", "a", "ab", "::", "aa", "é", "\u3000", "xxx", "b:"])
LIMITS = st.one_of(st.sampled_from([-1, 0, 1, 2, 3, 2**64]), st.integers(-5, 9))
INDEXES = st.one_of(st.integers(-4, 4), st.sampled_from([-(2**63), 2**63 - 1]))
BOUNDS = st.one_of(st.none(), st.integers(-9, 9), st.sampled_from([-(2**70), 2**70]))


def column(rows):
    """Rows with other bytes before, between and after them."""
    raw = [row.encode() for row in rows]
    ends = np.cumsum([len(row) + 2 for row in raw], dtype=np.int64) - 1
    starts = ends - np.array([len(row) for row in raw], np.int64)
    return np.frombuffer(b"".join(b":" + row + b"a" for row in raw), np.uint8), starts, ends


def strings(data, starts, ends):
    return [bytes(data[a:b]).decode() for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


@pytest.mark.parametrize("name", ["split_item", "rsplit_item"])
@given(ROWS, st.one_of(st.none(), SEPARATORS), LIMITS, INDEXES)
def test_item_of_a_split(name, rows, separator, maxsplit, index):
    data, starts, ends = column(rows)
    encoded = None if separator is None else separator.encode()
    *views, found = getattr(fields, name)(data, starts, ends, encoded, maxsplit, index)
    items = [item if there else None for item, there in zip(strings(data, *views), found.tolist(), strict=True)]
    assert items == getattr(reference, name)(rows, separator, min(maxsplit, 2**63 - 1), index)


@pytest.mark.parametrize("name", ["contains", "startswith", "endswith"])
@given(ROWS, st.one_of(st.just(""), SEPARATORS, st.just("a" * 70), st.lists(ALPHABET, max_size=3).map("".join)))
def test_matches(name, rows, needle):
    matches = getattr(fields, name)(*column(rows), needle.encode())
    assert matches.tolist() == getattr(reference, name)(rows, needle)


@pytest.mark.parametrize("length", [1, 2, 6, 31, 32, 33, 64, 65])
def test_contains_at_every_place(length):
    needle = "M" + "o" * (length - 2) + "e" * (length > 1)
    for size in (length, length + 1, 63, 64, 65, 130):
        rows = ["M" * at + needle + "e" * (size - length - at) for at in range(size - length + 1)]
        rows += [row.replace(needle, "M" * length) for row in rows]
        assert fields.contains(*column(rows), needle.encode()).tolist() == reference.contains(rows, needle)


@given(ROWS, st.sampled_from([(True, True), (True, False), (False, True)]))
def test_strip(rows, sides):
    data, starts, ends = column(rows)
    assert strings(data, *fields.strip(data, starts, ends, *sides)) == reference.strip(rows, *sides)


@given(ROWS, BOUNDS, BOUNDS)
def test_slice(rows, begin, end):
    data, starts, ends = column(rows)
    *views, done = fields.slice_ascii(data, starts, ends, begin, end)
    wanted = reference.slice_ascii(rows, begin, end)
    for row, part, want, is_done in zip(rows, strings(data, *views), wanted, done.tolist(), strict=True):
        assert part == (want if is_done else row)
        assert is_done or not row.isascii()


@pytest.mark.parametrize("name", ["lower_ascii", "upper_ascii"])
@given(ROWS)
def test_case(name, rows):
    *copy, is_ascii = getattr(fields, name)(*column(rows))
    assert is_ascii.tolist() == [row.isascii() for row in rows]
    wanted = getattr(reference, name)(rows)
    for part, want, is_done in zip(strings(*copy), wanted, is_ascii.tolist(), strict=True):
        assert part == want or not is_done


def test_threads_share_the_rows():
    rows = ["a:b" * (number % 5) for number in range(40_000)]
    data, starts, ends = column(rows)
    before = lib.pympr_get_threads()
    lib.pympr_set_threads(3)
    *views, found = fields.split_item(data, starts, ends, b":", -1, 1)
    matches = fields.contains(data, starts, ends, b"ba")
    lib.pympr_set_threads(before)
    items = [item if there else None for item, there in zip(strings(data, *views), found.tolist(), strict=True)]
    assert items == reference.split_item(rows, ":", -1, 1)
    assert matches.tolist() == reference.contains(rows, "ba")


def test_an_empty_separator_is_refused():
    with pytest.raises(ValueError, match="empty separator"):
        fields.split_item(*column(["a"]), b"", -1, 0)


@pytest.mark.parametrize("bad", [(-1, 2), (3, 2), (0, 9)])
@pytest.mark.parametrize(
    "call",
    [
        lambda *rows: fields.split_item(*rows, b":", -1, 0),
        lambda *rows: fields.contains(*rows, b"a"),
        fields.strip,
        lambda *rows: fields.slice_ascii(*rows, 1, None),
        fields.lower_ascii,
    ],
)
def test_rows_outside_data_are_refused(call, bad):
    data, starts, ends = np.zeros(8, np.uint8), np.zeros(2000, np.int64), np.ones(2000, np.int64)
    starts[1500], ends[1500] = bad
    with pytest.raises(KernelError, match=r"row 1500 is \["):
        call(data, starts, ends)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.native import text
from pympr.native.reference import text as reference

pytestmark = pytest.mark.usefixtures("simd_level")

BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000"
NEAR_BLANKS = "\x1b\x21\x08\x0e\u200b\u2007\u202a\u2060\u3001\u167f\u1681\u200d\x84\x9f\xa1"
TEXTS = st.text(
    st.one_of(
        st.sampled_from(BLANKS + NEAR_BLANKS), st.sampled_from("aé\u4e00\U0001f600"), st.characters(codec="utf-8")
    )
)
LONG_TEXTS = st.builds(
    lambda parts: "".join(part * repeat for part, repeat in parts), st.lists(st.tuples(TEXTS, st.integers(1, 40)))
)
LINES = st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bc" * 40, b"\n\r"])).map(b"".join)


def buffer(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


def rows(data: bytes, starts: np.ndarray, ends: np.ndarray) -> list[bytes]:
    return [data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


@given(LONG_TEXTS)
def test_words_are_those_of_str_split(characters):
    data = characters.encode()
    assert rows(data, *text.words(buffer(data))) == reference.words(data)


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("offset", [0, 60, 61, 62, 63, 64, 125, 128])
def test_blank_across_block_borders(blank, offset):
    data = ("x" * offset + blank + "yy" + blank).encode() + b"z" * 70
    assert rows(data, *text.words(buffer(data))) == reference.words(data)


def test_every_character_that_is_space_splits():
    characters = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    data = "x".join(characters).encode()
    assert rows(data, *text.words(buffer(data))) == reference.words(data)


@given(LONG_TEXTS, st.integers(1, 200))
def test_words_go_on_where_outputs_were_full(characters, capacity):
    data = characters.encode()
    found, position = [], 0
    while position < len(data):
        starts, ends = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
        count, position = text.split_words(buffer(data), position, len(data), starts, ends)
        assert count > 0 or position == len(data)
        found += rows(data, starts[:count], ends[:count])
    assert found == reference.words(data)


@given(LONG_TEXTS, st.data())
def test_words_of_a_range(characters, choice):
    data = characters.encode()
    bounds = [0, *np.cumsum([len(character.encode()) for character in characters]).tolist()]
    begin, end = sorted(choice.draw(st.lists(st.sampled_from(bounds), min_size=2, max_size=2)))
    assert rows(data, *text.words(buffer(data), begin, end)) == reference.words(data[begin:end])


@given(TEXTS)
def test_cut_at_blank(characters):
    data = characters.encode()
    assert text.cut_at_blank(buffer(data), 0, len(data)) == reference.cut_at_blank(data)


@given(LINES, st.booleans())
def test_lines_are_those_of_a_text_file(data, is_last):
    starts, ends, position = text.lines(buffer(data), is_last=is_last)
    assert (rows(data, starts, ends), position) == reference.lines(data, is_last)


@given(LINES, st.integers(1, 9))
def test_lines_go_on_where_outputs_were_full(data, capacity):
    found, position = [], 0
    while position < len(data):
        starts, ends = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
        count, position = text.split_lines(buffer(data), position, len(data), starts, ends)
        found += rows(data, starts[:count], ends[:count])
    assert found == reference.lines(data)[0]


@given(LINES, st.integers(1, 100))
def test_lines_of_a_text_in_pieces(data, piece):
    found, begin, end = [], 0, 0
    while end < len(data):
        end = min(end + piece, len(data))
        starts, ends, begin = text.lines(buffer(data), begin, end, is_last=end == len(data))
        found += rows(data, starts, ends)
    assert found == reference.lines(data)[0]


@given(LINES)
def test_cut_at_newline(data):
    assert text.cut_at_newline(buffer(data), 0, len(data)) == reference.cut_at_newline(data)


PIECES = [b"a" * 61, b"a", "é".encode(), "\u4e00".encode(), "\U0001f600".encode(), b"\xc0\x80", b"\xe0\x80\x80"]
PIECES += [
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf5",
    b"\xff",
    b"\x80",
    b"\xe4\xb8",
    b"\xf0\x9f",
    b"\xf0\x8f\x80\x80",
    b"\xc3",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES[:5]), st.sampled_from(PIECES), st.binary(max_size=3))).map(b"".join))
def test_utf8_as_the_strict_decoder(data):
    assert text.validate_utf8(buffer(data)) == reference.validate_utf8(data)
    assert text.is_ascii(buffer(data)) == data.isascii()


@pytest.mark.parametrize("good", ["é", "\u4e00", "\U0001f600", "\u07ff", "\ud7ff", "\ue000", "\U0010ffff"])
@pytest.mark.parametrize("offset", [0, 1, 2, 3, 60, 61, 62, 63, 64, 127, 128])
def test_every_wrong_byte_in_a_code_point_at_block_borders(good, offset):
    sequence = good.encode()
    for at in range(len(sequence)):
        for byte in range(256):
            wrong = sequence[:at] + bytes([byte]) + sequence[at + 1 :]
            data = b"a" * offset + wrong + b"a" * 70
            assert text.validate_utf8(buffer(data)) == reference.validate_utf8(data)


def test_offset_counts_from_the_start_of_data():
    assert text.validate_utf8(buffer(b"\xffab\xffc"), 1, 5) == 3


@pytest.mark.parametrize("begin, end", [(-1, 2), (2, 1), (0, 4)])
def test_ranges_outside_data_are_refused(begin, end):
    with pytest.raises(ValueError, match="no range of data of 3 bytes"):
        text.validate_utf8(buffer(b"abc"), begin, end)


def test_outputs_without_rows_are_refused():
    with pytest.raises(ValueError, match="must have rows"):
        text.split_words(buffer(b"abc"), 0, 3, np.empty(0, np.int64), np.empty(0, np.int64))


ITEM_TEXTS = st.lists(
    st.sampled_from([b"\n", b"\r", b"\r\n", b":", b":", b"::", b"a", b"bc" * 40, b":" * 70, b"\n" * 70, b"\r\n" * 40])
).map(b"".join)


@given(ITEM_TEXTS, st.sampled_from([0, 0, 1, 2, 5, 2**70]), st.integers(0, 70))
def test_line_items_are_those_of_split(data, index, before):
    padded = buffer(b"\r" * before + data + b":\n")
    starts, ends, is_whole = text.line_items(padded, b":", index, before, before + len(data))
    assert (rows(bytes(padded), starts, ends), is_whole) == reference.line_items(data, b":", index)


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(0, 9))), st.sampled_from([b"\n", b"\r\n"])
)
def test_line_items_of_whole_lines(sizes, terminator):
    data = b"".join(b"x" * a + b":" + b"y" * b + b":" * c + terminator for a, b, c in sizes)
    for index in (0, 1):
        starts, ends, is_whole = text.line_items(buffer(data), b":", index)
        assert (rows(data, starts, ends), is_whole) == reference.line_items(data, b":", index)


@pytest.mark.parametrize("terminator", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_line_items_across_windows(terminator, index):
    """Windows are 8 KiB: lines shorter and longer than one, and none in the last 64 bytes."""
    for size in (0, 1, 62, 63, 64, 65, 8190, 8191, 8192, 8193, 20000):
        line = b"a" * size + b":b:" + b"c" * 61
        for data in (line + terminator, terminator.join([line] * 3), (line + terminator) * 2 + b"d"):
            starts, ends, is_whole = text.line_items(buffer(data), b":", index)
            assert (rows(data, starts, ends), is_whole) == reference.line_items(data, b":", index)


def test_line_items_of_more_lines_than_expected():
    data = b":\n" * 10000
    starts, ends, is_whole = text.line_items(buffer(data), b":", 1)
    assert is_whole and starts.tolist() == ends.tolist() == list(range(1, 20000, 2))


@pytest.mark.parametrize("separator, index", [(b"", 0), (b"ab", 0), (b"\n", 0), (b"\r", 0), (b"\xe9", 0), (b":", -1)])
def test_line_items_refuse(separator, index):
    with pytest.raises(ValueError):
        text.line_items(buffer(b"a:b"), separator, index)

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pympr.native.join_groups import GroupedPairs
from pympr.native.reference import join as reference

WORDS = st.one_of(st.integers(0, 5), st.sampled_from([(1 << 64) - 1, 1 << 63, 1 << 62, 0x5EED << 40]))
MANY = 150_001  # enough for threads


def group_of(word):
    return int(word) % 5


def grouped(words, groups):
    """The words group by group, and the edges."""
    words = sorted(words, key=lambda word: group_of(word) % groups)
    counts = np.bincount([group_of(word) % groups for word in words], minlength=groups)
    return np.array(words, np.uint64), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


@given(st.lists(WORDS), st.lists(WORDS), st.integers(1, 5), st.sampled_from(["inner", "left"]))
@example([], [], 1, "left")
@example([0], [], 5, "left")
@example([], [0], 5, "inner")
@example([0] * 50, [0] * 70, 2, "inner")
def test_pairs_are_the_reference(left, right, groups, how):
    (left, left_edges), (right, right_edges) = grouped(left, groups), grouped(right, groups)
    pairs = GroupedPairs(left, left_edges, right, right_edges, how)
    left_rows, right_rows = pairs.rows()
    expected = reference.probe([(word,) for word in right.tolist()], [(word,) for word in left.tolist()], how)
    assert (right_rows.tolist(), left_rows.tolist()) == expected
    assert pairs.length == len(expected[0])


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "int64", "complex128"])
def test_columns_are_taken_of_the_pairs(dtype):
    left, left_edges = grouped([0, 0, 1, 3, 4], 5)
    right, right_edges = grouped([0, 0, 4, 2], 5)
    pairs = GroupedPairs(left, left_edges, right, right_edges)
    left_rows, right_rows = pairs.rows()
    of_left, of_right = np.arange(5).astype(dtype), np.arange(10, 14).astype(dtype)
    taken = pairs.take([of_left, left], [of_right])
    assert [array.dtype for array in taken] == [of_left.dtype, left.dtype, of_right.dtype]
    for array, expected in zip(taken, [of_left[left_rows], left[left_rows], of_right[right_rows]]):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("name", ["wide", "repeated", "one key", "multiples"])
@pytest.mark.parametrize("how", ["inner", "left"])
def test_many_rows(name, how, threads):
    rng = np.random.default_rng(6)
    words = {
        "wide": rng.integers(0, 1 << 63, MANY),
        "repeated": rng.integers(0, 1 << 63, 20_000)[rng.integers(0, 20_000, MANY)],
        "one key": np.full(700, 9),
        "multiples": rng.permutation(MANY) << 40,
    }[name].astype(np.uint64)
    groups = 32
    left, right = np.append(words[::3], words[: len(words) // 9] + np.uint64(1)), words
    (left, left_edges), (right, right_edges) = by_group(left, groups), by_group(right, groups)
    pairs = GroupedPairs(left, left_edges, right, right_edges, how)
    left_rows, right_rows = pairs.rows()
    expected = expected_pairs(left, right, how)
    np.testing.assert_array_equal(left_rows, expected[0])
    np.testing.assert_array_equal(right_rows, expected[1])
    if how == "inner":
        np.testing.assert_array_equal(pairs.take([], [right])[0], right[expected[1]])


def by_group(words, groups):
    group = (words * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(50)) % np.uint64(groups)
    counts = np.bincount(group.astype(np.int64), minlength=groups)
    return words[np.argsort(group, kind="stable")], np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def expected_pairs(left, right, how):
    order = np.argsort(right, kind="stable")
    begin, end = (np.searchsorted(right[order], left, side) for side in ("left", "right"))
    counts = end - begin
    shown = np.maximum(counts, how == "left")
    left_rows = np.repeat(np.arange(len(left)), shown)
    within = np.arange(len(left_rows)) - np.repeat(np.cumsum(shown) - shown, shown)
    found = order[np.minimum(np.repeat(begin, shown) + within, len(right) - 1)]
    return left_rows, np.where(np.repeat(counts, shown) > 0, found, -1)


def test_wrong_arguments():
    words, edges = np.zeros(2, np.uint64), np.array([0, 2])
    with pytest.raises(ValueError, match="how must be one of"):
        GroupedPairs(words, edges, words, edges, "full")
    with pytest.raises(ValueError, match="left_edges must ascend from 0 to the 2 rows"):
        GroupedPairs(words, np.array([0, 1]), words, edges)
    with pytest.raises(ValueError, match="1 groups on the left, 2 on the right"):
        GroupedPairs(words, edges, words, np.array([0, 1, 2]))
    with pytest.raises(TypeError, match="left_words must be"):
        GroupedPairs(words.view(np.int64), edges, words, edges)
    pairs = GroupedPairs(words, edges, words, edges)
    with pytest.raises(ValueError, match="a column has 3 rows, its side 2"):
        pairs.take([], [np.zeros(3)])
    with pytest.raises(TypeError, match="items of"):
        pairs.take([np.zeros(2, "S3")], [])
    with pytest.raises(ValueError, match="of an inner join"):
        GroupedPairs(words, edges, words, edges, "left").take([words], [])

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import join as kernel
from pympr.native.library import lib
from pympr.native.reference import join as reference

HOW = st.sampled_from(sorted(kernel.PROBES))
NUMBERS = {
    "int64": st.one_of(st.integers(-3, 3), st.sampled_from([-(1 << 63), (1 << 63) - 1, (1 << 53) + 1, 1 << 62])),
    "float64": st.sampled_from(
        [0.0, -0.0, 1.0, 2.0, 0.5, math.nan, math.inf, 2.0**53, 2.0**62, 2.0**63, -(2.0**63), 1e300]
    ),
    "bool": st.booleans(),
}
VALUES = NUMBERS | {"string": st.text("aé", max_size=3), "bytes": st.binary(max_size=2)}
MANY = 150_001  # enough for threads


def column(values, kind):
    """A key column of values, with a mask when some are None."""
    valid = np.array([value is not None for value in values], np.uint8)
    if kind in ("string", "bytes"):
        rows = [b"" if value is None else value.encode() if kind == "string" else value for value in values]
        offsets = np.cumsum([0] + [len(row) for row in rows]).astype(np.int64)
        arrays = np.frombuffer(b"".join(rows), np.uint8), offsets[:-1].copy(), offsets[1:].copy()
    else:
        arrays = np.array([0 if value is None else value for value in values], kind)
    return arrays if valid.all() else (arrays, valid)


def columns(keys, kinds):
    lists = [list(values) for values in zip(*keys)] or [[] for _ in kinds]
    return [column(values, kind) for values, kind in zip(lists, kinds, strict=True)]


def key_lists(kinds, **sizes):
    return st.lists(st.tuples(*[st.one_of(VALUES[kind], st.none()) for kind in kinds]), **sizes)


@st.composite
def two_sides(draw):
    """(build kinds, build keys, probe kinds, probe keys); the kinds of numbers may differ."""
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3))
    others = [draw(st.sampled_from(sorted(NUMBERS))) if kind in NUMBERS else kind for kind in kinds]
    return kinds, draw(key_lists(kinds)), others, draw(key_lists(others))


@given(two_sides(), HOW, st.booleans(), st.integers(0, (1 << 64) - 1))
@example((["int64"], [(1,), (1,), (None,)], ["bool"], [(True,), (None,)]), "inner", True, 0)
@example((["float64"], [(2.0**53,)], ["int64"], [(2**53 + 1,), (2**53,)]), "left", True, 0)
@example((["int64"], [], ["int64"], [(0,)]), "left", True, 0)
def test_probe_is_the_reference(sides, how, nulls_equal, seed):
    kinds, build_keys, probe_kinds, probe_keys = sides
    table = kernel.JoinTable(kinds, seed, nulls_equal, track_matches=True)
    table.build(columns(build_keys, kinds), len(build_keys))
    assert table.unmatched().tolist() == list(range(len(build_keys)))
    pairs = table.probe(columns(probe_keys, probe_kinds), len(probe_keys), how, probe_kinds)
    assert all(rows.dtype == np.int64 for rows in pairs)
    assert tuple(rows.tolist() for rows in pairs) == reference.probe(build_keys, probe_keys, how, nulls_equal)
    assert table.unmatched().tolist() == reference.unmatched(build_keys, probe_keys, nulls_equal)


@given(two_sides(), st.sampled_from(kernel.JOINS), st.booleans(), st.integers(1, 4))
def test_join_indices_is_the_reference(sides, how, nulls_equal, repeat):
    kinds, left, right_kinds, right = sides
    right = right * repeat
    found = kernel.join_indices(columns(left, kinds), columns(right, right_kinds), how, kinds, right_kinds, nulls_equal)
    assert tuple(rows.tolist() for rows in found) == reference.join_indices(left, right, how, nulls_equal)


def many_keys():
    rng = np.random.default_rng(3)
    wide = rng.integers(-(1 << 63), (1 << 63) - 1, MANY)
    return {
        "dense": rng.permutation(MANY),
        "wide": wide,
        "repeated dense": rng.integers(0, 20_000, MANY),
        "repeated wide": wide[rng.integers(0, 20_000, MANY)],
        "one key": np.full(MANY // 100, 7),
        "fractions": rng.random(MANY),
        "multiples": rng.permutation(MANY) << 32,
    }


MANY_KEYS = many_keys()


def expected_pairs(build, probe):
    """Inner pairs by NumPy, in the order of probe."""
    order = np.argsort(build, kind="stable")
    first, last = (np.searchsorted(build[order], probe, side) for side in ("left", "right"))
    counts = last - first
    probe_rows = np.repeat(np.arange(len(probe)), counts)
    within = np.arange(len(probe_rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[np.repeat(first, counts) + within], probe_rows


@pytest.mark.parametrize("name", MANY_KEYS)
def test_probe_of_many(name, threads):
    build = MANY_KEYS[name]
    probe = np.random.default_rng(4).permutation(np.append(build[::3], build[: len(build) // 9] + 1))
    table = kernel.JoinTable([str(build.dtype)])
    table.build([build], len(build))
    found = table.probe([probe], len(probe))
    np.testing.assert_array_equal(found, expected_pairs(build, probe))


@pytest.mark.parametrize("name", ["dense", "repeated wide"])
def test_other_keys_of_many(name, threads):
    """Strings, and pairs of a float and a string, meet as the integers they stand for."""
    numbers = MANY_KEYS[name]
    strings = [b"%d" % number for number in numbers.tolist()]
    build = column(strings, "bytes")
    probe_numbers = np.random.default_rng(5).permutation(numbers)[: MANY // 2]
    probe = column([b"%d" % number for number in probe_numbers.tolist()], "bytes")
    expected = expected_pairs(numbers, probe_numbers)
    np.testing.assert_array_equal(kernel.join_indices([probe], [build])[::-1], expected)
    left, right = [probe, probe_numbers.astype(float)], [build, numbers.astype(float)]
    np.testing.assert_array_equal(kernel.join_indices(left, right)[::-1], expected)


@pytest.mark.parametrize("how", kernel.JOINS)
def test_a_small_left_side_gives_the_same_pairs(how, monkeypatch):
    rng = np.random.default_rng(6)
    left, right = rng.integers(0, 50, 40), rng.integers(0, 50, 900)
    by_left = kernel.join_indices([left], [right], how)
    monkeypatch.setattr(kernel, "SWAP_RATIO", 1000)
    np.testing.assert_array_equal(by_left, kernel.join_indices([left], [right], how))


def test_an_uneven_table_is_built_again(monkeypatch):
    """A region without a free slot, which hashes hardly ever cause."""
    before = lib.pympr_get_threads()
    if lib.pympr_set_threads(3) != 3:
        pytest.skip("one thread fills one region")
    monkeypatch.setattr(kernel, "DIRECT_SLOTS_A_ROW", 0)
    calls = []
    slots_for = kernel.JoinTable._slots_for

    def scarce(table, rows, regions):
        calls.append(regions)
        return slots_for(table, rows, 1) if regions == 1 else regions * 64

    monkeypatch.setattr(kernel.JoinTable, "_slots_for", scarce)
    keys = np.arange(MANY)
    try:
        for kinds, key in ((["int64"], [keys]), (["int64", "int64"], [keys, keys])):
            table = kernel.JoinTable(kinds)
            table.build(key, MANY)
            assert (table.find(key, MANY) == keys).all()
        assert calls[-2:] == [3, 1]
    finally:
        lib.pympr_set_threads(before)


def test_a_table_is_built_again_and_probed_often():
    table = kernel.JoinTable(["string"], track_matches=True)
    for words in (["a", "b", "a"], ["c"]):
        table.build([column(words, "string")], len(words))
        for word in ("a", "c"):
            rows = table.probe([column([word], "string")], 1)[0].tolist()
            assert rows == [row for row, other in enumerate(words) if other == word]
    assert table.unmatched().tolist() == []


def test_equal_hashes_are_no_equal_keys(monkeypatch):
    """All rows collide: the keys decide."""
    monkeypatch.setattr(kernel, "hash_fixed", lambda values, seed, valid=None: np.zeros(len(values), np.uint64))
    monkeypatch.setattr(kernel, "hash_combine", lambda hashes, other: hashes)
    keys = [(1, 0.5), (2, 0.5), (1, math.nan), (1, 0.5), (None, 0.5)]
    found = kernel.join_indices(columns(keys, ["int64", "float64"]), columns(keys, ["int64", "float64"]), "inner")
    assert tuple(rows.tolist() for rows in found) == reference.join_indices(keys, keys, "inner")


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="kinds must be 1 to 64"):
        kernel.JoinTable([])
    with pytest.raises(ValueError, match="got \\['int32'\\]"):
        kernel.JoinTable(["int32"])
    table = kernel.JoinTable(["int64"])
    with pytest.raises(TypeError, match="key 0 must be int64, got float64"):
        table.build([np.zeros(1)], 1)
    with pytest.raises(ValueError, match="key 0 must have 2 rows, got 1"):
        table.build([np.zeros(1, np.int64)], 2)
    with pytest.raises(ValueError, match="1 key columns got 2"):
        table.build([np.zeros(1, np.int64)] * 2, 1)
    with pytest.raises(TypeError, match="never equal"):
        table.probe([column(["a"], "string")], 1, kinds=["string"])
    with pytest.raises(ValueError, match="how must be one of .*got 'outer'"):
        table.probe([np.zeros(1, np.int64)], 1, "outer")
    with pytest.raises(ValueError, match="track_matches"):
        table.unmatched()
    with pytest.raises(ValueError, match="how must be one of"):
        kernel.join_indices([np.zeros(1)], [np.zeros(1)], "cross")
    with pytest.raises(ValueError, match="needs a key column"):
        kernel.join_indices([], [])
    bad = np.zeros(1, np.uint8), np.array([0]), np.array([2])
    with pytest.raises(KernelError, match="row 0 is"):
        kernel.join_indices([bad], [bad])

"""The distributed sort against NumPy's of the gathered whole, its balance, and what finding the cuts costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pympr.collectives.cuts import LEAST_SAMPLES, SAMPLES, Search, find_cuts, order_candidates
from pympr.collectives.gather import allgather
from pympr.collectives.sort import sort
from pympr.collectives.world import world

ON_RANKS = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


def on_ranks(test):
    for mark in ON_RANKS:
        test = mark(test)
    return test


def check_sort(mine, exact):
    result = sort(mine, exact=exact)
    whole, counts = allgather(world(), result)
    expected = np.sort(allgather(world(), mine)[0], kind="stable")
    assert result.dtype == mine.dtype and len(whole) == len(expected)
    assert np.array_equal(whole, expected) or np.array_equal(np.nan_to_num(whole), np.nan_to_num(expected))
    share = len(whole) / world().size
    assert counts.max() <= (np.ceil(share) if exact else 1.02 * share + 1)


@on_ranks
def test_kinds_and_corners():
    rank = world().rank
    random = np.random.default_rng(rank)
    special = np.array([np.nan, -0.0, 0.0, np.inf, -np.inf, 5.0, np.nan])
    for mine in (
        random.integers(-(2**63), 2**63 - 1, 300 + 100 * rank),
        np.array([2**63 - 1, -(2**63)] * rank, np.int64),
        np.zeros(400 if rank == 0 else 3),
        special[: rank + 3],
        np.empty(0, np.float32),
        np.array([rank], np.uint64) + 2**63,
        random.integers(0, 2, 50).astype(bool),
        random.integers(0, 99, 50).astype("U2"),
        random.integers(0, 99, 50).astype("S3"),
        random.normal(size=70).astype(np.float16),
        np.array(["2020-01-01", "1999-05-05"], "M8[D]") - rank,
        random.integers(0, 9, 40).astype(">i4")[::2],
    ):
        for exact in (False, True):
            check_sort(mine, exact) if mine.dtype.isnative else check_sort(mine.astype("i4"), exact)


@on_ranks
@given(st.data())
@settings(max_examples=4)
def test_any_integers(data):
    rows = data.draw(st.lists(st.lists(st.integers(-3, 3), max_size=30), min_size=8, max_size=8))
    check_sort(np.array(rows[world().rank], np.int64), data.draw(st.booleans()))


@on_ranks
def test_a_mistake_of_one_rank_is_the_same_error_on_all():
    last = world().size - 1
    for wrong, error, words in (
        (np.array([None]), TypeError, "without Python objects"),
        (np.zeros((2, 2)), ValueError, "one axis"),
        (np.zeros(2, [("a", "i4")]), TypeError, "to have an order"),
    ):
        with pytest.raises(error, match=words):
            sort(wrong if world().rank == last else np.zeros(2))
    if world().size > 1:
        with pytest.raises(ValueError, match=r"rank 0 has .*f8.* rank 1 .*i4"):
            sort(np.zeros(2, "f8" if world().rank == 0 else "i4"))


@on_ranks
def test_no_rank_receives_more_samples_than_a_few_a_splitter():
    run = np.sort(np.random.default_rng(world().rank).zipf(1.3, 20000))
    for tolerance in (0.01, 0.0):
        _, effort = find_cuts(world(), run, tolerance)
        # That is the expectation, and every rank may round up for every splitter; it does not grow with the rows.
        assert effort.most_candidates <= max(LEAST_SAMPLES, SAMPLES * world().size) + world().size ** 2
        assert effort.rounds <= 12


DISTRIBUTIONS = {
    "equal": lambda random, rank, rows: np.zeros(rows),
    "uniform": lambda random, rank, rows: random.random(rows),
    "zipf": lambda random, rank, rows: random.zipf(1.2, rows).astype(float),
    "half one key": lambda random, rank, rows: np.where(random.random(rows) < 0.5, 0.5, random.random(rows)),
    "one rank": lambda random, rank, rows: random.random(rows * (rank == 3) * 40),
    "sorted by rank": lambda random, rank, rows: np.arange(rows) + float(rows * rank),
    "nan": lambda random, rank, rows: np.full(rows, np.nan),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_shares_of_forty_ranks_are_equal(name):
    """The search as on 40 ranks, in one process."""
    size, random = 40, np.random.default_rng(1)
    runs = [np.sort(DISTRIBUTIONS[name](random, rank, 500)) for rank in range(size)]
    total = sum(map(len, runs))
    searches = [Search(run, rank, total, size, 0.01) for rank, run in enumerate(runs)]
    rounds = 0
    while searches[0].is_open.any():
        proposals = [search.propose(rounds) for search in searches]
        keys, positions = (np.concatenate(part) for part in zip(*proposals))
        candidates = order_candidates(keys, positions, np.array([len(part) for part, _ in proposals]))
        assert len(keys) < max(LEAST_SAMPLES, SAMPLES * size) + size**2
        own = [search.count_below(candidates) for search in searches]
        for search, below in zip(searches, own):
            search.narrow(candidates, sum(own), below)
        rounds += 1
    shares = np.sum([np.diff(search.bounds()) for search in searches], axis=0)
    assert shares.sum() == total and shares.max() <= 1.05 * total / size and rounds < 25
    # Rows before a cut are not above those behind it.
    for cut in range(1, size):
        below = [run[search.bounds()[cut] - 1] for run, search in zip(runs, searches) if search.bounds()[cut]]
        above = [run[search.bounds()[cut]] for run, search in zip(runs, searches) if search.bounds()[cut] < len(run)]
        assert not (np.max(below) > np.min(above))

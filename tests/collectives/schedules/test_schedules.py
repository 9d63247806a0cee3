"""The promise of every schedule: all arrives once, at the right rank, and nobody has more to do than the model says."""

import itertools
import math

import numpy as np
import pytest

from pympr.collectives.schedules import grid, rotation, sparse, two_level

SIZES = (2, 3, 5, 6, 7, 12, 13, 24, 31)
LARGE = (1009, 10_000, 99_991, 100_000)


def sampled(size, number=12):
    random = np.random.default_rng(size)
    return sorted({0, size - 1, *random.integers(0, size, number).tolist()})


@pytest.mark.parametrize("size", [*SIZES, *LARGE])
def test_rotation_has_one_partner_each_way_in_a_step(size):
    for rank in sampled(size, 4):
        targets, sources = rotation.targets(rank, size), rotation.sources(rank, size)
        assert np.array_equal(np.sort(targets), np.delete(np.arange(size), rank))
        # In step k the rank k before sends here: its k-th target.
        assert np.array_equal((sources + np.arange(1, size)) % size, np.full(size - 1, rank))


@pytest.mark.parametrize("size", SIZES)
def test_every_message_of_the_grid_meets_its_two_hops(size):
    lines = grid.lay_out(size)
    sources, targets = np.divmod(np.arange(size * size), size)
    middle = grid.via(lines, sources, targets).reshape(size, size)
    for rank in range(size):
        assert set(middle[rank].tolist()) - {rank} == set(grid.first_targets(lines, rank).tolist())
        assert set(np.flatnonzero((middle == rank).any(axis=1)).tolist()) - {rank} == set(
            grid.first_sources(lines, rank).tolist()
        )
        assert set(targets.reshape(size, size)[middle == rank].tolist()) <= set(grid.column_of(lines, rank).tolist())


@pytest.mark.parametrize("size", [*SIZES, *LARGE, 1_000_003])
def test_a_rank_of_the_grid_has_few_partners(size):
    lines, random = grid.lay_out(size), np.random.default_rng(size)
    most = math.sqrt(2 * size) + 3
    for rank in sampled(size):
        for hop in (grid.first_targets, grid.first_sources, grid.second_targets, grid.second_sources):
            assert len(hop(lines, rank)) <= most
        for peer in grid.first_targets(lines, rank).tolist()[:20]:
            assert rank in grid.first_sources(lines, peer)
        targets = random.integers(0, size, 50)
        middle = grid.via(lines, np.int64(rank), targets)
        assert (middle % lines.columns == targets % lines.columns).all() and middle.max() < size
        assert set(middle.tolist()) <= {rank, *grid.first_targets(lines, rank).tolist()}


@pytest.mark.parametrize("size", [7, 31, 1009])
def test_both_ends_of_a_hop_come_to_each_other_in_one_order(size):
    """Sorted by distance on both sides: the earliest pair that is not done is within reach of both its ends."""
    lines = grid.lay_out(size)
    for rank in sampled(size):
        for to, come in ((grid.first_targets, grid.first_sources), (grid.second_targets, grid.second_sources)):
            assert (np.diff((to(lines, rank) - rank) % size) > 0).all()
            assert (np.diff((rank - come(lines, rank)) % size) > 0).all()


def unequal(random, nodes, most):
    """Ranks on nodes in no order, no node without one."""
    node_of = np.repeat(np.arange(nodes), random.integers(1, most + 1, nodes))
    random.shuffle(node_of)
    return node_of


@pytest.mark.parametrize(("nodes", "most"), [(1, 4), (2, 1), (2, 9), (3, 4), (5, 3), (9, 6)])
def test_every_pair_of_nodes_has_its_bundles_once(nodes, most):
    random = np.random.default_rng([nodes, most])
    for _ in range(5):
        layout = two_level.make_nodes(unequal(random, nodes, most))
        sent, received = {}, {}
        for rank in range(len(layout.node)):
            here = int(layout.node[rank])
            for peer, node, first, last in zip(*map(np.ndarray.tolist, two_level.outgoing(layout, rank)), strict=True):
                assert layout.node[peer] == node != here
                sent.setdefault((here, node), []).append((first, last, rank, peer))
            for peer, node, first, last in zip(*map(np.ndarray.tolist, two_level.incoming(layout, rank)), strict=True):
                received.setdefault((node, here), []).append((first, last, peer, rank))
        assert set(sent) == set(itertools.permutations(range(nodes), 2))
        for pair, bundles in sent.items():
            assert sorted(bundles) == sorted(received[pair])
            firsts, lasts = zip(*[each[:2] for each in sorted(bundles)], strict=True)
            assert (*firsts, layout.ranks_of(pair[1])) == (0, *lasts)


@pytest.mark.parametrize(("size", "most"), [(1000, 64), (10_000, 128), (100_000, 128), (100_000, 3)])
def test_the_leaders_of_a_node_share_its_messages_evenly(size, most):
    random = np.random.default_rng(size)
    ranks = random.integers(most // 2 + 1, most + 1, 2 * size // most)
    layout = two_level.make_nodes(np.repeat(np.arange(len(ranks)), ranks)[:size])
    for rank in sampled(size, 6):
        here = int(layout.node[rank])
        fewest = int(layout.ranks_of(np.arange(layout.count)).min())
        bound = -(-layout.count * max(1, most // (layout.count - 1)) // min(fewest, layout.ranks_of(here)))
        for bundles in (two_level.outgoing(layout, rank), two_level.incoming(layout, rank)):
            assert len(bundles.peer) <= bound
            assert (layout.node[bundles.peer] == bundles.node).all() and here not in bundles.node


def test_with_few_nodes_many_ranks_lead():
    layout = two_level.make_nodes(np.repeat([0, 1, 2], 8))
    assert [len(two_level.outgoing(layout, rank).peer) for rank in range(24)] == [1] * 24


def test_sparse_sends_only_what_there_is():
    has_rows = np.zeros(100_000, bool)
    has_rows[[5, 77_000, 99_999]] = True
    assert sparse.targets(77_000, has_rows).tolist() == [99_999, 5]

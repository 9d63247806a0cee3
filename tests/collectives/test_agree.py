"""What ranks tell each other before they go on."""

import pytest

from pympr.collectives.agree import agree_error, any_failed, same_on_all_ranks
from pympr.collectives.world import world

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]


@pytest.mark.parametrize("digest", [0, 1, -1, 2**63, 2**64 - 1, -(2**63)])
def test_same(digest):
    assert same_on_all_ranks(world(), digest)


@pytest.mark.parametrize("bit", [0, 31, 32, 63])
def test_one_bit_on_one_rank_is_seen(bit):
    here = world()
    for other in range(here.size):
        digest = 0xABCD_EF01_2345_6789 ^ ((here.rank == other) << bit)
        assert same_on_all_ranks(here, digest) == (here.size == 1)


def test_any_failed():
    here = world()
    assert not any_failed(here, False)
    for other in range(here.size):
        assert any_failed(here, here.rank == other)


def test_errors_come_with_their_ranks():
    here = world()
    assert agree_error(here, None) == []
    expected = [(rank, f"rank {rank} ä" * rank) for rank in range(here.size) if rank % 2 == 0]
    mine = dict(expected).get(here.rank)
    assert agree_error(here, mine) == expected


def test_a_text_of_any_kind_arrives():
    text = "\udcff\x00" + "x" * 100_000
    assert agree_error(world(), text) == [(rank, text) for rank in range(world().size)]

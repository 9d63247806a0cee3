"""Windows by both ways: what epochs promise, and what a rank may do alone."""

import numpy as np
import pytest

from pympr.collectives.barrier import barrier
from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import world
from pympr.rma.group import Group, as_group
from pympr.rma.probe import probe
from pympr.rma.window import Window

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]

WAYS = ["one-sided", "two-sided"]


@pytest.mark.parametrize("way", [None, *WAYS])
@pytest.mark.parametrize("dtype", ["int64", "uint8", "complex128", "S3", [("a", "i2"), ("b", "f8")]])
def test_puts_arrive_and_gets_bring(way, dtype):
    here = world()
    dtype = np.dtype(dtype)

    def items(rank):
        raw = (np.arange(2 * dtype.itemsize) + rank + 1) % 64 + 48
        return raw.astype(np.uint8).view(dtype)

    with Window(here, 2 * here.size + here.rank, dtype, way) as window:
        with window.epoch() as epoch:
            for rank in range(here.size):
                epoch.put(rank, 2 * here.rank, items(here.rank))
        expected = np.concatenate([items(rank) for rank in range(here.size)])
        assert window.local[: 2 * here.size].tobytes() == expected.tobytes()
        with window.epoch() as epoch:
            found = [epoch.get(rank, 2 * here.rank, 2) for rank in range(here.size)]
            nothing = epoch.get(0, 1, 0)
        assert all(part.tobytes() == items(here.rank).tobytes() for part in found) and len(nothing) == 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", ["int32", "int64", "float64"])
def test_adds_from_all_ranks_are_summed(way, dtype):
    here = world()
    with Window(here, 3, dtype, way) as window:
        window.local[:] = 100
        with window.epoch() as epoch:
            for rank in range(here.size):
                epoch.add(rank, 1, np.array([here.rank, 1], dtype))
        assert window.local.tolist() == [100, 100 + sum(range(here.size)), 100 + here.size]


@pytest.mark.parametrize("way", WAYS)
def test_an_epoch_shows_what_ranks_wrote_to_their_own(way):
    here = world()
    with Window(here, 1, way=way) as window:
        for step in range(20):
            window.local[0] = 1000 * step + here.rank
            with window.epoch() as epoch:
                found = [epoch.get(rank, 0, 1) for rank in range(here.size)]
            assert [int(part[0]) for part in found] == [1000 * step + rank for rank in range(here.size)]


@pytest.mark.parametrize("way", WAYS)
def test_an_exception_in_an_epoch_holds_nobody_up(way):
    here = world()
    with Window(here, 2, way=way) as window:
        try:
            with window.epoch() as epoch:
                epoch.put(0, 0, np.array([5]))
                if here.rank == here.size - 1:
                    raise KeyError("mine")
        except KeyError:
            assert here.rank == here.size - 1
        with window.epoch() as epoch:
            found = epoch.get(0, 0, 2)
        assert found.tolist() == [5, 0]


def test_a_rank_alone():
    here = world()
    with Window(here, 4, way="one-sided") as window:
        tickets = [window.fetch_and_add(0, 0, 1) for _ in range(10)]
        everything = sorted(ticket for mine in allgather_objects(here, tickets) for ticket in mine)
        assert everything == list(range(10 * here.size))
        winners = [window.compare_and_swap(here.size - 1, 1, 0, here.rank + 1) == 0]
        assert sum(mine[0] for mine in allgather_objects(here, winners)) == 1
        last = here.size - 1
        if here.rank == 0:
            window.put(last, 2, np.array([8, 9]))
            assert window.get(last, 2, 2).tolist() == [8, 9]
        barrier(here)
        ranks, starts, lengths = np.array([last, 0, last]), np.array([2, 0, 3]), np.array([2, 1, 0])
        assert window.get_many(ranks, starts, lengths).tolist() == [8, 9, 10 * here.size]


def test_alone_needs_one_sided():
    with Window(world(), 4, way="two-sided") as window:
        with pytest.raises(RuntimeError, match="use epochs"):
            window.get(0, 0, 1)


@pytest.mark.parametrize("way", WAYS)
def test_what_leaves_a_window_is_refused(way):
    here = world()
    with Window(here, 4, way=way) as window:
        with window.epoch() as epoch:
            for rank, start, items, text in [
                (here.size, 0, 1, "ranks, got rank"),
                (0, 3, 2, "leave the 4 items"),
                (0, -1, 1, "leave"),
            ]:
                with pytest.raises(IndexError, match=text):
                    epoch.get(rank, start, items)
            with pytest.raises(TypeError, match="1-d array of int64"):
                epoch.put(0, 0, np.array([1.5]))
    with pytest.raises(ValueError, match="was freed"):
        window.epoch()
    with pytest.raises(ValueError, match="was freed"):
        _ = window.local
    with pytest.raises(TypeError, match="Python objects"):
        Window(here, 1, object)
    with Window(here, 1, "S2", way) as window, window.epoch() as epoch:
        with pytest.raises(TypeError, match="cannot be added"):
            epoch.add(0, 0, np.array([b"a"], "S2"))


def test_empty_windows():
    here = world()
    for way in WAYS:
        with Window(here, 0 if here.rank else 1, way=way) as window:
            with window.epoch() as epoch:
                epoch.add(0, 0, np.array([1]))
            assert window.local.tolist() == ([] if here.rank else [here.size])


def test_the_probe_is_kept_with_the_communicator():
    group = as_group(world())
    assert probe(group) is probe(group)
    assert probe(group).obstacle is None


def test_a_library_whose_windows_lie_is_not_used(monkeypatch):
    from pympr.rma import probe as module

    if world().size == 1:
        pytest.skip("one rank needs no window")
    monkeypatch.setattr(module, "_operate", lambda window, group: group.rank == 1)
    own = world().comm.Dup()
    assert probe(Group(own, own.rank, own.size)).obstacle == "windows give wrong values"
    with Window(own, 1) as window:
        assert window.way == "two-sided"
    own.Free()

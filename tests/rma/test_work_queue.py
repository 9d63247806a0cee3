"""Work queues: every item once, by whatever rank, and every rank comes to the end."""

import time

import numpy as np
import pytest

from pympr.collectives.gather import allgather
from pympr.collectives.world import world
from pympr.rma.counter import Counter
from pympr.rma.rings import Rings
from pympr.rma.work_queue import WorkQueue

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]

WAYS = ["one-sided", "served"]


@pytest.mark.parametrize("way", [None, *WAYS])
def test_every_item_is_done_once(way):
    rank = world().rank
    mine = np.arange(10 * rank) + 1000 * rank
    with WorkQueue(mine, way=way) as queue:
        done = [int(item) for item in queue]
    every = np.sort(allgather(world(), np.array(done, np.int64))[0])
    assert every.tolist() == np.sort(allgather(world(), mine)[0]).tolist()


@pytest.mark.parametrize("way", [None, *WAYS])
def test_items_bring_new_items(way):
    """A tree of 2^7 - 1 items that begins on one rank, in a ring that closes often."""
    first = [(1, 0.5)] if world().rank == world().size - 1 else []
    kind = [("number", "i4"), ("weight", "f8")]
    with WorkQueue(np.array(first, kind), capacity=160, comm=world().comm, way=way) as queue:
        done = []
        for item in queue:
            number = int(item["number"])
            done.append(number)
            if number < 64:
                queue.add(np.array([(2 * number, 0.5), (2 * number + 1, item["weight"])], kind))
    assert np.sort(allgather(world(), np.array(done, np.int64))[0]).tolist() == list(range(1, 128))


@pytest.mark.parametrize("way", WAYS)
def test_a_slow_rank_keeps_only_the_item_it_works_on(way):
    """The last rank, which has all the work, waits in its first item until the others have done the rest."""
    here, count = world(), 40
    is_slow = here.rank == here.size - 1
    with Counter(here) as counter, WorkQueue(np.arange(count * is_slow), way=way) as queue:
        done = 0
        for _ in queue:
            if is_slow and here.size > 1:
                while counter.next(0) < count - 1:
                    time.sleep(0.001)
            counter.next()
            done += 1
        assert counter.next(0) == count
        if is_slow and here.size > 1:
            assert done <= 1


@pytest.mark.parametrize("way", WAYS)
def test_who_leaves_early_is_replaced(way):
    here = world()
    with WorkQueue(np.arange(20), way=way) as queue:
        done = 0
        for _ in queue:
            done += 1
            if here.rank == 0 and here.size > 1:
                break
    assert int(allgather(here, np.array([done]))[0].sum()) == 20 * here.size


def test_a_ring_that_closes_gives_its_items_in_order():
    rings = Rings(world(), np.arange(3)[:, None] + 10 * world().rank, 4)
    world().comm.Barrier() if world().comm else None
    assert rings._take(world().rank, 1)[0, 0] == 10 * world().rank
    rings.add(np.array([[77], [78]]))
    with pytest.raises(OverflowError, match="room for 4 items, it has 4 and 1 more"):
        rings.add(np.array([[79]]))
    assert [int(rings._take(world().rank, 1)[0, 0]) % 10 for _ in range(4)] == [1, 2, 7, 8]
    assert rings._take(world().rank, 1) is None
    rings.free()


def test_a_mistake_of_one_rank_is_the_same_error_on_all():
    is_wrong = world().rank == world().size - 1
    with pytest.raises(TypeError, match="without Python objects"):
        WorkQueue([None] if is_wrong else [1])
    with pytest.raises(ValueError, match="capacity must be"):
        WorkQueue([1], 0 if is_wrong else None)
    with pytest.raises(ValueError, match="3 items are more than the capacity of 2"):
        WorkQueue([1, 2, 3] if is_wrong else [1], 2)
    with pytest.raises(ValueError, match="only in the loop"):
        with WorkQueue([1]) as queue:
            if is_wrong:
                queue.add([2])
            list(queue)
    with pytest.raises(ValueError, match="item 5 is bad"):
        with WorkQueue([5] if is_wrong else []) as queue:
            for item in queue:
                raise ValueError(f"item {item} is bad")
    with pytest.raises(ValueError, match="was freed"):
        list(queue)

"""The meeting point, with threads in the place of ranks (the kernel does not hold the GIL)."""

import threading
import time

import numpy as np
import pytest

from pympr.native.flags import LINE_BYTES, Meeting, board_bytes


def on_threads(size, work):
    """`work(meeting, rank)` on a thread a rank; what each returned."""
    board = np.zeros(board_bytes(size) + LINE_BYTES, np.uint8)
    results = [None] * size

    def run(rank):
        results[rank] = work(Meeting(board, size, rank, spins=rank % 2 * 100), rank)

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return results


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_all_hear_the_worst_status_of_each_meeting(size):
    def work(meeting, rank):
        return [meeting.meet((rank * step) % 7) for step in range(300)]

    expected = [max((rank * step) % 7 for rank in range(size)) for step in range(300)]
    assert on_threads(size, work) == [expected] * size


def test_nobody_leaves_before_the_last_has_come():
    arrived = []

    def work(meeting, rank):
        time.sleep(0.05 * rank)
        arrived.append(rank)
        meeting.meet(0)
        return len(arrived)

    assert on_threads(4, work) == [4] * 4


def test_what_was_written_before_is_seen_after():
    shared = np.zeros(4, np.int64)

    def work(meeting, rank):
        sums = []
        for step in range(200):
            shared[rank] = step
            meeting.meet(0)
            sums.append(int(shared.sum()))
            meeting.meet(0)
        return sums

    assert on_threads(4, work) == [[4 * step for step in range(200)]] * 4


def test_a_timeout_names_who_is_missing_and_waiting_goes_on():
    given_up = threading.Barrier(3, timeout=60)

    def work(meeting, rank):
        if rank == 2:
            given_up.wait()
            return meeting.meet(5)
        with pytest.raises(TimeoutError, match=r"ranks \[(0, |1, )?2\] of 3 did not come"):
            meeting.meet(rank, timeout_seconds=0.1)
        given_up.wait()
        return meeting.go_on()

    assert on_threads(3, work) == [5, 5, 5]


def test_the_count_may_pass_32_bits():
    board = np.zeros(board_bytes(1) + LINE_BYTES, np.uint8)
    meeting = Meeting(board, 1, 0)
    words = meeting._board.view(np.uint32)
    words[LINE_BYTES // 4] = words[2 * LINE_BYTES // 4] = 2**32 - 2
    assert [meeting.meet(status) for status in (1, 2, 3, 4)] == [1, 2, 3, 4]


def test_a_small_board_is_refused():
    with pytest.raises(ValueError, match="takes 512 bytes"):
        Meeting(np.zeros(511, np.uint8), 2, 0)
    with pytest.raises(TypeError, match="board must be"):
        Meeting(np.zeros(1024, np.int8), 2, 0)

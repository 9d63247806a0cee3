"""Words that several change at once."""

import threading

import numpy as np
import pytest

from pympr.errors import KernelError
from pympr.native.atomics import SharedWord


def test_nothing_is_lost_between_threads():
    words, claims = np.zeros(3, np.int64), [[] for _ in range(4)]

    def work(mine):
        word = SharedWord(words, 1)
        mine += [word.add(1) for _ in range(5000)]

    threads = [threading.Thread(target=work, args=(mine,)) for mine in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert words.tolist() == [0, 20_000, 0]
    assert sorted(claim for mine in claims for claim in mine) == list(range(20_000))


def test_it_wraps_and_takes_negative_values():
    words = np.array([2**63 - 1], np.int64)
    word = SharedWord(words, 0)
    assert word.add(1) == 2**63 - 1 and word.add(-1) == -(2**63) and words[0] == 2**63 - 1


def test_words_must_be_whole():
    with pytest.raises(TypeError):
        SharedWord(np.zeros(2, np.int32), 0)
    with pytest.raises(IndexError, match="below 2, got 2"):
        SharedWord(np.zeros(2, np.int64), 2)
    odd = np.zeros(17, np.uint8)[1:].view(np.int64)
    with pytest.raises(KernelError):
        SharedWord(odd, 0).add(1)

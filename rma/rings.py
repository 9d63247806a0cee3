"""Queues that lie in windows: every rank takes from its own and, when that is empty, steals from another's.

A rank's queue is a ring of items between two numbers that only grow, head and tail, which share one word. Owner and
thieves take from the head: they read the items first and then move the head by compare-and-swap, so that an item that
was overwritten meanwhile is not taken. Only the owner moves the tail.

Nobody is left waiting and nobody leaves early: every rank counts what it has added and what it has done. A rank that
finds nothing reads what all have done, then what all have added. Both only grow, and what is added is counted before
what led to it is done; so if the two sums are equal there was a moment between at which nothing was left, and
only an item that is being worked on could have added another (F. Mattern, "Algorithms for distributed termination
detection", 1987, section 6).
"""

from typing import Any

import numpy as np

from pympr.rma.window import Window

_STATE, _ADDED, _DONE, _HEAD_WORDS = 0, 8, 16, 24  # a cache line each
_LOW = (1 << 32) - 1
_MOST_STOLEN = 1024


class Rings:
    """`items` (2-d int64, a row an item) of this rank, and room for `capacity` at a time."""

    def __init__(self, world: Any, items: np.ndarray, capacity: int):
        self._rank, self._size = world.rank, world.size
        self._capacity, self._words = capacity, items.shape[1]
        self._window = Window(world, _HEAD_WORDS + capacity * self._words, np.int64, "one-sided")
        self._random = np.random.default_rng([world.rank, 7])
        self.stolen = 0
        self.add(items)
        with self._window.epoch():
            pass  # what all begin with is there before any rank looks for it

    def add(self, items: np.ndarray) -> None:
        """Items that were not there before."""
        if not len(items):
            return
        head, tail = self._state(self._rank)
        if tail - head + len(items) > self._capacity:
            raise OverflowError(
                f"the queue of rank {self._rank} has room for {self._capacity} items, it has {tail - head} and "
                f"{len(items)} more do not fit; give it a greater capacity"
            )
        self._window.fetch_and_add(self._rank, _ADDED, len(items))
        self._append(items, tail)

    def done(self, count: int) -> None:
        """So many items that were taken are done."""
        self._window.fetch_and_add(self._rank, _DONE, count)

    def take(self) -> np.ndarray | None:
        """An item, of this rank or of another; None when there was none."""
        own = self._take(self._rank, 1)
        if own is not None:
            return own[0]
        start = int(self._random.integers(self._size))
        for step in range(self._size):
            victim = (start + step) % self._size
            if victim == self._rank:
                continue
            items = self._take(victim, _MOST_STOLEN)
            if items is not None:
                self.stolen += len(items)
                # This rank's own ring is empty: only its owner adds to it.
                self._append(items[1:], self._state(self._rank)[1])
                return items[0]
        return None

    def is_finished(self) -> bool:
        """Whether nothing is left and nothing can be added any more."""
        done = sum(self._window.fetch_and_add(rank, _DONE, 0) for rank in range(self._size))
        return done == sum(self._window.fetch_and_add(rank, _ADDED, 0) for rank in range(self._size))

    def free(self) -> None:
        """Give the memory back (collective)."""
        self._window.free()

    def _take(self, rank: int, most: int) -> np.ndarray | None:
        """From another rank at most half of what it has."""
        while True:
            head, tail = self._state(rank)
            if head == tail:
                return None
            count = min(most, (tail - head + 1) // 2, self._capacity)
            items = self._read(rank, head, count)
            state = (head << 32) | tail
            if self._window.compare_and_swap(rank, _STATE, state, ((head + count) << 32) | tail) == state:
                return items

    def _state(self, rank: int) -> tuple[int, int]:
        state = self._window.compare_and_swap(rank, _STATE, -1, -1)
        return state >> 32, state & _LOW

    def _read(self, rank: int, head: int, count: int) -> np.ndarray:
        pieces = [self._window.get(rank, start, words) for start, words in self._places(head, count)]
        return np.concatenate(pieces).reshape(count, self._words)

    def _append(self, items: np.ndarray, tail: int) -> None:
        """Write items behind the tail, then move it; thieves may move the head meanwhile."""
        if not len(items):
            return
        if tail + len(items) > _LOW >> 1:
            raise OverflowError(f"more than {_LOW >> 1} items went through the queue of rank {self._rank}")
        flat, begin = np.ascontiguousarray(items).reshape(-1), 0
        for start, words in self._places(tail, len(items)):
            self._window.put(self._rank, start, flat[begin : begin + words])
            begin += words
        while True:
            head, tail = self._state(self._rank)
            state = (head << 32) | tail
            if self._window.compare_and_swap(self._rank, _STATE, state, state + len(items)) == state:
                return

    def _places(self, first: int, count: int) -> list[tuple[int, int]]:
        """(start, words) of `count` items from number `first` on: two pieces where the ring closes between."""
        slot = first % self._capacity
        before = min(count, self._capacity - slot)
        pieces = [(slot, before), (0, count - before)]
        return [(_HEAD_WORDS + start * self._words, items * self._words) for start, items in pieces if items]

"""A barrier in memory that the ranks of a node share, with a status from every rank."""

import numpy as np

from pympr.native.library import FULL, check, ffi, lib, pointer, require

LINE_BYTES = 128


def board_bytes(size: int) -> int:
    """How much zeroed shared memory the meeting point of `size` ranks takes."""
    return LINE_BYTES * (2 + size)


class Meeting:
    """The meeting point of `size` ranks in `board` (uint8, on a 64-byte border, zero at first, shared by them all).

    >>> point = Meeting(np.zeros(board_bytes(1) + 128, np.uint8), size=1, rank=0)
    >>> point.meet(3)
    3
    """

    def __init__(self, board: np.ndarray, size: int, rank: int, spins: int = 0):
        require(board, "uint8", "board")
        skip = -board.ctypes.data % LINE_BYTES
        if len(board) - skip < board_bytes(size):
            raise ValueError(f"the board of {size} ranks takes {board_bytes(size)} bytes, got {len(board) - skip}")
        self._board = board[skip:]  # kept alive with the address below
        self._place = pointer(self._board, "uint8_t *")
        self._size, self._rank, self._spins = size, rank, spins
        self._worst = ffi.new("int64_t *")

    def meet(self, status: int, timeout_seconds: float = float("inf")) -> int:
        """Wait until all ranks have come; the largest status of any. After TimeoutError `go_on` waits on."""
        return self._finish(
            lib.pympr_flags_meet(self._worst, self._place, self._size, self._rank, status, self._spins, _SLICE_US),
            timeout_seconds,
        )

    def go_on(self, timeout_seconds: float = float("inf")) -> int:
        """Wait on for the meeting that this rank has come to."""
        return self._finish(FULL, timeout_seconds)

    def missing(self) -> list[int]:
        """The ranks that have come to fewer meetings than this one."""
        counts = [lib.pympr_flags_count(self._place, rank) for rank in range(self._size)]
        return [rank for rank, count in enumerate(counts) if (counts[self._rank] - count) % 2**32 in range(1, 2**31)]

    def _finish(self, state: int, timeout_seconds: float) -> int:
        # Short slices, so that Python sees signals between them.
        while state == FULL:
            if timeout_seconds <= 0:
                raise TimeoutError(f"ranks {self.missing()} of {self._size} did not come in time")
            timeout_seconds -= _SLICE_US / 1e6
            state = lib.pympr_flags_wait(self._worst, self._place, self._size, self._rank, 0, _SLICE_US)
        check(state, "flags_meet")
        return self._worst[0]


_SLICE_US = 50_000

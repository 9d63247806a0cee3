"""Sales as text: lines `user,shop,amount` for RDD programs with ordinary lambdas, and as JSON lines."""

from pathlib import Path

import numpy as np

SEED = 30
ROWS_A_CHUNK = 1 << 18
SHOPS, AMOUNTS = 1000, 100_000


def users(rows: int) -> int:
    """How many different users `rows` events have.

    >>> users(5_000_000)
    500000
    """
    return max(10, rows // 10)


def write_events(path: Path, rows: int) -> None:
    """Write `rows` lines such as 4711,shop42,19995; users and shops are equally likely."""
    _write(path, rows, "{},shop{},{}\n".format)


def write_json_events(path: Path, rows: int) -> None:
    """Write the same events, one JSON object a line."""
    _write(path, rows, '{{"user": {}, "shop": "shop{}", "amount": {}}}\n'.format)


def write_profiles(path: Path, rows: int) -> None:
    """Write a line `user,factor` for every second user of `rows` events."""
    with open(path, "w") as file:
        for user in range(0, users(rows), 2):
            file.write(f"{user},{user % 97}\n")


def _write(path: Path, rows: int, line) -> None:
    random = np.random.default_rng(SEED)
    with open(path, "w") as file:
        for begin in range(0, rows, ROWS_A_CHUNK):
            count = min(ROWS_A_CHUNK, rows - begin)
            columns = [random.integers(0, most, count).tolist() for most in (users(rows), SHOPS, AMOUNTS)]
            file.write("".join(map(line, *columns)))

"""Records in the format of gensort, the generator of the sort benchmarks, and what valsort says of them.

Chris Nyberg, Mehul Shah and others, "Sort Benchmark data generator and output validator" (sortbenchmark.org);
Hadoop's TeraGen makes the same records.
"""

import operator
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple
from zlib import crc32

import numpy as np

RECORD_BYTES = 100
KEY_BYTES = 10
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_INCREMENT = 0x4A696D47726179524950202020202001
_MODULUS = 1 << 128
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_DIGITS = np.frombuffer(b"0123456789ABCDEF", np.uint8)
# Records that are looked at together.
_CHUNK = 1 << 14

Step = tuple[int, int]


def records_of(numbers: np.ndarray, is_text: bool) -> np.ndarray:
    """The records (dtype S100) with these consecutive numbers (int64), as `gensort` makes them, `-a` for text.

    >>> records_of(np.arange(1), is_text=True)[0][:60]
    b'AsfAGHM5om  00000000000000000000000000000000  00002222000022'
    """
    high, low = random_numbers(int(numbers[0]), len(numbers))
    rows = np.empty((len(numbers), RECORD_BYTES), np.uint8)
    if is_text:
        rows[:, :KEY_BYTES] = _printable(high, low)
        breaks, filler = ((10, b"  "), (44, b"  "), (98, b"\r\n")), 13
    else:
        rows[:, :8] = high.astype(">u8").view(np.uint8).reshape(-1, 8)
        rows[:, 8:10] = low.astype(">u8").view(np.uint8).reshape(-1, 8)[:, :2]
        breaks, filler = ((10, b"\x00\x11"), (44, b"\x88\x99\xaa\xbb"), (96, b"\xcc\xdd\xee\xff")), 12
    for place, text in breaks:
        rows[:, place : place + len(text)] = np.frombuffer(text, np.uint8)
    rows[:, 12:28] = ord("0")
    rows[:, 28:44] = _hexadecimal(numbers.astype(np.uint64), 16)
    end = 98 if is_text else 96
    rows[:, end - 4 * filler : end] = np.repeat(_hexadecimal(low, filler), 4, axis=1)
    return rows.reshape(-1).view(f"S{RECORD_BYTES}")


def random_numbers(first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The high and low halves (uint64) of `count` 128-bit random numbers from number `first` on.

    A linear congruential generator (Pierre L'Ecuyer, Mathematics of Computation 68,
    1999), begun at 0: a known stretch, moved on by its own length, gives the next.
    """
    high, low = np.empty(count, np.uint64), np.empty(count, np.uint64)
    if count:
        start = _leap(first + 1)[1]
        high[0], low[0] = start >> 64, start % (1 << 64)
    done = 1
    while done < count:
        more = min(done, count - done)
        high[done : done + more], low[done : done + more] = _moved(high[:more], low[:more], _leap(done))
        done += more
    return high, low


def _leap(steps: int) -> Step:
    """The multiplier and increment of so many steps of the generator at once."""
    multiplier, increment, a, c = 1, 0, _MULTIPLIER, _INCREMENT
    while steps:
        if steps & 1:
            multiplier, increment = multiplier * a % _MODULUS, (increment * a + c) % _MODULUS
        a, c = a * a % _MODULUS, (a * c + c) % _MODULUS
        steps >>= 1
    return multiplier, increment


def _moved(high: np.ndarray, low: np.ndarray, step: Step) -> tuple[np.ndarray, np.ndarray]:
    """step[0] * x + step[1] modulo 2^128."""
    a_high, a_low = (np.uint64(part) for part in divmod(step[0], 1 << 64))
    c_high, c_low = (np.uint64(part) for part in divmod(step[1], 1 << 64))
    new_low = low * a_low + c_low
    carry = (new_low < c_low).astype(np.uint64)
    return high * a_low + low * a_high + _upper(low, a_low) + c_high + carry, new_low


def _upper(x: np.ndarray, y: np.uint64) -> np.ndarray:
    """The upper 64 bits of the 128-bit products x * y."""
    x0, x1, y0, y1 = x & _LOW, x >> _HALF, y & _LOW, y >> _HALF
    middle, other = x1 * y0, x0 * y1
    carry = ((x0 * y0) >> _HALF) + (middle & _LOW) + (other & _LOW)
    return x1 * y1 + (middle >> _HALF) + (other >> _HALF) + (carry >> _HALF)


def _hexadecimal(values: np.ndarray, count: int) -> np.ndarray:
    """The last `count` hexadecimal digits of every value, as characters (uint8)."""
    shifts = np.arange(4 * (count - 1), -1, -4, dtype=np.uint64)
    return _DIGITS[(values[:, None] >> shifts & np.uint64(15)).astype(np.intp)]


def _printable(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Keys of 95 printable characters: eight of the high half, two of the low one."""
    columns = []
    for half, count in ((high, 8), (low, 2)):
        for _ in range(count):
            half, digit = np.divmod(half, np.uint64(95))
            columns.append(digit.astype(np.uint8) + np.uint8(ord(" ")))
    return np.stack(columns, axis=1)


class Summary(NamedTuple):
    """What valsort knows of a run of records; `first_unordered` counts from 0, -1 for none."""

    records: int = 0
    checksum: int = 0
    duplicates: int = 0
    unordered: int = 0
    first_unordered: int = -1
    first_key: bytes = b""
    last_key: bytes = b""

    def lines(self) -> list[str]:
        """The report in valsort's words.

        >>> Summary(2, 0x1F, 1).lines()[1:]
        ['Checksum: 1f', 'Duplicate keys: 1', 'SUCCESS - all records are in order']
        """
        counted = [f"Records: {self.records}", f"Checksum: {self.checksum:x}"]
        if not self.unordered:
            return [*counted, f"Duplicate keys: {self.duplicates}", "SUCCESS - all records are in order"]
        first = f"First unordered record is record {self.first_unordered}"
        return [first, *counted, f"ERROR - there are {self.unordered} unordered records"]


def summary_of(records: Iterable[bytes]) -> Iterator[Summary]:
    """The one summary of a run of records, read in chunks; none when there is no record.

    >>> next(summary_of([b"a" * 100, b"c" * 100, b"b" * 100]))[:1] + next(summary_of([b"b" * 100, b"a" * 100]))[2:5]
    (3, 0, 1, 1)
    """
    records, whole = iter(records), Summary()
    while chunk := list(islice(records, _CHUNK)):
        keys = [record[:KEY_BYTES] for record in chunk]
        is_less = list(map(operator.lt, keys[1:], keys))
        unordered = sum(is_less)
        first = is_less.index(True) + 1 if unordered else -1
        duplicates = sum(map(operator.eq, keys[1:], keys))
        found = Summary(len(chunk), sum(map(crc32, chunk)), duplicates, unordered, first, keys[0], keys[-1])
        whole = joined(whole, found)
    if whole.records:
        yield whole


def joined(one: Summary, other: Summary) -> Summary:
    """The summary of two runs, one after the other."""
    if not one.records or not other.records:
        return one if one.records else other
    is_less, is_equal = other.first_key < one.last_key, other.first_key == one.last_key
    first = one.first_unordered
    if first < 0 and is_less:
        first = one.records
    elif first < 0 <= other.first_unordered:
        first = one.records + other.first_unordered
    counted = (one.records + other.records, (one.checksum + other.checksum) % _MODULUS)
    duplicates = one.duplicates + other.duplicates + is_equal
    unordered = one.unordered + other.unordered + is_less
    return Summary(*counted, duplicates, unordered, first, one.first_key, other.last_key)

"""The definition of the hashes: plain Python, one value at a time."""

import math
import struct

MASK = (1 << 64) - 1
SALT_NUMBER = 0x9E3779B97F4A7C15
SALT_FLOAT = 0xD1B54A32D192ED03
SALT_TEXT = 0x8CB92BA72F3D8DD7
SALT_BYTES = 0xAEF17502108EF2D9
SALT_NULL = 0xDA942042E4DD58B5
KEY_A = 0xA0761D6478BD642F
KEY_B = 0xE7037ED1A0B428DB
KEY_C = 0x8EBC6AF09C88C6E3
NAN_BITS = 0x7FF8000000000000


def mix(x: int) -> int:
    """A bijection of 64 bits (P. Evensen's "moremur")."""
    x ^= x >> 27
    x = x * 0x3C79AC492BA7B653 & MASK
    x ^= x >> 33
    x = x * 0x1C69B3F74AC4AE35 & MASK
    return x ^ x >> 27


def fold(a: int, b: int) -> int:
    """Both halves of the 128-bit product, folded (W. Yi's wyhash)."""
    product = a * b
    return product & MASK ^ product >> 64


def hash_null(seed: int) -> int:
    """The hash of a row that is not there."""
    return mix(seed ^ SALT_NULL)


def hash_number(value: int | float | bool, seed: int) -> int:
    """The hash of an int64, a float64 or a bool."""
    if math.isfinite(value) and value == int(value) and -(1 << 63) <= value < 1 << 63:
        return mix(int(value) & MASK ^ mix(seed ^ SALT_NUMBER))
    if isinstance(value, int):
        raise OverflowError(f"{value} is no int64")
    bits = NAN_BITS if math.isnan(value) else int.from_bytes(struct.pack("<d", value), "little")
    return mix(bits ^ mix(seed ^ SALT_FLOAT))


def hash_text(value: str, seed: int) -> int:
    """The hash of a string."""
    return _hash_sequence(value.encode(), seed)


def hash_binary(value: bytes, seed: int) -> int:
    """The hash of bytes."""
    return _hash_sequence(value, mix(seed ^ SALT_BYTES))


def hash_combine(value: int, other: int) -> int:
    """The hash of a pair from the hashes of its parts."""
    return mix((value * KEY_A + other) & MASK)


def _hash_sequence(value: bytes, seed: int) -> int:
    state = mix(seed ^ SALT_TEXT)
    if len(value) > 16:
        state = _before_tail(value[:-16], value, state)
    tail = value[-16:].ljust(16, b"\0")
    product = (_word(tail, 0) ^ KEY_A) * (_word(tail, 8) ^ state)
    return fold(product & MASK ^ KEY_B ^ len(value), product >> 64 ^ KEY_C)


def _before_tail(head: bytes, value: bytes, state: int) -> int:
    """The state after all that precedes the last 16 bytes; words may reach into those."""
    other = state ^ KEY_C
    at = 0
    while len(head) - at > 16:
        state = fold(_word(value, at) ^ KEY_A, _word(value, at + 8) ^ state)
        other = fold(_word(value, at + 16) ^ KEY_B, _word(value, at + 24) ^ other)
        at += 32
    state = fold(state, other ^ KEY_A)
    if at < len(head):
        state = fold(_word(value, at) ^ KEY_A, _word(value, at + 8) ^ state)
    return state


def _word(value: bytes, at: int) -> int:
    return int.from_bytes(value[at : at + 8], "little")

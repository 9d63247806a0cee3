"""Text of words drawn from a Zipf-like law, as natural language has it."""

from pathlib import Path

import numpy as np

SEED = 20
SLOT = 24  # bytes of the widest word with the separator behind it
QUANTILES = 1 << 24
WORDS_A_CHUNK = 1 << 20
LINE_WORDS = 12

SYLLABLES = (
    "a be ci do fu ga hi jo ku la me ni po qua ri sa te vu wi xo ya ze bran cher dron flim gresk ing tion ment cré ña"
).split()


def vocabulary(distinct: int) -> np.ndarray:
    """Make `distinct` different words, the shorter ones first, as an array of dtype S24.

    >>> vocabulary(3)
    array([b'a', b'be', b'ci'], dtype='|S24')
    """
    base = len(SYLLABLES)
    words = []
    number = 0
    while len(words) < distinct:
        rest, word = number, ""
        while True:
            rest, digit = divmod(rest, base)
            word = SYLLABLES[digit] + word
            if rest == 0:
                break
            rest -= 1
        words.append(word.encode())
        number += 1
        if len(words) == distinct:
            words = list(dict.fromkeys(words))
    return np.array(words, dtype=f"S{SLOT}")


def quantile_table(distinct: int) -> np.ndarray:
    """Map equally likely slots to word numbers so that word r has weight 1 / (r + 2.7) (Zipf-Mandelbrot)."""
    weight = 1.0 / (np.arange(distinct) + 2.7)
    bound = np.cumsum(weight) / weight.sum()
    return np.searchsorted(bound, (np.arange(QUANTILES) + 0.5) / QUANTILES).astype(np.int32)


def write_text(path: Path, words: int, distinct: int) -> None:
    """Write `words` words, `distinct` different ones, in lines of 12 on average, one space between two words."""
    vocabulary_words = vocabulary(distinct)
    lengths = np.char.str_len(vocabulary_words)
    slots = vocabulary_words.view(np.uint8).reshape(distinct, SLOT)
    inside = np.arange(SLOT) <= lengths[:, None]
    table = quantile_table(distinct)
    random = np.random.default_rng(SEED)
    with open(path, "wb") as file:
        for start in range(0, words, WORDS_A_CHUNK):
            count = min(WORDS_A_CHUNK, words - start)
            chosen = table[random.integers(0, QUANTILES, count, dtype=np.uint32)]
            rows = slots[chosen]
            separators = np.where(random.integers(0, LINE_WORDS, count) == 0, ord("\n"), ord(" "))
            if start + count == words:
                separators[-1] = ord("\n")
            rows[np.arange(count), lengths[chosen]] = separators
            rows[inside[chosen]].tofile(file)

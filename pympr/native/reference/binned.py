"""The definition of binned sums: integers of any size in place of windows of 40 bits."""

import math
from collections.abc import Iterable
from fractions import Fraction

WIDTH, LOWEST = 40, -1074


def window_of(value: float) -> int:
    """The window of a value's highest bit; subnormals are in that of the smallest normal number."""
    return (max(math.frexp(value)[1] - 1, -1022) - LOWEST) // WIDTH


def kept(value: float, window: int, folds: int) -> Fraction:
    """What of a value is left in `folds` windows from `window` down."""
    unit = Fraction(2) ** (WIDTH * (window - folds + 1) + LOWEST)
    return Fraction(math.trunc(Fraction(value) / unit)) * unit


def exact_sum(values: Iterable[float], folds: int = 3) -> Fraction:
    """What the sum holds before it is rounded; of finite values."""
    present = [value for value in values if value]
    window = max(map(window_of, present), default=0)
    return sum((kept(value, window, folds) for value in present), Fraction(0))


def binned_sum(values: list[float], folds: int = 3) -> float:
    """The sum, rounded once; what is not finite gives what adding gives."""
    if not all(map(math.isfinite, values)):
        return sum(value for value in values if not math.isfinite(value))
    if values and all(value == 0 and math.copysign(1, value) < 0 for value in values):
        return -0.0
    total = exact_sum(values, folds)
    try:
        return total.numerator / total.denominator
    except OverflowError:
        return math.inf if total > 0 else -math.inf

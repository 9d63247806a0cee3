"""A number with bounds and the confidence in them."""

from __future__ import annotations


class BoundedFloat(float):
    """A float with `confidence`, `low` and `high`.

    >>> found = BoundedFloat(100.0, 0.95, 95.0, 105.0)
    >>> found, found.low, found.confidence
    (100.0, 95.0, 0.95)
    """

    confidence: float
    low: float
    high: float

    def __new__(cls, mean: float, confidence: float, low: float, high: float) -> BoundedFloat:
        made = float.__new__(cls, mean)
        made.confidence, made.low, made.high = confidence, low, high
        return made

    @classmethod
    def exact(cls, value: float) -> BoundedFloat:
        """A number that is known."""
        return cls(value, 1.0, value, value)

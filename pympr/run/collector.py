"""Python's cycle collector while an action makes many records."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Python looks for cycles at every 700 new containers (2,000 since 3.14). Records are containers, cycles are rare among
# them, and looking was a third of the time of functions that make tuples.
YOUNG_OBJECTS = 100_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let the collector look for cycles less often in a `with` block; a user's own setting above that stays.

    >>> before = gc.get_threshold()
    >>> with rare_collections():
    ...     gc.get_threshold()[0]
    100000
    >>> gc.get_threshold() == before
    True
    """
    before = gc.get_threshold()
    if not 0 < before[0] < YOUNG_OBJECTS:
        yield
        return
    gc.set_threshold(YOUNG_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)

"""Who sends to whom when few ranks have something for few others: only who has something sends.

Nobody knows from whom rows will come; the end is found by a barrier that a rank enters when
all it sent has begun to be received (Hoefler, Siebert, Lumsdaine, "Scalable communication protocols
for dynamic sparse data exchange", PPoPP 2010).
"""

import numpy as np

from pympr.collectives.schedules.rotation import in_step_order


def targets(rank: int, has_rows: np.ndarray) -> np.ndarray:
    """The other ranks for which `rank` has rows (`has_rows`, bool[size]), in rotating order.

    >>> targets(2, np.array([True, False, True, True]))
    array([3, 0])
    """
    found = np.flatnonzero(has_rows)
    return in_step_order(rank, found[found != rank], len(has_rows))

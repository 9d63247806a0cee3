"""Who sends to whom when every rank sends to every other: in step k all send to the rank k further.

At any step no rank is asked by two, so that nobody is waited for by all
(the linear shift of pairwise exchange; Thakur, Rabenseifner, Gropp, IJHPCA 2005).
"""

import numpy as np


def targets(rank: int, size: int) -> np.ndarray:
    """The ranks to which `rank` sends, in the order of the steps, int64[size - 1].

    >>> targets(1, 4), sources(1, 4)
    (array([2, 3, 0]), array([0, 3, 2]))
    """
    return (rank + np.arange(1, size)) % size


def sources(rank: int, size: int) -> np.ndarray:
    """The ranks from which `rank` receives, in the order of the steps, int64[size - 1]."""
    return (rank - np.arange(1, size)) % size


def in_step_order(rank: int, targets: np.ndarray, size: int) -> np.ndarray:
    """Some `targets` in the order in which `rank` comes to them.

    >>> in_step_order(1, np.array([0, 2, 3]), 4)
    array([2, 3, 0])
    """
    return targets[np.argsort((targets - rank) % size, kind="stable")]

"""The definition of the merge: runs laid end to end and sorted stably."""

from pympr.native.reference.sort import Value, sort_permutation


def merge_permutation(runs: list[list[Value]], descending: bool = False) -> list[int]:
    """The rows of all runs, numbered from the first on, in merged order."""
    return sort_permutation([value for run in runs for value in run], descending)


def merge_runs(runs: list[list[Value]]) -> list[Value]:
    """The values in merged order."""
    values = [value for run in runs for value in run]
    return [values[row] for row in merge_permutation(runs)]

"""The definition of the joins: a dict from keys to rows. A key is a tuple with a value a column."""

import math

NAN = object()


def canonical(key: tuple) -> tuple:
    """`key` with one object for every NaN, so that Python compares it as the kernels do."""
    return tuple(NAN if isinstance(value, float) and math.isnan(value) else value for value in key)


def rows_by_key(keys: list[tuple], nulls_equal: bool = True) -> dict[tuple, list[int]]:
    """The rows of each key, ascending; keys with a null have none unless nulls are equal."""
    rows: dict[tuple, list[int]] = {}
    for row, key in enumerate(keys):
        if nulls_equal or None not in key:
            rows.setdefault(canonical(key), []).append(row)
    return rows


def probe(
    build_keys: list[tuple], probe_keys: list[tuple], how: str, nulls_equal: bool = True
) -> tuple[list[int], list[int]]:
    """(build rows, probe rows) of the pairs: inner, left, semi or anti, as `JoinTable.probe` describes."""
    table = rows_by_key(build_keys, nulls_equal)
    pairs = []
    for row, key in enumerate(probe_keys):
        matches = table.get(canonical(key), [])
        if how == "anti":
            matches = [] if matches else [-1]
        elif how == "semi":
            matches = matches[:1]
        elif how == "left":
            matches = matches or [-1]
        pairs += [(match, row) for match in matches]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def unmatched(build_keys: list[tuple], probe_keys: list[tuple], nulls_equal: bool = True) -> list[int]:
    """The build rows that no probe row meets."""
    met = set(probe(build_keys, probe_keys, "inner", nulls_equal)[0])
    return [row for row in range(len(build_keys)) if row not in met]


def join_indices(
    left_keys: list[tuple], right_keys: list[tuple], how: str, nulls_equal: bool = True
) -> tuple[list[int], list[int]]:
    """(left rows, right rows): left rows in order, then the right rows that are alone."""
    probe_how = {"right": "inner", "full": "left"}.get(how, how)
    right, left = probe(right_keys, left_keys, probe_how, nulls_equal)
    rest = unmatched(right_keys, left_keys, nulls_equal) if how in ("right", "full") else []
    return left + [-1] * len(rest), right + rest

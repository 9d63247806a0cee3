"""The definition of the decimal kernels: Python's own rounding and writing, row by row."""


def round_decimals(values: list[float], places: int) -> list[float]:
    """round(v, places)"""
    return [round(value, places) for value in values]


def format_floats(values: list[float], places: int = -1) -> list[str]:
    """str(v), or with so many places"""
    return [str(value) if places < 0 else f"{value:.{places}f}" for value in values]

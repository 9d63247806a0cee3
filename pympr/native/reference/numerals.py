"""The definition of the numeral kernels: int, float and str, row by row; None where they raise."""


def parse_integers(rows: list[str]) -> list[int | None]:
    """int(s)"""
    return [_number(int, row) for row in rows]


def parse_floats(rows: list[str]) -> list[float | None]:
    """float(s)"""
    return [_number(float, row) for row in rows]


def format_integers(values: list[int]) -> list[str]:
    """str(v)"""
    return [str(value) for value in values]


def _number(kind: type, row: str):
    try:
        return kind(row)
    except ValueError:
        return None

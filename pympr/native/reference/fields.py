"""The definition of the field kernels: the methods of str, row by row; None where they raise."""


def split_item(rows: list[str], separator: str | None, maxsplit: int, index: int) -> list[str | None]:
    """s.split(separator, maxsplit)[index]"""
    return [_item(row.split(separator, maxsplit), index) for row in rows]


def rsplit_item(rows: list[str], separator: str | None, maxsplit: int, index: int) -> list[str | None]:
    """s.rsplit(separator, maxsplit)[index]"""
    return [_item(row.rsplit(separator, maxsplit), index) for row in rows]


def contains(rows: list[str], needle: str) -> list[bool]:
    """needle in s"""
    return [needle in row for row in rows]


def startswith(rows: list[str], prefix: str) -> list[bool]:
    """s.startswith(prefix)"""
    return [row.startswith(prefix) for row in rows]


def endswith(rows: list[str], suffix: str) -> list[bool]:
    """s.endswith(suffix)"""
    return [row.endswith(suffix) for row in rows]


def strip(rows: list[str], left: bool = True, right: bool = True) -> list[str]:
    """s.strip(), s.lstrip(), s.rstrip()"""
    rows = [row.lstrip() for row in rows] if left else rows
    return [row.rstrip() for row in rows] if right else rows


def slice_ascii(rows: list[str], begin: int | None, end: int | None) -> list[str]:
    """s[begin:end]"""
    return [row[begin:end] for row in rows]


def lower_ascii(rows: list[str]) -> list[str]:
    """s.lower()"""
    return [row.lower() for row in rows]


def upper_ascii(rows: list[str]) -> list[str]:
    """s.upper()"""
    return [row.upper() for row in rows]


def _item(items: list[str], index: int) -> str | None:
    try:
        return items[index]
    except IndexError:
        return None

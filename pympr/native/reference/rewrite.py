"""The definition of the kernels that write strings: joining and str.replace, row by row."""


def join_rows(parts: list[list[str]]) -> list[str]:
    """The parts of each row end to end"""
    return ["".join(row) for row in zip(*parts, strict=True)]


def replace(rows: list[str], old: str, new: str, limit: int = -1) -> list[str]:
    """s.replace(old, new, limit)"""
    return [row.replace(old, new, limit) for row in rows]

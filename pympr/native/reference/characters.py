"""The definition of the character kernels: the methods of str, row by row."""


def count_characters(rows: list[str]) -> list[int]:
    """len(s)"""
    return [len(row) for row in rows]


def find(rows: list[str], needle: str, from_right: bool = False, in_bytes: bool = False) -> list[int]:
    """s.find(needle) or s.rfind(needle)"""
    texts = [row.encode() if in_bytes else row for row in rows]
    wanted = needle.encode() if in_bytes else needle
    return [text.rfind(wanted) if from_right else text.find(wanted) for text in texts]


def count(rows: list[str], needle: str) -> list[int]:
    """s.count(needle)"""
    return [row.count(needle) for row in rows]


def classify(rows: list[str], name: str) -> list[bool]:
    """s.isdigit() and its kin"""
    return [getattr(row, name)() for row in rows]


def compare(left: list[str], right: list[str]) -> list[int]:
    """-1, 0 or 1"""
    return [(a > b) - (a < b) for a, b in zip(left, right, strict=True)]
